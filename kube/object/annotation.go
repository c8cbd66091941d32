package object

import (
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Annotations that steer a sync, with Argo CD's names and meaning, Helm's equivalents, and our own.
const (
	AnnotationWave         = "argocd.argoproj.io/sync-wave"
	AnnotationHook         = "argocd.argoproj.io/hook"
	AnnotationHookDelete   = "argocd.argoproj.io/hook-delete-policy"
	AnnotationSyncOptions  = "argocd.argoproj.io/sync-options"
	AnnotationCompare      = "argocd.argoproj.io/compare-options"
	AnnotationIgnoreHealth = "argocd.argoproj.io/ignore-healthcheck"
	// AnnotationMigrate names a field manager whose fields are taken over, beside those of [ClientSideManagers]: on an object, or on
	// an application for all of its objects.
	AnnotationMigrate = "argocd.argoproj.io/client-side-apply-migration-manager"
	// AnnotationIgnoreRestart makes a Pod that is to end be judged like one that runs on.
	AnnotationIgnoreRestart = "argocd.argoproj.io/ignore-restart-policy"
	AnnotationHelmHook      = "helm.sh/hook"
	AnnotationHelmWeight    = "helm.sh/hook-weight"
	AnnotationHelmDelete    = "helm.sh/hook-delete-policy"
	AnnotationHelmPolicy    = "helm.sh/resource-policy"
	// AnnotationOperation is carried by hooks: the id of the operation that created them.
	AnnotationOperation = "wheelhouse.dev/operation"
	// AnnotationStep is carried beside it: the id of the step that created them, for a hook may run in several phases of one operation.
	AnnotationStep = "wheelhouse.dev/step"
	// AnnotationMasked marks an object whose Secret data was left out for printing; every apply refuses it.
	AnnotationMasked = "wheelhouse.dev/masked"
)

// Wave returns the sync wave of an object: its own annotation, else Helm's hook weight, else 0. A value that is not a
// number counts as absent, as in Argo CD.
func Wave(u *unstructured.Unstructured) int {
	for _, name := range []string{AnnotationWave, AnnotationHelmWeight} {
		if n, err := strconv.Atoi(strings.TrimSpace(annotation(u, name))); err == nil {
			return n
		}
	}
	return 0
}

// Options returns the entries of a comma separated annotation such as sync-options: "Prune=false,Replace=true".
func Options(u *unstructured.Unstructured, name string) []string {
	return splitList(annotation(u, name))
}

// HasOption reports whether the named annotation of u lists the entry, such as HasOption(u, AnnotationSyncOptions, "Prune=false").
func HasOption(u *unstructured.Unstructured, name, entry string) bool {
	for _, o := range Options(u, name) {
		if o == entry {
			return true
		}
	}
	return false
}

func splitList(s string) []string {
	var out []string
	for p := range strings.SplitSeq(s, ",") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// annotation returns what GetAnnotations()[name] does, without a copy of all of them: this is asked of every object of a cluster.
// Where one of them is no string, there are none.
func annotation(u *unstructured.Unstructured, name string) string {
	meta, _ := u.Object["metadata"].(map[string]any)
	all, _ := meta["annotations"].(map[string]any)
	for _, value := range all {
		if _, ok := value.(string); !ok && value != nil {
			return ""
		}
	}
	value, _ := all[name].(string)
	return value
}

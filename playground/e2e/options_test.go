package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// withPolicy gives a hook a deletion policy.
func withPolicy(policy, manifest string) string {
	return strings.Replace(manifest, "argocd.argoproj.io/hook: ", "argocd.argoproj.io/hook-delete-policy: "+policy+", argocd.argoproj.io/hook: ", 1)
}

// TestHookPolicies runs hooks with every deletion policy, and one of Helm's, twice.
func TestHookPolicies(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	helm := strings.Replace(hook("of-helm", "PreSync"), "argocd.argoproj.io/hook: PreSync", "helm.sh/hook: \"pre-install,pre-upgrade\", helm.sh/hook-weight: \"-5\"", 1)
	test := strings.Replace(hook("helm-test", "PreSync"), "argocd.argoproj.io/hook: PreSync", "helm.sh/hook: test", 1)
	repo := newRepository(t, w.play, "policies", map[string]string{
		"a.yaml": hook("replaced", "PreSync"), "b.yaml": withPolicy("HookSucceeded", hook("succeeded", "PreSync")),
		"c.yaml": withPolicy("HookFailed", hook("kept", "PreSync")), "d.yaml": withPolicy("HookFailed", failing(hook("failed", "PostSync"))),
		"e.yaml": helm, "f.yaml": test, "settings.yaml": configMap("settings", "one"),
	})
	w.create("policies", repo)
	r := w.expect(4, "app", "sync", "policies", "--timeout", "120s")
	contains(t, r.out, "hook Job/policies/failed failed")
	inOrder(t, r.out, "Job/policies/of-helm", "Job/policies/replaced", "ConfigMap/policies/settings", "Job/policies/failed")
	see := w.see()
	see.present("job", "policies", "of-helm")
	see.present("job", "policies", "replaced")
	see.present("job", "policies", "kept")
	see.absent("job", "policies", "succeeded")
	see.absent("job", "policies", "failed")
	see.absent("job", "policies", "helm-test")
	before := see.jobUID("policies", "replaced")
	repo.push("without those that are kept", map[string]string{"c.yaml": "", "d.yaml": "", "settings.yaml": configMap("settings", "two")})
	w.must("app", "sync", "policies", "--timeout", "120s")
	if see.jobUID("policies", "replaced") == before {
		t.Error("the hook was not made anew")
	}
}

// TestOptionsOfASync has the API server see what the options of an application come to.
func TestOptionsOfASync(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	job := func(image string) string {
		text := strings.Replace(hook("once", "PreSync"), "argocd.argoproj.io/hook: PreSync", "argocd.argoproj.io/sync-options: \"Replace=true,Force=true\"", 1)
		return strings.Replace(text, "example/job:1", image, 1)
	}
	repo := newRepository(t, w.play, "options", map[string]string{
		"once.yaml": job("example/job:1"), "front.yaml": inWave("2", deployment("front", 1)), "old.yaml": configMap("old", "one"),
		"strange.yaml": withOption("SkipDryRunOnMissingResource=true", "apiVersion: nowhere.example.com/v1\nkind: Strange\nmetadata:\n  name: strange\n"),
	})
	w.createFrom("options", repo, `  syncPolicy:
    syncOptions: [CreateNamespace=true, PruneLast=true, PrunePropagationPolicy=background, ServerSideApply=true, ApplyOutOfSyncOnly=true]
    managedNamespaceMetadata: {labels: {team: shop}, annotations: {example.com/contact: ada}}
`)
	see := w.see()
	t.Run("a kind that is missing fails where it is applied, and not before", func(t *testing.T) {
		w := w.in(t)
		contains(t, rowOf(t, w.must("app", "plan", "options"), "Strange/options/strange"), "shape only", "its kind may appear during the sync")
		r := w.expect(4, "app", "sync", "options", "--timeout", "120s")
		contains(t, r.out, "Strange/options/strange")
		see.present("configmap", "options", "old")
		repo.push("without it", map[string]string{"strange.yaml": ""})
		w.must("app", "sync", "options", "--timeout", "120s")
	})
	t.Run("the namespace has its metadata", func(t *testing.T) {
		ns, err := see.client.CoreV1().Namespaces().Get(t.Context(), "options", metav1.GetOptions{})
		if err != nil || ns.Labels["team"] != "shop" || ns.Annotations["example.com/contact"] != "ada" {
			t.Errorf("it is %v (%v)", ns, err)
		}
	})
	t.Run("metadata of the namespace that is named no more is removed, and the plan says so", func(t *testing.T) {
		w := w.in(t)
		file := filepath.Join(w.store, "options.yaml")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		drop(t, w.store, "options.yaml", strings.Replace(string(text), "team: shop", "tier: front", 1))
		contains(t, w.must("app", "plan", "options", "-o", "json"), `"path": ".metadata.labels.team"`)
		w.must("app", "sync", "options", "--timeout", "120s")
		ns, err := see.client.CoreV1().Namespaces().Get(t.Context(), "options", metav1.GetOptions{})
		if err != nil || ns.Labels["team"] != "" || ns.Labels["tier"] != "front" || ns.Annotations["example.com/contact"] != "ada" {
			t.Errorf("it is %v (%v)", ns, err)
		}
		contains(t, w.must("app", "plan", "options"), "3 unchanged")
	})
	t.Run("a Job that cannot be changed is made anew, and pruned is last", func(t *testing.T) {
		w := w.in(t)
		before := see.jobUID("options", "once")
		repo.push("another image", map[string]string{"once.yaml": job("example/job:2"), "old.yaml": "", "front.yaml": inWave("2", deployment("front", 2))})
		contains(t, w.must("app", "plan", "options", "--prune"), "replace", "Job/options/once")
		inOrder(t, w.must("app", "sync", "options", "--prune", "--timeout", "120s"), "Job/options/once", "Deployment/options/front", "ConfigMap/options/old")
		if see.jobUID("options", "once") == before {
			t.Error("the Job is the same")
		}
		see.absent("configmap", "options", "old")
		contains(t, w.must("app", "get", "options", "--refresh"), "Synced")
	})
}

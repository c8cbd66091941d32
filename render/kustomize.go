package render

import (
	"errors"
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/provenance"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
)

// kustomizeLock serialises builds within one process: the library keeps global state (kubernetes-sigs/kustomize#3659).
// Workers are processes of their own, so several builds run at once all the same.
var kustomizeLock sync.Mutex

// kustomize builds a kustomization, into which the source's options are written as `kustomize edit` would. Of the repository
// it reads what the library asks for. The library never sees a reference to what is elsewhere.
func (j job) kustomize() ([]*unstructured.Unstructured, error) {
	files := &kustomizeFS{files: j.files, over: map[string][]byte{}, mounts: map[string]mount{}, named: map[string]string{}}
	if j.found != nil {
		j.found.shown = files.shown
	}
	if err := files.settle(j.dir, map[string]bool{}); err != nil {
		return nil, remedied(err, "correct spec.source.path")
	}
	if err := j.editKustomization(files); err != nil {
		return nil, err
	}
	kustomizeLock.Lock()
	defer kustomizeLock.Unlock()
	opts := krusty.MakeDefaultOptions()
	// Namespaces first, webhooks last, as the program prints them, unless the kustomization has sortOptions.
	opts.Reorder = krusty.ReorderOptionUnspecified
	opts.LoadRestrictions = types.LoadRestrictionsNone
	result, err := krusty.MakeKustomizer(opts).Run(files, files.outward(j.dir))
	if err != nil {
		return nil, remedied(fmt.Errorf("build kustomization in %s: %w", j.dir, files.explain(err)), "correct the kustomization, or the file that it names")
	}
	if err := errors.Join(nameBuilder(result), files.nameOrigins(result)); err != nil {
		return nil, fmt.Errorf("build kustomization in %s: %w", j.dir, err)
	}
	text, err := result.AsYaml()
	if err != nil {
		return nil, fmt.Errorf("build kustomization in %s: %w", j.dir, err)
	}
	if int64(len(text)) > j.limit {
		return nil, tooLarge(j.limit)
	}
	objects, err := parse("kustomization in "+j.dir, text)
	if err != nil {
		return nil, err
	}
	return checked(objects)
}

// builder is what the label app.kubernetes.io/managed-by says where a kustomization asks for it: the release of kustomize
// that has the library of go.mod. The library would name this program's version, which is another with every release of it.
const builder = "kustomize-v5.8.2"

// nameBuilder writes builder over what the library takes for itself.
func nameBuilder(result resmap.ResMap) error {
	own := "kustomize-" + provenance.GetProvenance().Semver()
	for _, r := range result.Resources() {
		labels := r.GetLabels()
		if labels[konfig.ManagedbyLabelKey] != own {
			continue
		}
		labels[konfig.ManagedbyLabelKey] = builder
		if err := r.SetLabels(labels); err != nil {
			return err
		}
	}
	return nil
}

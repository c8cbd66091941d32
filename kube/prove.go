package kube

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/merge"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
	"sigs.k8s.io/structured-merge-diff/v6/value"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Prove makes the merge of an apply of want into live by the server's own schema, to find out whether it changes
// anything. What the merge leaves as it is the server leaves too: defaults are complete already, and admission is the
// subject of [Cluster.Epoch]. A merge that changes something proves nothing, for the server may see two spellings of one
// value in it.
func (k *Cluster) Prove(ctx context.Context, want, live *unstructured.Unstructured) (object.Proof, error) {
	gvk := want.GroupVersionKind()
	if live.GroupVersionKind() != gvk {
		return object.Unproven, nil
	}
	types, err := k.types(ctx, gvk.GroupVersion())
	if err != nil {
		return object.Unproven, err
	}
	return prove(types, want, live)
}

// serverFields are the fields that nobody owns: an apply may name them, and does not take them over.
var serverFields = fieldpath.NewSet(
	fieldpath.MakePathOrDie("apiVersion"),
	fieldpath.MakePathOrDie("kind"),
	fieldpath.MakePathOrDie("metadata"),
	fieldpath.MakePathOrDie("metadata", "name"),
	fieldpath.MakePathOrDie("metadata", "namespace"),
	fieldpath.MakePathOrDie("metadata", "creationTimestamp"),
	fieldpath.MakePathOrDie("metadata", "selfLink"),
	fieldpath.MakePathOrDie("metadata", "uid"),
	fieldpath.MakePathOrDie("metadata", "clusterName"),
	fieldpath.MakePathOrDie("metadata", "generation"),
	fieldpath.MakePathOrDie("metadata", "managedFields"),
	fieldpath.MakePathOrDie("metadata", "resourceVersion"),
)

// ours is the name under which the merge knows our own manager; others have numbers.
const ours = "ours"

func prove(types managedfields.TypeConverter, want, live *unstructured.Unstructured) (object.Proof, error) {
	version := fieldpath.APIVersion(want.GetAPIVersion())
	managers, comparable, err := managersOf(live, version)
	if err != nil || !comparable {
		return object.Unproven, err
	}
	have, err := types.ObjectToTyped(withoutManagers(live), typed.AllowDuplicates)
	if err != nil {
		return object.Unproven, fmt.Errorf("read %s by its schema: %w", object.Of(live), err)
	}
	config, err := types.ObjectToTyped(want)
	if err != nil {
		// The server will say what is wrong with it.
		return object.Unproven, nil
	}
	owns, err := config.ToFieldSet()
	if err != nil {
		return object.Unproven, fmt.Errorf("list fields of %s: %w", object.Of(want), err)
	}
	if mine, ok := managers[ours]; ok && mine.Set().Equals(owns.Difference(serverFields)) {
		return proveSame(config, have)
	}
	updater := (&merge.UpdaterBuilder{Converter: oneVersion{}}).BuildUpdater()
	merged, _, err := updater.Apply(have, config, version, managers, ours, true)
	if err != nil {
		return object.Unproven, fmt.Errorf("merge %s: %w", object.Of(want), err)
	}
	if merged != nil {
		return object.Unproven, nil
	}
	return object.OwnersChange, nil
}

// proveSame is the proof of an object whose fields are the ones that we own already: nothing leaves, so the merge alone
// decides.
func proveSame(config, have *typed.TypedValue) (object.Proof, error) {
	merged, err := have.Merge(config)
	if err != nil {
		return object.Unproven, nil
	}
	if !value.EqualsUsing(value.NewFreelistAllocator(), have.AsValue(), merged.AsValue()) {
		return object.Unproven, nil
	}
	return object.Unchanged, nil
}

// managersOf reads who owns which fields. Fields that were written in another version cannot be compared with ours, and
// an object of which nothing is known gets an owner for all at its first apply.
func managersOf(live *unstructured.Unstructured, version fieldpath.APIVersion) (fieldpath.ManagedFields, bool, error) {
	out := fieldpath.ManagedFields{}
	for i, e := range live.GetManagedFields() {
		if fieldpath.APIVersion(e.APIVersion) != version || e.FieldsV1 == nil {
			return nil, false, nil
		}
		set := fieldpath.NewSet()
		if err := set.FromJSON(strings.NewReader(e.FieldsV1.GetRawString())); err != nil {
			return nil, false, fmt.Errorf("read managed fields of %s: %w", object.Of(live), err)
		}
		name := strconv.Itoa(i)
		applied := e.Operation == metav1.ManagedFieldsOperationApply
		if e.Manager == object.FieldManager && applied && e.Subresource == "" {
			name = ours
		}
		out[name] = fieldpath.NewVersionedSet(set, version, applied)
	}
	return out, len(out) > 0, nil
}

// withoutManagers returns an object without its managed fields, and shares the rest of it.
func withoutManagers(u *unstructured.Unstructured) *unstructured.Unstructured {
	out := make(map[string]any, len(u.Object))
	for k, v := range u.Object {
		out[k] = v
	}
	if meta, ok := u.Object["metadata"].(map[string]any); ok {
		bare := make(map[string]any, len(meta))
		for k, v := range meta {
			if k != "managedFields" {
				bare[k] = v
			}
		}
		out["metadata"] = bare
	}
	return &unstructured.Unstructured{Object: out}
}

// oneVersion converts nothing: all that it is given is of one version.
type oneVersion struct{}

func (oneVersion) Convert(v *typed.TypedValue, _ fieldpath.APIVersion) (*typed.TypedValue, error) {
	return v, nil
}

func (oneVersion) IsMissingVersionError(error) bool { return false }

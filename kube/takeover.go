package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// A field that kubectl's client-side apply or Argo CD owns stays in the cluster after git drops it (kubernetes/kubernetes#99003). An
// apply may therefore take the fields of such managers over: they become ours first, by a write of managed fields alone,
// and what git does not name leaves with the apply itself.

// errMoved is the cause of a conflict that is found here and not by the server.
var errMoved = errors.New("the object has been modified; please apply your changes to the latest version and try again")

// heirs returns the live object of an apply, and what the apply would make of it once the fields of req.Takes were ours.
// Both are nil where nobody holds any, and where the merge cannot be made here, as between two versions: then nothing is
// taken over.
func (k *Cluster) heirs(ctx context.Context, r object.Resource, req object.ApplyRequest) (live, merged *unstructured.Unstructured, err error) {
	u := req.Object
	live, err = k.resource(r, u.GetNamespace()).Get(ctx, u.GetName(), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, k.explain(err)
	}
	if len(object.Held(live, req.Takes)) == 0 {
		return nil, nil, nil
	}
	ours, err := object.TakenOver(live, req.Takes)
	if err != nil {
		return nil, nil, err
	}
	types, err := k.types(ctx, u.GroupVersionKind().GroupVersion())
	if err != nil {
		return nil, nil, nil
	}
	if merged, err = predict(types, bare(u), ours); err != nil {
		return nil, nil, nil
	}
	return live, merged, nil
}

// bare returns an object without what binds its apply to one version of the live one.
func bare(u *unstructured.Unstructured) *unstructured.Unstructured {
	out := u.DeepCopy()
	unstructured.RemoveNestedField(out.Object, "metadata", "resourceVersion")
	unstructured.RemoveNestedField(out.Object, "metadata", "uid")
	return out
}

// predictTakeover asks the server what an apply with a takeover would make of the live object: its admission is given the
// merge as a patch. It returns nil where nothing is taken over.
func (k *Cluster) predictTakeover(ctx context.Context, r object.Resource, req object.ApplyRequest) (*unstructured.Unstructured, error) {
	live, merged, err := k.heirs(ctx, r, req)
	if err != nil || live == nil {
		return nil, err
	}
	merged.SetResourceVersion(live.GetResourceVersion())
	var steps []map[string]any
	for _, field := range fieldsOf(live, merged) {
		if value, stays := merged.Object[field]; stays {
			steps = append(steps, map[string]any{"op": "add", "path": "/" + field, "value": value})
		} else {
			steps = append(steps, map[string]any{"op": "remove", "path": "/" + field})
		}
	}
	patch, err := json.Marshal(steps)
	if err != nil {
		return nil, fmt.Errorf("predict %s: %w", object.Of(req.Object), err)
	}
	out, err := k.resource(r, live.GetNamespace()).Patch(ctx, live.GetName(), types.JSONPatchType, patch, metav1.PatchOptions{
		FieldManager: object.FieldManager, DryRun: []string{metav1.DryRunAll}, FieldValidation: validation(req.Lenient),
	})
	if err != nil {
		return nil, k.explain(withoutValues(live.GroupVersionKind().GroupKind(), err))
	}
	return out, refusedNull(merged, out)
}

// refusedNull is the refusal of a merge that leaves null where git has an empty object or list: that is what the server's own
// merge makes of it when everything below leaves, and what it then refuses in custom resources whose schema allows no null there.
// The patch with the same null was accepted, for in what it is sent the server drops such nulls first; those that the schema
// allows, or knows nothing about, are still in its answer. Built-in kinds read null as nothing.
func refusedNull(merged, answer *unstructured.Unstructured) error {
	if scheme.Scheme.Recognizes(merged.GroupVersionKind()) {
		return nil
	}
	at := droppedNull(merged.Object, answer.Object)
	if at == nil {
		return nil
	}
	wrong := field.Invalid(field.NewPath(at[0], at[1:]...), "null", "the merge of the API server leaves null where git has nothing in it: leave the field out")
	return apierrors.NewInvalid(merged.GroupVersionKind().GroupKind(), merged.GetName(), field.ErrorList{wrong})
}

// droppedNull returns the path of a null that the answer no longer has and that no list is on the way to, nil when there is none.
func droppedNull(fields, answer map[string]any) []string {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		have, there := answer[name]
		switch v := fields[name].(type) {
		case nil:
			if !there {
				return []string{name}
			}
		case map[string]any:
			within, _ := have.(map[string]any)
			if below := droppedNull(v, within); below != nil {
				return append([]string{name}, below...)
			}
		}
	}
	return nil
}

// fieldsOf lists the fields at the top of two objects that an apply may change.
func fieldsOf(a, b *unstructured.Unstructured) []string {
	var out []string
	for _, u := range []*unstructured.Unstructured{a, b} {
		for field := range u.Object {
			if field != "apiVersion" && field != "kind" && field != "status" && !slices.Contains(out, field) {
				out = append(out, field)
			}
		}
	}
	return out
}

// takeOver makes the fields of req.Takes ours, and returns the object to apply, bound to the version that this made. It
// writes nothing where there is nothing to take.
func (k *Cluster) takeOver(ctx context.Context, r object.Resource, req object.ApplyRequest) (*unstructured.Unstructured, error) {
	u := req.Object
	live, _, err := k.heirs(ctx, r, req)
	if err != nil || live == nil {
		return u, err
	}
	if version := u.GetResourceVersion(); version != "" && version != live.GetResourceVersion() {
		return nil, apierrors.NewConflict(r.GroupVersionResource().GroupResource(), u.GetName(), errMoved)
	}
	patch, err := object.TakeoverPatch(live, req.Takes)
	if err != nil {
		return nil, err
	}
	made, err := k.resource(r, u.GetNamespace()).Patch(ctx, u.GetName(), types.JSONPatchType, patch, metav1.PatchOptions{FieldManager: object.FieldManager})
	if err != nil {
		return nil, k.explain(withoutValues(u.GroupVersionKind().GroupKind(), err))
	}
	u = u.DeepCopy()
	u.SetResourceVersion(made.GetResourceVersion())
	return u, nil
}

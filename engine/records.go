package engine

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// RecordComparison is how the manifests of two records differ.
type RecordComparison struct {
	Diffs []diff.Diff
	// Unseen names the Secrets that both have: whether their data differs is not known, for no record holds it.
	Unseen []object.Ref
}

// RecordDiff compares the manifests of two records.
func (e *Engine) RecordDiff(ctx context.Context, key app.Key, a, b string) (RecordComparison, error) {
	_, before, err := e.record(ctx, key, a)
	if err != nil {
		return RecordComparison{}, err
	}
	_, after, err := e.record(ctx, key, b)
	if err != nil {
		return RecordComparison{}, err
	}
	return RecordComparison{Diffs: diff.ChangedSince(before, after), Unseen: unseen(before, after)}, nil
}

// whyNone says why a record has no manifests.
func whyNone(r *app.Record) string {
	wrote := slices.ContainsFunc(r.Results, func(o app.ResourceResult) bool { return o.Status == "Synced" || o.Status == "Pruned" })
	switch {
	case r.Kind == app.KindDelete:
		return "a deletion leaves nothing to keep"
	case r.Phase == app.OperationError:
		return "nothing is kept of what was interrupted and not resumed"
	case r.Phase == app.OperationFailed && !wrote:
		return "it wrote nothing, and no record before it has manifests either"
	}
	return "only the newest records keep their manifests"
}

// unseen names the objects without their data that are in both lists.
func unseen(before, after []*unstructured.Unstructured) []object.Ref {
	had := maskedRefs(before)
	refs := slices.DeleteFunc(maskedRefs(after), func(ref object.Ref) bool { return !slices.Contains(had, ref) })
	sortRefs(refs)
	return refs
}

func maskedRefs(objects []*unstructured.Unstructured) []object.Ref {
	_, masked := splitMasked(objects)
	var refs []object.Ref
	for _, u := range masked {
		refs = append(refs, object.Of(u))
	}
	return refs
}

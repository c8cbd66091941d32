package plan

import (
	"fmt"
	"slices"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// selective reports whether only some objects are to be synced.
func (b *builder) selective() bool { return len(b.in.Options.Resources) > 0 }

func (b *builder) selected(ref object.Ref) bool {
	return !b.selective() || slices.ContainsFunc(b.in.Options.Resources, func(r object.Ref) bool { return means(r, ref) })
}

// means reports whether a selection means an object. As in Argo CD, one without a namespace means it in every namespace.
func means(selection, ref object.Ref) bool {
	return selection.Group == ref.Group && selection.Kind == ref.Kind && selection.Name == ref.Name &&
		(selection.Namespace == "" || selection.Namespace == ref.Namespace)
}

// checkSelection refuses a selection of what is not there: a misspelt name must not look like a sync that succeeded.
func (b *builder) checkSelection() error {
	for _, r := range b.in.Options.Resources {
		if !slices.ContainsFunc(b.in.Objects, func(o Object) bool { return means(r, o.Diff.Ref) }) {
			return fmt.Errorf("select %s of application %s: %w", r, b.plan.App, app.ErrNotFound)
		}
	}
	return nil
}

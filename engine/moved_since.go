package engine

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// A refresh in which some objects have changed looks at these alone: the cluster says which they are, and of all others the examination
// before tells.

// base is what an examination takes over from the one before, which it differs from in a few objects.
type base struct {
	last *examination
	// places are where the objects that have changed are among the desired ones; extras is true when there are others, and anew
	// when a desired one may be what was too much before, or the other way round.
	places       []int
	extras, anew bool
}

// compareMoved compares the objects that have changed since the examination before, and takes the rest over. It reports false, and has
// done nothing, where more than live objects has changed, or where what one object is like decides about others: desired objects
// that take values of live ones, and definitions.
func (e *Engine) compareMoved(ctx context.Context, x, last *examination, c *compare.Comparer) (bool, error) {
	if last == nil || x.live.Since == 0 || x.live.Since != last.live.Edition || len(x.want.unstable) > 0 ||
		x.app.Spec.SyncOption("RespectIgnoreDifferences=true") || len(x.want.at) != len(x.want.names) || !x.rests(ctx, last, c) {
		return false, nil
	}
	b := &base{last: last}
	for _, ref := range x.live.Changed {
		i, wanted := x.want.at[ref]
		switch {
		case !wanted:
			b.extras = true
		case slices.Contains(x.want.definitions, i):
			return false, nil
		default:
			b.places = append(b.places, i)
			b.anew = b.anew || unsettles(last, last.live.Objects[ref], x.live.Objects[ref])
		}
	}
	slices.Sort(b.places)
	desired := len(x.want.objects)
	x.base, x.diffs = b, slices.Clone(last.diffs[:desired])
	c.Pending = x.pending()
	if err := x.compareAll(ctx, c, b.places); err != nil {
		return true, err
	}
	x.ground = c.Ground(x.diffs)
	extras := last.diffs[desired:]
	switch {
	case b.anew:
		extras = e.extra(x)
	case b.extras:
		extras = e.extraSince(x, extras)
	}
	x.diffs = append(x.diffs, extras...)
	return true, nil
}

// extraSince returns the diffs of live objects that are desired no more, given those of before.
func (e *Engine) extraSince(x *examination, before []*diff.Diff) []*diff.Diff {
	out := slices.DeleteFunc(slices.Clone(before), func(d *diff.Diff) bool { return slices.Contains(x.live.Changed, d.Ref) })
	for _, ref := range x.live.Changed {
		if live := x.live.Objects[ref]; live != nil && e.isExtra(x, ref, live) {
			out = append(out, new(diff.Extra(live)))
		}
	}
	return x.withoutDesired(out)
}

// unsettles reports whether a desired object that has moved may decide otherwise now about one that is in another group: it has gone, or
// is another one than it was, or it has come and something was too much.
func unsettles(last *examination, was, live *unstructured.Unstructured) bool {
	if was == nil {
		return live != nil && len(last.diffs) > len(last.want.objects)
	}
	return live == nil || was.GetUID() != live.GetUID()
}

// isExtra reports whether a live object is the application's and desired no more.
func (e *Engine) isExtra(x *examination, ref object.Ref, live *unstructured.Unstructured) bool {
	_, wanted := x.want.at[ref]
	return !wanted && plan.Extra(live, x.app.Key().Tracking(), e.ports.Store.Installation())
}

func sortDiffs(list []*diff.Diff) {
	slices.SortFunc(list, func(a, b *diff.Diff) int { return a.Ref.Compare(b.Ref) })
}

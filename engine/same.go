package engine

import (
	"context"
	"reflect"
	"slices"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// A refresh in which nothing has changed looks at no object: the rendering is the one of before, the cluster says that its answer
// is, and then what was found out of the two is as well, as long as all else that it rests on is the same. What an object alone
// decides is remembered object by object, for refreshes in which some have changed.

// conclusion is what an examination comes to as a whole.
type conclusion struct {
	sync       app.SyncCode
	health     app.Health
	conditions []app.Condition
	// differs is true when something is out of sync that is no hook and that counts, unwell when Pods are asked what a workload lacks.
	differs, unwell bool
}

// conclude returns what the examination comes to, once its rows are written down.
func (x *examination) conclude() *conclusion {
	if x.concluded != nil {
		return x.concluded
	}
	c := &conclusion{sync: app.Synced, health: health.Application(x.items)}
	for i := range x.diffs {
		c.unwell = c.unwell || unwell(x.rows.rows[i].health.Status)
		if x.want.isHook(i) {
			continue
		}
		d, r := x.diffs[i], &x.resources[x.rows.rows[i].at]
		c.differs = c.differs || d.OutOfSync() && !ignoredExtra(x, d)
		switch {
		case d.Verdict == diff.NotCompared:
			c.sync = app.SyncUnknown
			if x.live.Unreadable[d.Ref.Place()] == nil {
				c.conditions = append(c.conditions, app.Condition{Type: app.ConditionComparisonError, Message: d.Ref.String() + ": " + d.Reason})
			}
		case r.Status == app.OutOfSync && c.sync == app.Synced && !ignoredExtra(x, d):
			c.sync = app.OutOfSync
		}
		if d.Verdict == diff.Foreign {
			c.conditions = append(c.conditions, app.Condition{Type: app.ConditionForeign, Message: d.Ref.String() + ": " + d.Reason})
		}
	}
	if unknown := x.unknown(); len(unknown) > 0 {
		c.sync = app.SyncUnknown
		c.conditions = append(c.conditions, unknown...)
	}
	x.concluded = c
	return c
}

// asks returns the objects to ask the cluster for: what is desired, the destination's namespace, and what was owned before. While
// these are the same it is the same list.
func (x *examination) asks(last *examination, namespace object.Ref, owned []object.Ref) []object.Ref {
	if last != nil && len(x.want.names) > 0 && object.SameList(last.want.names, x.want.names) && object.SameList(last.previous, owned) && last.namespace == namespace {
		return last.refs
	}
	refs := append(slices.Clip(x.want.names), namespace)
	for _, ref := range owned {
		if _, wanted := x.want.at[ref]; !wanted && ref != namespace {
			refs = append(refs, ref)
		}
	}
	return refs
}

// takeOver takes over what the examination before found out if nothing has changed that it rests on, and reports whether it did.
// It has to be asked anew of what was not compared, or was read of a cluster that has moved meanwhile.
func (x *examination) takeOver(ctx context.Context, last *examination, c *compare.Comparer) bool {
	if last == nil || x.live.Edition != last.live.Edition || !x.rests(ctx, last, c) {
		return false
	}
	x.want.objects, x.want.rendered = last.want.objects, last.want.rendered
	x.diffs, x.ground, x.same = last.diffs, last.ground, true
	return true
}

// rests reports whether all but the live objects is what the examination before rests on.
func (x *examination) rests(ctx context.Context, last *examination, c *compare.Comparer) bool {
	return !c.Plan && x.live.Edition != 0 && x.id == last.id && x.cluster == last.cluster && len(x.want.names) > 0 &&
		object.SameList(x.want.names, last.want.names) && reflect.DeepEqual(x.app.Spec, last.app.Spec) && last.ground.Holds(ctx, c)
}

package engine

import (
	"context"
	"fmt"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// The inventory is how an object is found that git does not name: the cluster is asked for what it lists, and without a watch for
// nothing else. So it must not lose what an operation is about to create. An operation adds that before its first write, once; and
// an examination takes nothing out that an operation may create after the examination has looked. Two things say that one may:
//
//   - It had begun and not ended when the examination began to look: somebody holds the application's lock, or a journal is open, of
//     an operation that was interrupted and can be resumed.
//   - It has begun since: each gives the inventory another claim, also where that lists all that it is to create. The claim is
//     compared while nobody else may change the inventory, so it does not matter that the operation may have ended again.
//
// Then what is found is added to the inventory. What did not come to be stays until the next examination that nothing of this is true
// of.

// remember writes the inventory: what the application owns in the cluster now, so that its objects are known even when its document is
// gone.
func (e *Engine) remember(ctx context.Context, before, x *examination) error {
	if x.settled(before) {
		x.surplus = before.surplus
		return nil
	}
	err := e.ports.Bindings.UpdateInventory(ctx, x.app.Key(), func(r *app.Released) {
		*r = x.inventory(*r)
		x.surplus = len(r.Objects) > len(x.owned)
	})
	if err != nil {
		return fmt.Errorf("remember what %s owns: %w", x.app.Key(), err)
	}
	return nil
}

// settled reports whether the inventory has nothing to learn of an examination: nothing has changed since the one before, and what that
// left in the inventory beside is to stay there, or is nothing.
func (x *examination) settled(before *examination) bool { return x.same && (x.open || !before.surplus) }

// inventory returns what the inventory is to be after an examination, of what it is by now.
func (x *examination) inventory(now app.Released) app.Released {
	begun := now.Claim != x.claim
	switch {
	case movedFrom(&now, &x.app, x.id):
		// Nobody has said yet that what is there may stay there.
		return now
	case begun && now.Cluster != x.id:
		// It is of another cluster since, or of no application any more.
		return now
	case now.Key == app.Key{} && len(x.owned) == 0:
		return now
	}
	owned := x.owned
	if now.Cluster == x.id && (begun || x.open) {
		owned = union(now.Objects, x.owned)
		sortRefs(owned)
	}
	if now.Cluster == x.id && sameRefs(now.Objects, owned) {
		return now
	}
	return app.Released{Key: x.app.Key(), Destination: x.app.Spec.Destination, Cluster: x.id, Objects: owned, Claim: now.Claim}
}

// open reports whether an operation of an application has begun and not ended, in any process. Where nobody can tell, one may have.
func (e *Engine) open(ctx context.Context, key app.Key) bool {
	if _, held, err := e.ports.Locks.Holder(ctx, key); err != nil || held {
		return true
	}
	journals, err := e.unfinished(ctx, key)
	return err != nil || len(journals) > 0
}

// claim adds to the inventory what the operation is about to create or to put its mark on: whatever happens, it is known whose it is. A
// rollback may adopt what git does not name, and nothing else would find.
func (op *operation) claim(ctx context.Context) error {
	pl := &op.plan
	if pl.Options.DryRun || pl.Kind == app.KindDelete {
		return nil
	}
	installation := op.engine.ports.Store.Installation()
	return op.engine.ports.Bindings.UpdateInventory(ctx, pl.App, func(r *app.Released) { *r = claimed(*r, pl, installation) })
}

// claimed returns what the inventory is to be when a plan is begun, of what it is.
func claimed(now app.Released, pl *plan.Plan, installation string) app.Released {
	known := now.Objects
	moved := now.Key != app.Key{} && now.Cluster != pl.Cluster
	if moved {
		known = nil
	}
	var marked []object.Ref
	gains := false
	for i := range pl.Steps {
		if s := &pl.Steps[i]; marks(s.Verb) && !s.Left && s.Ref.Name != "" {
			marked = append(marked, s.Ref)
			gains = gains || s.Live == nil || s.Verb == plan.Replace || !object.Owned(s.Live, pl.App.Tracking(), installation)
		}
	}
	all := union(known, marked)
	if len(all) == len(known) && !moved && !gains {
		return now
	}
	sortRefs(all)
	return app.Released{Key: pl.App, Destination: pl.Destination, Cluster: pl.Cluster, Objects: all, Claim: newOperationID()}
}

// marks reports whether an object carries the application's mark when a step of a verb is done. Hooks are no part of an inventory.
func marks(v plan.Verb) bool {
	switch v {
	case plan.Create, plan.Change, plan.Own, plan.Replace:
		return true
	case plan.Keep, plan.Delete, plan.RunHook, plan.HandBack:
	}
	return false
}

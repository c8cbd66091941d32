package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// What stands against carrying a plan out before its application is locked: rights, guards, pins, and automation that would undo it.

// mayExecute checks the act that a plan comes to; the rest of an interrupted operation is two of them.
func (e *Engine) mayExecute(p app.Principal, pl *plan.Plan) error {
	err := e.Allowed(p, actOf(pl.Kind))
	if err == nil && pl.Resumes != nil {
		err = e.Allowed(p, ActResume)
	}
	return err
}

// admit returns what stands against a plan before anything is locked for it.
func (e *Engine) admit(ctx context.Context, p app.Principal, pl *plan.Plan, confirmed []string) error {
	if err := e.mayExecute(p, pl); err != nil {
		return err
	}
	if len(pl.Restores) > 0 {
		if err := e.Allowed(p, ActEdit); err != nil {
			return err
		}
	}
	if err := guarded(pl, confirmed); err != nil {
		return err
	}
	if err := permitted(pl); err != nil {
		return err
	}
	if pl.Kind == app.KindSync {
		return errors.Join(e.Unpinned(ctx, pl.App), e.steady(ctx, pl))
	}
	return nil
}

func actOf(k app.OperationKind) Act {
	switch k {
	case app.KindRollback:
		return ActRollback
	case app.KindUndo:
		return ActUndo
	case app.KindDelete:
		return ActDelete
	case app.KindSync:
		return ActSync
	}
	return ActSync
}

// guarded returns a GuardError with the guards of a plan that nobody confirmed. Guards of steps that were left out do
// not count, and a dry run, which writes nothing, is held by none that could be confirmed.
func guarded(pl *plan.Plan, confirmed []string) error {
	left := map[string]bool{}
	for _, s := range pl.Steps {
		left[s.ID] = s.Left
	}
	var open []plan.Guard
	for _, g := range pl.Guards {
		if g.Refuse || !pl.Options.DryRun && !left[g.Step] && !slices.Contains(confirmed, g.Name) {
			open = append(open, g)
		}
	}
	if len(open) == 0 {
		return nil
	}
	err := &GuardError{Guards: open}
	if slices.ContainsFunc(open, func(g plan.Guard) bool { return g.Refuse }) {
		// Only the object of a Keep is beyond confirmation: it is another's, and the application's own option forbids that.
		return hint.With(err, "no confirmation takes a shared object over: remove it from one of the two, or allow it with: "+
			"wheelhouse app set "+pl.App.String()+" --sync-option '!FailOnSharedResource'")
	}
	return hint.With(err, "confirm each with --confirm NAME, or in the console by typing it")
}

// Unpinned returns an ErrPinned for an application that a rollback holds: it is not synced until it is unpinned. Whoever
// means to sync asks before planning, which may take long or fail for other reasons.
func (e *Engine) Unpinned(ctx context.Context, key app.Key) error {
	a, err := e.load(ctx, key)
	if err != nil {
		return err
	}
	if err := e.unpinned(&a); err != nil {
		return fmt.Errorf("sync %s: %w", key, err)
	}
	return nil
}

// unpinned is Unpinned for a document that was read. It is asked again under the application's lock, which a rollback may have held
// before.
func (e *Engine) unpinned(a *app.Application) error {
	pin := pinOf(a, e.opts.Clock.Now())
	if pin == nil {
		return nil
	}
	return hint.With(fmt.Errorf("%w at record %s (%s)", ErrPinned, pin.Record, pin.Reason),
		"wheelhouse app unpin "+a.Key().String()+" lets it follow git again")
}

// steady refuses to sync other revisions than the followed ones while automation would go back to those at once. A commit that
// is named is no other revision while a source that follows a branch has come to it. A dry run goes nowhere, and the rest of an
// interrupted operation was let through before.
func (e *Engine) steady(ctx context.Context, pl *plan.Plan) error {
	if len(pl.Options.Revisions) == 0 || pl.Options.DryRun || pl.Resumes != nil {
		return nil
	}
	a, err := e.load(ctx, pl.App)
	if err != nil {
		return err
	}
	if _, on := a.Spec.AutomatedOn(); !on {
		return nil
	}
	for i, src := range a.Spec.AllSources() {
		revision, named := pl.Options.Revisions[i]
		if !named || src.TargetRevision == revision || e.hasCome(ctx, src, pl, i) {
			continue
		}
		which := ""
		if a.Spec.Source == nil {
			which = fmt.Sprintf(" --source-position %d", i+1)
		}
		return hint.With(fmt.Errorf("sync %s to %s: %w from %s", pl.App, revision, ErrAutomated, src.Revision()),
			"let it follow that revision (wheelhouse app set "+pl.App.String()+which+" --revision "+revision+"), or switch automation off (--sync-policy none)")
	}
	return nil
}

// hasCome reports whether what a source follows is at the commit of a plan; of a git that does not answer that is not known.
func (e *Engine) hasCome(ctx context.Context, src app.Source, pl *plan.Plan, i int) bool {
	if i >= len(pl.Commits) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	newest, err := e.ports.Fetcher.Resolve(ctx, src, lookAge)
	return err == nil && newest.ID == pl.Commits[i].ID
}

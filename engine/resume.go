package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// PlanResume returns the rest of the operation of an application whose process died: what it set out to do is planned
// anew at the commits that it had, hooks that have run are left out, those that it created are waited for, and one whose
// fate is not known is guarded. It writes nothing.
func (e *Engine) PlanResume(ctx context.Context, p app.Principal, key app.Key) (plan.Plan, error) {
	j, err := e.newestUnfinished(ctx, key)
	if err != nil {
		return plan.Plan{}, err
	}
	pl, err := e.replan(ctx, p, j)
	if err != nil {
		return pl, fmt.Errorf("resume %s of %s: %w", j.Head.Kind, key, err)
	}
	if j.Head.Cluster != "" && pl.Cluster != j.Head.Cluster || j.Head.Destination != (app.Destination{}) && pl.Destination != j.Head.Destination {
		return pl, hint.With(fmt.Errorf("resume %s of %s: %w: it was made for %s, and the application is for %s now", j.Head.Kind, key,
			ErrMoved, j.Head.Destination, pl.Destination), "settle it: wheelhouse app resume "+key.String()+" --discard")
	}
	found, err := e.findBegun(ctx, &pl, j)
	if err != nil {
		return pl, fmt.Errorf("resume %s of %s: %w", j.Head.Kind, key, err)
	}
	return pl, plan.Resume(&pl, j, found)
}

// newestUnfinished returns the journal of the operation that was interrupted last.
func (e *Engine) newestUnfinished(ctx context.Context, key app.Key) (app.Journal, error) {
	if holder, held, err := e.ports.Locks.Holder(ctx, key); err != nil || held {
		if err == nil {
			err = hint.With(fmt.Errorf("its operation still runs, held by %s: %w", holder, app.ErrLocked), holder.Remedy())
		}
		return app.Journal{}, fmt.Errorf("resume %s: %w", key, err)
	}
	journals, err := e.unfinished(ctx, key)
	if err != nil {
		return app.Journal{}, err
	}
	if len(journals) == 0 {
		if _, err := e.load(ctx, key); err != nil {
			return app.Journal{}, err
		}
		return app.Journal{}, fmt.Errorf("resume %s: %w: none of its operations was interrupted", key, app.ErrNotFound)
	}
	return journals[len(journals)-1], nil
}

// replan plans again what an operation set out to do.
func (e *Engine) replan(ctx context.Context, p app.Principal, j app.Journal) (plan.Plan, error) {
	var o plan.Options
	if len(j.Head.Options) > 0 {
		if err := json.Unmarshal(j.Head.Options, &o); err != nil {
			return plan.Plan{}, fmt.Errorf("read its options: %w", err)
		}
	}
	switch j.Head.Kind {
	case app.KindRollback:
		return e.planRollback(ctx, p, j.Head.App, j.Head.Record, o)
	case app.KindUndo:
		return e.replanUndo(ctx, j.Head, o)
	case app.KindDelete:
		return e.planDelete(ctx, j.Head.App, o, j.Head.ID)
	case app.KindSync:
	}
	a, err := e.load(ctx, j.Head.App)
	if err != nil {
		return plan.Plan{}, err
	}
	begun := e.opts.Clock.Now()
	x, err := e.examine(ctx, a, question{sources: atCommits(j.Head), creates: true, takeOver: o.TakeOver})
	if err != nil {
		return plan.Plan{}, err
	}
	x.want.commits, x.want.sources, x.resumes = j.Head.Commits, j.Head.Sources, true
	return e.buildChecked(ctx, x, app.KindSync, "", o, begun)
}

// replanUndo plans again the way back of an undo.
func (e *Engine) replanUndo(ctx context.Context, head app.JournalHead, o plan.Options) (plan.Plan, error) {
	a, err := e.load(ctx, head.App)
	if err != nil {
		return plan.Plan{}, err
	}
	begun := e.opts.Clock.Now()
	g := goal{kind: app.KindUndo, pin: head.Pin, only: head.Only, manifests: []*unstructured.Unstructured{}}
	if head.Record != "" {
		if g.record, g.manifests, err = e.record(ctx, head.App, head.Record); err != nil {
			return plan.Plan{}, err
		}
	}
	return e.planBack(ctx, a, g, o, begun)
}

// atCommits returns the sources of an operation with the commits that they had then.
func atCommits(head app.JournalHead) []app.Source {
	sources := append([]app.Source(nil), head.Sources...)
	for i := range sources {
		if i < len(head.Commits) {
			sources[i].TargetRevision = head.Commits[i].ID
		}
	}
	return sources
}

// findBegun reads the objects of the steps that an interrupted operation has begun and that only their objects tell of, nil for one that
// is not there. A hook must be known; another object that cannot be read is left out.
func (e *Engine) findBegun(ctx context.Context, pl *plan.Plan, j app.Journal) (map[object.Ref]*unstructured.Unstructured, error) {
	cluster, _, err := e.boundCluster(ctx, pl.Destination)
	if err != nil {
		return nil, err
	}
	found := map[object.Ref]*unstructured.Unstructured{}
	hooks, others := plan.Begun(pl, j)
	for _, ref := range hooks {
		u, err := cluster.Read(ctx, ref)
		if err != nil && !errors.Is(err, app.ErrNotFound) {
			return nil, fmt.Errorf("look for hook %s: %w", ref, err)
		}
		found[ref] = u
	}
	for _, ref := range others {
		if u, err := cluster.Read(ctx, ref); err == nil || errors.Is(err, app.ErrNotFound) {
			found[ref] = u
		}
	}
	return found, nil
}

// guardHooks guards the hooks of a new plan that an interrupted operation may have run, or still runs. While an operation
// runs, none was interrupted, and the plan cannot be carried out.
func (e *Engine) guardHooks(ctx context.Context, pl *plan.Plan) error {
	if _, held, err := e.ports.Locks.Holder(ctx, pl.App); err != nil || held {
		return err
	}
	return e.guardOpenHooks(ctx, pl)
}

// unguarded refuses a plan with hooks of which an interrupted operation left open what they did, when that was not asked
// about: its process may have died after the plan was made. The caller holds the application's lock.
func (e *Engine) unguarded(ctx context.Context, pl plan.Plan, confirmed []string) error {
	if pl.Resumes != nil || pl.Options.DryRun {
		return nil
	}
	pl.Steps, pl.Guards = slices.Clone(pl.Steps), slices.Clone(pl.Guards)
	if err := e.guardOpenHooks(ctx, &pl); err != nil {
		return err
	}
	return guarded(&pl, confirmed)
}

func (e *Engine) guardOpenHooks(ctx context.Context, pl *plan.Plan) error {
	open, err := e.openHooks(ctx, pl)
	if err != nil || len(open) == 0 {
		return err
	}
	if pl.Kind == app.KindRollback || pl.Kind == app.KindUndo {
		// It runs no hook, and settles what was interrupted.
		return plan.UndoHooks(pl, open)
	}
	return plan.GuardHooks(pl, open)
}

// openHooks returns the hooks of the interrupted operations of a plan's application whose outcome is not known.
func (e *Engine) openHooks(ctx context.Context, pl *plan.Plan) ([]plan.OpenHook, error) {
	journals, err := e.unfinished(ctx, pl.App)
	if err != nil {
		return nil, err
	}
	entries := plan.OpenHooks(journals)
	if len(entries) == 0 {
		return nil, nil
	}
	cluster, _, err := e.boundCluster(ctx, pl.Destination)
	if err != nil {
		return nil, err
	}
	operations := map[string]bool{}
	for _, j := range journals {
		operations[j.Head.ID] = true
	}
	var open []plan.OpenHook
	for _, entry := range entries {
		u, err := cluster.Read(ctx, entry.Ref)
		if err != nil && !errors.Is(err, app.ErrNotFound) {
			return nil, fmt.Errorf("look for hook %s: %w", entry.Ref, err)
		}
		why, known := fateOfHook(entry, u, operations)
		if known {
			continue
		}
		hook := plan.OpenHook{Step: entry.Step, Ref: entry.Ref, Why: why}
		if state, _ := health.Hook(u); u != nil && state == health.HookRunning && operations[u.GetAnnotations()[object.AnnotationOperation]] {
			hook.Running = u
		}
		open = append(open, hook)
	}
	return open, nil
}

// fateOfHook says why the outcome of a hook that was begun is not known, by its live object, nil where there is none, and the
// interrupted operations; known is true where the object tells. That of another phase of the hook does not.
func fateOfHook(begun app.JournalEntry, live *unstructured.Unstructured, interrupted map[string]bool) (why string, known bool) {
	created := begun.Mark == app.JournalStarted
	by, same := "", false
	if live != nil {
		by, same = live.GetAnnotations()[object.AnnotationOperation], plan.OfStep(live, begun.Step)
	}
	state, _ := health.Hook(live)
	switch {
	case interrupted[by] && state == health.HookRunning:
		return begun.Ref.String() + " still runs for the operation that was interrupted", false
	case interrupted[by] && (same || !created):
		// The object of another phase would have had to go before this one came.
		return "", true
	case created && by != "" && state == health.HookRunning:
		return begun.Ref.String() + " still runs for a later operation than the one that was interrupted", false
	case created && by != "" && same:
		// It was run again since, and the history of that operation says how it ended.
		return "", true
	}
	return plan.WhyUnknown(begun.Ref, created), false
}

package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// finish turns any outcome into journal, record, status, pin and event, and lets go of the lock.
func (op *operation) finish(ctx context.Context, outcome error) {
	e := op.engine
	phase, message := verdictOf(op, outcome)
	message = op.tellSkips(message)
	op.end(phase, message)

	var after error
	if phase == app.OperationSucceeded || op.wrote.Load() {
		after = op.supersede(ctx, phase)
	}
	if phase == app.OperationSucceeded && !op.plan.Options.DryRun && len(op.plan.Restores) > 0 {
		message = op.push(ctx, message)
		op.end(phase, message)
	}
	record, recordErr := op.record(ctx, phase, message)
	if phase == app.OperationSucceeded {
		after = errors.Join(after, op.settle(ctx, record))
	} else {
		after = errors.Join(after, op.letGoOfPin(ctx))
	}
	if err := errors.Join(recordErr, after); err != nil {
		e.opts.Log.Error("operation not recorded", "app", op.plan.App.String(), "error", err)
		message += "; " + err.Error()
		op.end(phase, message)
	}
	op.decide()
	op.run.mu.Lock()
	state := op.run.state
	op.run.mu.Unlock()
	op.store(ctx, func(s *app.Status) {
		s.OperationState = &state
		if entry, ok := historyEntry(op, state, s); ok {
			s.History = appendHistory(s.History, entry, historyLimit(e, op.plan.App))
		}
		s.Conditions = syncCondition(s.Conditions, op, phase, message)
	})
	if phase != app.OperationSucceeded || after != nil {
		op.tellDeletion(ctx, message)
	}
	if op.journal != nil {
		err := errors.Join(
			op.journal.Write(app.JournalEntry{Time: e.opts.Clock.Now(), Mark: app.JournalEnd, Phase: phase, Message: message}),
			op.journal.Close(), recordErr)
		if err == nil {
			err = e.ports.Journals.Remove(ctx, op.plan.App, op.run.id)
		}
		if err != nil {
			e.opts.Log.Error("journal not closed", "app", op.plan.App.String(), "error", err)
		}
	}
	op.close()
}

// stoodStill says why an operation was interrupted whose process did.
func stoodStill(why error) string {
	return fmt.Sprintf("%s, longer than the %s for which it may write; nothing was written since", why, app.LeaseTime)
}

// interrupt ends an operation that may write nothing more as if its process had died: its journal stays open, so that it can be
// resumed, undone or settled.
func (op *operation) interrupt(ctx context.Context, phase app.OperationPhase, why string) {
	e, key := op.engine, op.plan.App.String()
	told := "interrupted: " + why
	message := told
	if op.journal != nil {
		message += "; " + remedyOfInterruption(key)
		if err := op.journal.Close(); err != nil {
			e.opts.Log.Error("journal not closed", "app", key, "error", err)
		}
	}
	op.end(phase, message)
	if phase == app.OperationFailed {
		op.decide()
	}
	op.run.mu.Lock()
	state := op.run.state
	op.run.mu.Unlock()
	if state.Retrying == nil {
		// What can be done about it is a condition in the status, which goes when somebody has done it.
		state.Message = told
	}
	op.store(ctx, func(s *app.Status) { s.OperationState = &state })
	op.tellDeletion(ctx, told)
	op.close()
}

// close gives up the lock, unless the operation is to be tried again.
func (op *operation) close() {
	if op.run.Progress().Retrying != nil {
		op.show()
		return
	}
	op.letGo()
}

// letGo gives up the lock and tells everybody that the operation has ended.
func (op *operation) letGo() {
	if err := op.lease.Release(); err != nil {
		op.engine.opts.Log.Error("lock not released", "app", op.plan.App.String(), "error", err)
	}
	op.show()
	close(op.run.done)
}

// verdictOf says in which phase an operation ended, and one sentence about it.
func verdictOf(op *operation, outcome error) (app.OperationPhase, string) {
	switch {
	case outcome == nil && op.plan.Options.DryRun:
		return app.OperationSucceeded, "dry run: nothing was written"
	case outcome == nil && op.plan.Options.HandBack:
		return app.OperationSucceeded, "handed back: the objects stay, without this store's mark"
	case outcome == nil && op.plan.Kind == app.KindDelete:
		return app.OperationSucceeded, "deleted"
	case outcome == nil && op.moved != "":
		return app.OperationSucceeded, "successfully synced (all tasks run); " + op.moved
	case outcome == nil:
		return app.OperationSucceeded, "successfully synced (all tasks run)"
	}
	return app.OperationFailed, diff.Brief(hint.Text(outcome))
}

// end writes the final phase into progress and state; steps whose turn never came are skipped.
func (op *operation) end(phase app.OperationPhase, message string) {
	now := op.engine.opts.Clock.Now()
	op.run.mu.Lock()
	defer op.run.mu.Unlock()
	p := &op.run.progress
	p.Phase, p.Message, p.Ended, p.Waiting, p.Retrying = phase, message, now, "", nil
	for i := range p.Steps {
		if p.Steps[i].State == StepPending && op.plan.Steps[i].Verb != plan.Keep && !op.plan.Steps[i].Left {
			p.Steps[i].State = StepSkipped
		}
	}
	op.run.state.Phase, op.run.state.Message, op.run.state.FinishedAt, op.run.state.Retrying = phase, message, &now, nil
	op.run.state.SyncResult = resultOf(op.plan.Commits, op.plan.Sources)
	op.run.state.SyncResult.Resources = op.results()
}

// resultOf is the result of an operation of commits and sources, without what became of each object.
func resultOf(commits []app.Commit, sources []app.Source) *app.SyncResult {
	r := &app.SyncResult{Revision: firstCommit(commits)}
	if len(sources) == 1 {
		r.Source = &sources[0]
		return r
	}
	r.Sources = sources
	for _, c := range commits {
		r.Revisions = append(r.Revisions, c.ID)
	}
	return r
}

// results lists what became of every step. The caller holds the run's lock.
func (op *operation) results() []app.ResourceResult {
	out := earlierResults(op.last(), &op.plan)
	for i, s := range op.plan.Steps {
		state := op.run.progress.Steps[i]
		if s.Left || s.Verb == plan.Keep && s.Reason == "" {
			continue
		}
		ref := s.Ref
		if s.Verb == plan.RunHook {
			ref = op.hookRef(&s)
		}
		r := app.ResourceResult{
			Group: ref.Group, Kind: ref.Kind, Namespace: ref.Namespace, Name: ref.Name,
			Message: state.Message, SyncPhase: s.Phase.String(), Status: resultCode(s.Verb, state),
			StartedAt: state.Started.Round(time.Millisecond), FinishedAt: state.Ended.Round(time.Millisecond),
		}
		if s.Desired != nil {
			r.Version = s.Desired.GroupVersionKind().Version
		}
		if s.Hook != nil {
			r.HookType = s.Hook.Phase.String()
			r.HookPhase = hookPhase(state)
		}
		switch {
		case s.Verb == plan.Keep:
			r.Message = s.Reason
		case state.State == StepSkipped && state.Started.IsZero() && r.Message == "":
			r.Message = "not begun"
		}
		out = append(out, r)
	}
	return out
}

func resultCode(v plan.Verb, s StepState) string {
	c := s.State
	switch {
	case v == plan.Keep:
		return "PruneSkipped"
	case c == StepSkipped && !s.Started.IsZero():
		// A hook that ran and was skipped.
		return "Synced"
	case c == StepFailed || c == StepSkipped:
		return "SyncFailed"
	case v == plan.Delete:
		return "Pruned"
	default:
		return "Synced"
	}
}

// hookPhase returns the phase of a hook as Argo CD tells it, empty for one that was never begun.
func hookPhase(s StepState) string {
	switch {
	case s.State == StepDone:
		return "Succeeded"
	case s.State == StepFailed:
		return "Failed"
	case !s.Started.IsZero():
		return "Running"
	}
	return ""
}

// record appends the finished operation to the history. A dry run leaves no record.
func (op *operation) record(ctx context.Context, phase app.OperationPhase, message string) (app.Record, error) {
	if op.plan.Options.DryRun {
		return app.Record{}, nil
	}
	op.run.mu.Lock()
	state := op.run.state
	op.run.mu.Unlock()
	r := app.Record{
		Operation: op.run.id, Retries: op.run.retries, Kind: op.plan.Kind, App: op.plan.App, StartedAt: state.StartedAt, FinishedAt: *state.FinishedAt, Phase: phase,
		Message: message, By: initiator(op.principal), Why: op.why, Commits: op.plan.Commits, Sources: op.plan.Sources,
		Partial: len(op.plan.Options.Resources) > 0, Results: state.SyncResult.Resources,
		Objects: op.superset(), Cluster: op.plan.Cluster, Created: createdBy(op.last()), Pinned: op.pinned,
		Pushed: op.pushed(),
	}
	if known, ok := op.recorded(ctx, &r); ok {
		return known, nil
	}
	manifests, kept := op.left(ctx, phase)
	r.Kept = kept
	saved, err := op.engine.ports.History.Append(ctx, r, manifests)
	if err != nil {
		return saved, fmt.Errorf("keep record: %w", err)
	}
	return saved, nil
}

// recorded returns the record that an interrupted operation had written before its process died, unless it came to something else since.
func (op *operation) recorded(ctx context.Context, now *app.Record) (app.Record, bool) {
	if op.plan.Resumes == nil || op.wrote.Load() {
		return app.Record{}, false
	}
	records, err := op.engine.ports.History.Records(ctx, op.plan.App)
	if err != nil {
		return app.Record{}, false
	}
	i := slices.IndexFunc(records, func(r app.Record) bool {
		return r.Operation == now.Operation && r.Phase == now.Phase && len(r.Pushed) == len(now.Pushed)
	})
	if i < 0 {
		return app.Record{}, false
	}
	return records[i], true
}

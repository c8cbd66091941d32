package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// An operation whose process died or stood still for too long, or whose API server stayed away, leaves a journal without an end and,
// often, a status that says that it runs. Nobody holds its lock any more, which tells it from one that runs elsewhere. What it had done
// is done; it can be resumed, undone, or settled by whatever is done next. Only a hook that was begun and has no outcome cannot be
// judged: it is run again when a person says so, and automation leaves it alone.

// interruption describes what unfinished journals say; the zero interruption says that nothing was interrupted.
type interruption struct {
	message string
	// hook is true when a hook was begun whose outcome nobody knows.
	hook bool
	// deletion is what there is to say of a deletion among what was interrupted, the zero string where none is.
	deletion string
}

// says reports whether a status is to tell of an interrupted operation: of a journal, or of the state of one that says that it runs.
func (i interruption) says(s *app.Status) bool {
	return i.message != "" || s.OperationState != nil && !s.OperationState.Phase.Done()
}

// interruptionOf reads the journals of operations that nobody carries on.
func interruptionOf(journals []app.Journal) interruption {
	out := interruption{hook: len(plan.OpenHooks(journals)) > 0}
	var texts []string
	for _, j := range journals {
		if j.Head.Kind == app.KindDelete {
			out.deletion = deletionFailed(j.Head.By, "it was interrupted")
		}
		done := 0
		var unknown []object.Ref
		for _, e := range j.Last() {
			if e.Open() {
				unknown = append(unknown, e.Ref)
			} else {
				done++
			}
		}
		count := fmt.Sprint(done)
		if j.Head.Steps > 0 {
			count = fmt.Sprintf("%d of %d", done, j.Head.Steps)
		}
		text := fmt.Sprintf("the %s that %s began at %s was interrupted with %s steps done", j.Head.Kind, who(j.Head.By),
			j.Head.StartedAt.UTC().Format(time.RFC3339), count)
		sortRefs(unknown)
		for _, ref := range unknown {
			text += "; what became of " + ref.String() + " is not known"
		}
		for _, e := range j.Pushes() {
			switch {
			case e.Open():
				text += "; whether commit " + e.Pushed.Short() + " was pushed to " + e.Step + " is not known"
			case e.Mark == app.JournalDone:
				text += "; commit " + e.Pushed.Short() + " was pushed to " + e.Step
			}
		}
		texts = append(texts, text)
	}
	if len(texts) > 0 {
		key := journals[0].Head.App.String()
		out.message = strings.Join(texts, "; ") + "; " + remedyOfInterruption(key)
	}
	return out
}

// remedyOfInterruption says what can be done about an interrupted operation of an application.
func remedyOfInterruption(key string) string {
	return "wheelhouse app resume " + key + " does the rest, wheelhouse app undo " + key + " goes back, and a new sync, rollback or deletion settles it"
}

func who(by app.Initiator) string {
	if by.Automated {
		return "automation"
	}
	return by.Username
}

// interrupted looks for operations of an application that nobody carries on.
func (e *Engine) interrupted(ctx context.Context, en *entry, held bool) (interruption, bool) {
	en.mu.Lock()
	run := en.run
	en.mu.Unlock()
	if held || run != nil && !run.ended() {
		return interruption{}, false
	}
	journals, err := e.unfinished(ctx, en.key)
	if err != nil {
		e.opts.Log.Warn("journals not read", "app", en.key.String(), "error", err)
		return interruption{}, false
	}
	return interruptionOf(journals), true
}

// begun reports whether an operation of an application runs now, in any process. Where nobody can tell, one may.
func (e *Engine) begun(ctx context.Context, key app.Key) bool {
	_, held, err := e.ports.Locks.Holder(ctx, key)
	return held || err != nil
}

// unfinished returns the journals of an application that have no end, oldest first: those of interrupted operations,
// unless one runs.
func (e *Engine) unfinished(ctx context.Context, key app.Key) ([]app.Journal, error) {
	journals, err := e.ports.Journals.Open(ctx, key, "")
	if err != nil {
		return nil, fmt.Errorf("read journals of %s: %w", key, err)
	}
	return slices.DeleteFunc(journals, app.Journal.Ended), nil
}

// markInterrupted writes into a status what became of an interrupted operation.
func markInterrupted(s *app.Status, i interruption, now time.Time) {
	if op := s.OperationState; op != nil && !op.Phase.Done() {
		ended := *op
		ended.Phase, ended.FinishedAt = app.OperationError, &now
		ended.Message = "operation interrupted: the process that carried it out has ended"
		if r := op.Retrying; r != nil {
			// Nothing was under way: the attempt before had ended, and the next one is nobody's any more.
			ended.Phase, ended.Retrying = app.OperationFailed, nil
			ended.Message = fmt.Sprintf("not tried again: the process that waited for %s has ended; it had failed: %s", r, r.Why)
		}
		if i.hook {
			ended.Message = plan.InterruptedAtHook + ": look what it did, then sync again"
		}
		s.OperationState = &ended
	}
	conditions := said(s.Conditions, app.ConditionInterrupted, i.message)
	if i.deletion != "" && !s.HalfDeleted() {
		conditions = said(conditions, app.ConditionDeletionError, i.deletion)
	}
	s.Conditions = timed(s.Conditions, conditions, now)
}

// supersede records and drops what was interrupted before an operation that settles what that left open. One that failed settles it too,
// unless it did not come to a hook of which nobody knows what became of it.
func (op *operation) supersede(ctx context.Context, phase app.OperationPhase) error {
	if len(op.plan.Options.Resources) > 0 || op.plan.Options.DryRun {
		return nil
	}
	if phase != app.OperationSucceeded {
		journals, err := op.engine.ports.Journals.Open(ctx, op.plan.App, op.run.id)
		if err != nil {
			return fmt.Errorf("read journals of %s: %w", op.plan.App, err)
		}
		if !hooksEnded(plan.OpenHooks(journals), op.last()) {
			return nil
		}
	}
	return op.engine.giveUp(ctx, op.plan.App, op.run.id)
}

// hooksEnded reports whether all these hooks of interrupted operations have come to an end in a later one, whose last entries are these.
func hooksEnded(open, later []app.JournalEntry) bool {
	return !slices.ContainsFunc(open, func(o app.JournalEntry) bool {
		return !slices.ContainsFunc(later, func(l app.JournalEntry) bool { return l.Ref == o.Ref && l.Verb == o.Verb && !l.Open() })
	})
}

// giveUp records the interrupted operations of an application, but for one, and drops their journals. One that was
// recorded already, because its process died after that, is recorded once.
func (e *Engine) giveUp(ctx context.Context, key app.Key, except string) error {
	journals, err := e.ports.Journals.Open(ctx, key, except)
	if err != nil {
		return fmt.Errorf("read journals of %s: %w", key, err)
	}
	if len(journals) == 0 {
		return nil
	}
	records, err := e.ports.History.Records(ctx, key)
	if err != nil {
		return fmt.Errorf("read history of %s: %w", key, err)
	}
	var errs []error
	for _, j := range journals {
		if !slices.ContainsFunc(records, func(r app.Record) bool { return r.Operation == j.Head.ID }) {
			if _, err := e.ports.History.Append(ctx, interruptedRecord(j, e.opts.Clock.Now()), nil); err != nil {
				errs = append(errs, fmt.Errorf("keep record of the interrupted operation of %s: %w", key, err))
				continue
			}
		}
		errs = append(errs, e.ports.Journals.Remove(ctx, key, j.Head.ID))
	}
	return errors.Join(errs...)
}

// closeDeletions drops the journals of deletions of an application that had come to their end but for that: their process died when
// document and inventory were gone. They must not be resumed on another application of that name.
func (e *Engine) closeDeletions(ctx context.Context, key app.Key) error {
	journals, err := e.unfinished(ctx, key)
	if err != nil || len(journals) == 0 {
		return err
	}
	records, err := e.ports.History.Records(ctx, key)
	if err != nil {
		return fmt.Errorf("read history of %s: %w", key, err)
	}
	var errs []error
	for _, j := range journals {
		done := func(r app.Record) bool { return r.Operation == j.Head.ID && r.Phase == app.OperationSucceeded }
		if j.Head.Kind == app.KindDelete && slices.ContainsFunc(records, done) {
			errs = append(errs, e.ports.Journals.Remove(ctx, key, j.Head.ID))
		}
	}
	return errors.Join(errs...)
}

// interruptedRecord makes the record of an operation that nobody went on with.
func interruptedRecord(j app.Journal, now time.Time) app.Record {
	last := j.Last()
	ended := now
	if len(j.Entries) > 0 {
		ended = j.Entries[len(j.Entries)-1].Time
	}
	return app.Record{
		Operation: j.Head.ID, Retries: j.Head.Retries, Kind: j.Head.Kind, App: j.Head.App, StartedAt: j.Head.StartedAt, FinishedAt: ended,
		Phase: app.OperationError, Message: "interrupted: its process ended or stood still, or the API server stayed away", By: j.Head.By, Why: j.Head.Why,
		Commits: j.Head.Commits, Sources: j.Head.Sources, Results: earlierResults(last, nil), Objects: j.Head.Objects,
		Cluster: j.Head.Cluster, Created: createdBy(last), Pinned: j.Head.Pinned,
		Pushed: pushedBy(j),
	}
}

package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// An operation whose process died leaves a journal without an end and, often, a status that says that it runs. Nobody
// holds its lock any more, which tells it from one that runs elsewhere. What it had done is done; carrying out a new plan
// does the rest. Only a hook that was begun and has no outcome cannot be judged: automation leaves that to a person.

// interruption describes what unfinished journals say; the zero interruption says that nothing was interrupted.
type interruption struct {
	message string
	// hook is true when a hook was begun whose outcome nobody knows.
	hook bool
}

// interruptionOf reads the journals of operations that nobody carries on.
func interruptionOf(journals []app.Journal) interruption {
	var out interruption
	var texts []string
	for _, j := range journals {
		done, open := 0, map[string]app.JournalEntry{}
		for _, e := range j.Entries {
			switch e.Mark {
			case app.JournalIntended:
				open[e.Step] = e
			case app.JournalDone, app.JournalFailed:
				delete(open, e.Step)
				done++
			case app.JournalEnd:
			}
		}
		text := fmt.Sprintf("the %s that %s began at %s was interrupted with %d of its steps done", j.Head.Kind, who(j.Head.By),
			j.Head.StartedAt.UTC().Format(time.RFC3339), done)
		var unknown []object.Ref
		for _, e := range open {
			unknown = append(unknown, e.Ref)
			out.hook = out.hook || e.Verb == plan.RunHook.String()
		}
		sortRefs(unknown)
		for _, ref := range unknown {
			text += "; what became of " + ref.String() + " is not known"
		}
		texts = append(texts, text)
	}
	if len(texts) > 0 {
		out.message = strings.Join(texts, "; ") + "; a new sync, rollback or deletion settles it"
	}
	return out
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
	journals, err := e.ports.Journals.Open(ctx, en.key)
	if err != nil {
		e.opts.Log.Warn("journals not read", "app", en.key.String(), "error", err)
		return interruption{}, false
	}
	return interruptionOf(journals), true
}

// markInterrupted writes into a status what became of an interrupted operation.
func markInterrupted(s *app.Status, i interruption, now time.Time) {
	if op := s.OperationState; op != nil && !op.Phase.Done() {
		ended := *op
		ended.Phase, ended.FinishedAt = app.OperationError, &now
		ended.Message = "operation interrupted: the process that carried it out has ended"
		if i.hook {
			ended.Message = plan.InterruptedAtHook + ": look what it did, then sync again"
		}
		s.OperationState = &ended
	}
	var rest []app.Condition
	for _, c := range s.Conditions {
		if c.Type != app.ConditionInterrupted {
			rest = append(rest, c)
		}
	}
	if i.message != "" {
		rest = append(rest, app.Condition{Type: app.ConditionInterrupted, Message: i.message})
	}
	s.Conditions = timed(s.Conditions, rest, now)
}

// supersede drops the journals of interrupted operations after one that settles what they left open.
func (op *operation) supersede(ctx context.Context) error {
	if len(op.plan.Options.Resources) > 0 || op.plan.Options.DryRun {
		return nil
	}
	journals, err := op.engine.ports.Journals.Open(ctx, op.plan.App)
	if err != nil {
		return fmt.Errorf("read journals of %s: %w", op.plan.App, err)
	}
	var errs []error
	for _, j := range journals {
		if j.Head.ID != op.run.id {
			errs = append(errs, op.engine.ports.Journals.Remove(ctx, op.plan.App, j.Head.ID))
		}
	}
	return errors.Join(errs...)
}

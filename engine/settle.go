package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// settle does what a successful operation leaves to do outside the cluster: a rollback pins the application at its
// record, unless git says the same by now, an undo likewise or as it was pinned before, a deletion removes document and
// inventory.
func (op *operation) settle(ctx context.Context, record app.Record) error {
	e := op.engine
	if op.plan.Options.DryRun {
		return nil
	}
	switch op.plan.Kind {
	case app.KindRollback, app.KindUndo:
		return op.pinAt(ctx, op.pins(record))
	case app.KindDelete:
		if err := op.stillToRemove(ctx); err != nil {
			return err
		}
		err := e.ports.Store.Remove(ctx, op.plan.App)
		if errors.Is(err, app.ErrNotFound) {
			err = nil
		}
		if err = errors.Join(err, e.ports.Bindings.Forget(ctx, op.plan.App)); err != nil {
			return fmt.Errorf("remove application %s: %w", op.plan.App, err)
		}
		e.forget(op.plan.App)
		e.claim(ctx, op.plan.App, declared{})
		e.notify(app.Key{})
		return nil
	case app.KindSync:
		return nil
	}
	return nil
}

// stillToRemove refuses to remove the document of an application that somebody has made another one while its objects were deleted.
func (op *operation) stillToRemove(ctx context.Context) error {
	a, err := op.engine.ports.Store.Load(ctx, op.plan.App)
	if errors.Is(err, app.ErrNotFound) {
		return nil
	}
	changed := ""
	if err == nil {
		changed, err = op.plan.Changed(&a)
	}
	if err == nil && changed != "" {
		err = fmt.Errorf("somebody has changed %s meanwhile, and its document is kept", changed)
	}
	if err != nil {
		return fmt.Errorf("remove application %s: %w", op.plan.App, err)
	}
	return nil
}

// holds reports whether a rollback or an undo pins its application before anything is written. One that is pinned without an end is held
// already.
func (op *operation) holds() bool {
	back := op.plan.Kind == app.KindRollback || op.plan.Kind == app.KindUndo
	held := op.pinned.Record != "" && op.pinned.Until.IsZero()
	return back && !op.plan.Options.DryRun && op.plan.Pin.Record != "" && !held
}

// holdPin pins the application of a rollback or an undo before anything is written, without an end: one that fails or is cut short half-way
// would be brought to the commit of before by automation, at once or when the pin of before ends. See [operation.settle] for what stays.
func (op *operation) holdPin(ctx context.Context) error {
	if !op.holds() {
		return nil
	}
	return op.pinAt(ctx, app.Pin{
		Record: pinsAt(op.plan.Pin, op.run.id),
		Reason: fmt.Sprintf("the %s by %s has not succeeded", op.plan.Kind, op.principal.Name),
	})
}

// pinsAt is the record at which an operation pins, given its pin as planned and what it is known by itself: its own record, or its id
// while it has none.
func pinsAt(planned app.Pin, itself string) string {
	if planned.Record == plan.PinHere {
		return itself
	}
	return planned.Record
}

// pinnedBefore is the pin of before an interrupted operation, given the pin now: the operation has pinned by itself, and anything else
// somebody has pinned, or unpinned, since.
func pinnedBefore(head *app.JournalHead, now app.Pin) app.Pin {
	if now.Record != "" && now.Record == pinsAt(head.Pin, head.ID) {
		return head.Pinned
	}
	return now
}

// letGoOfPin puts the pin of before back where an operation has written nothing.
func (op *operation) letGoOfPin(ctx context.Context) error {
	if !op.holds() || slices.ContainsFunc(op.last(), mayHaveWritten) {
		return nil
	}
	return op.pinAt(ctx, op.pinned)
}

// mayHaveWritten reports whether a step with this last entry may have changed the cluster: each does that was begun and not refused, and a
// replacement may have deleted the old object before the new one was refused.
func mayHaveWritten(e app.JournalEntry) bool {
	return e.Mark != app.JournalFailed || verbOf(e) == plan.Replace
}

// errPinnedMeanwhile says that somebody has pinned, or unpinned, the application while the operation ran.
var errPinnedMeanwhile = errors.New("somebody has pinned or unpinned it meanwhile, and that stays")

// pinAt writes the application's pin, unless somebody else has pinned or unpinned it since the operation looked: who did knows more than
// its plan.
func (op *operation) pinAt(ctx context.Context, pin app.Pin) error {
	_, err := op.engine.ports.Store.Update(ctx, op.plan.App, func(a *app.Application) error {
		now := op.engine.opts.Clock.Now()
		if pinHeld(a, now) != holding(op.standing, now) {
			return errPinnedMeanwhile
		}
		setPin(a, pin)
		return nil
	})
	if err != nil {
		return fmt.Errorf("pin %s at %s: %w", op.plan.App, pin.Record, err)
	}
	op.standing = pin
	return nil
}

// pins is the pin that a rollback or an undo leaves, given its record; one that it puts back is as it was. An undo whose record could not
// be kept pins all the same, by the operation's id: automation would do again what was undone.
func (op *operation) pins(record app.Record) app.Pin {
	pin := op.plan.Pin
	if pin.Reason != "" {
		return pin
	}
	pin.Record = pinsAt(pin, orElse(record.ID, op.run.id))
	pin.Reason = whyPinned(&op.plan, op.principal.Name)
	if why := op.plan.Options.PinReason; why != "" {
		pin.Reason += ": " + why
	}
	for _, c := range op.pushed() {
		pin.Reason += "; commit " + c.Short() + " is on " + c.Revision
	}
	if op.plan.Unpins && op.run.Unpushed() == nil && len(leftOut(&op.plan)) == 0 {
		pin = app.Pin{}
	}
	if lasts := op.plan.Options.PinFor; lasts > 0 {
		pin.Until = op.engine.opts.Clock.Now().Add(lasts)
	}
	return pin
}

// whyPinned says why a rollback or an undo leaves its application pinned. The record of an undo that goes back to nothing is its own.
func whyPinned(p *plan.Plan, by string) string {
	switch {
	case p.Kind != app.KindUndo:
		return "rolled back to " + p.Record + " by " + by
	case p.Pin.Record == plan.PinHere:
		return "the operation before it was undone by " + by
	}
	return "the operation after it was undone by " + by
}

// historyEntry makes Argo CD's history entry of an operation: only of a successful, full, real sync or rollback.
func historyEntry(op *operation, state app.OperationState, s *app.Status) (app.RevisionRecord, bool) {
	o := op.plan.Options
	if state.Phase != app.OperationSucceeded || o.DryRun || len(o.Resources) > 0 || op.plan.Kind == app.KindDelete {
		return app.RevisionRecord{}, false
	}
	var id int64
	for _, h := range s.History {
		id = max(id, h.ID+1)
	}
	started, ended := state.StartedAt, *state.FinishedAt
	entry := app.RevisionRecord{
		ID: id, DeployStartedAt: &started, DeployedAt: &ended, InitiatedBy: initiator(op.principal),
		Revision: firstCommit(op.plan.Commits),
	}
	if len(op.plan.Sources) == 1 {
		entry.Source = &op.plan.Sources[0]
		return entry, true
	}
	entry.Revision, entry.Sources = "", op.plan.Sources
	for _, c := range op.plan.Commits {
		entry.Revisions = append(entry.Revisions, c.ID)
	}
	return entry, true
}

// appendHistory appends an entry and drops the oldest beyond the limit.
func appendHistory(history []app.RevisionRecord, entry app.RevisionRecord, limit int) []app.RevisionRecord {
	history = append(history, entry)
	if len(history) > limit {
		history = slices.Clone(history[len(history)-limit:])
	}
	return history
}

// historyLimit is the application's revisionHistoryLimit; 10 when it sets none, as in Argo CD. A document that somebody edits while an
// operation runs may have one below zero, which no command writes.
func historyLimit(e *Engine, key app.Key) int {
	if v, ok := e.View(key); ok && v.App.Spec.RevisionHistoryLimit != nil {
		return int(max(0, *v.App.Spec.RevisionHistoryLimit))
	}
	return 10
}

// syncCondition replaces the condition about the last sync. One of all objects that succeeded takes back that a deletion failed before it.
func syncCondition(conditions []app.Condition, op *operation, phase app.OperationPhase, message string) []app.Condition {
	conditions = slices.DeleteFunc(slices.Clone(conditions), func(c app.Condition) bool {
		return c.Type == app.ConditionSyncError || c.Type == app.ConditionInterrupted || c.Type == app.ConditionDeletionError && op.wantsAgain(phase)
	})
	if phase == app.OperationSucceeded || !op.principal.Automated {
		return conditions
	}
	now := op.engine.opts.Clock.Now()
	return append(conditions, app.Condition{
		Type: app.ConditionSyncError, LastTransitionTime: &now,
		Message: fmt.Sprintf("Failed last sync attempt to %s: %s", shortCommits(op.plan), message),
	})
}

func shortCommits(p plan.Plan) string {
	s := ""
	for i, c := range p.Commits {
		if i > 0 {
			s += ", "
		}
		s += c.Short()
	}
	return s
}

package engine

import (
	"context"
	"errors"
	"slices"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// A deletion leaves nothing in the state of operations of its application. That one failed or was interrupted is the condition
// DeletionError, and while that is there automation puts nothing back that was deleted.

// tellDeletion stores in the conditions why a deletion failed: the application is still there, and its last operation in the status is a
// sync. A released application has no status.
func (op *operation) tellDeletion(ctx context.Context, message string) {
	if op.plan.Kind != app.KindDelete || op.plan.Options.DryRun {
		return
	}
	e := op.engine
	status, err := e.ports.Store.UpdateStatus(ctx, op.plan.App, func(s *app.Status) {
		failed := said(s.Conditions, app.ConditionDeletionError, deletionFailed(initiator(op.principal), message))
		s.Conditions = timed(s.Conditions, failed, e.opts.Clock.Now())
	})
	if errors.Is(err, app.ErrNotFound) {
		return
	}
	if err != nil {
		e.opts.Log.Warn("status not written", "app", op.plan.App.String(), "error", err)
		return
	}
	e.entry(op.plan.App).change(func(v *View) { v.App.Status = status })
}

// deletionFailed says who wanted an application gone, and why it is not.
func deletionFailed(by app.Initiator, why string) string {
	return "the deletion by " + who(by) + " failed: " + why
}

// wantsAgain reports whether an operation that ended says that its application is to be there after all, whatever became of a deletion.
func (op *operation) wantsAgain(phase app.OperationPhase) bool {
	return phase == app.OperationSucceeded && len(op.plan.Options.Resources) == 0
}

// deletionBegun reports whether one of these operations is a deletion.
func deletionBegun(journals []app.Journal) bool {
	return slices.ContainsFunc(journals, func(j app.Journal) bool { return j.Head.Kind == app.KindDelete })
}

// forgiveDeletion takes back in the conditions that a deletion failed.
func (e *Engine) forgiveDeletion(ctx context.Context, key app.Key) error {
	_, err := e.ports.Store.UpdateStatus(ctx, key, func(s *app.Status) {
		s.Conditions = said(s.Conditions, app.ConditionDeletionError, "")
	})
	if errors.Is(err, app.ErrNotFound) {
		return nil // a released application has no status
	}
	return err
}

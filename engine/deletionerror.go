package engine

import (
	"context"
	"errors"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// tellDeletion stores in the conditions why a deletion failed: the application is still there, and its last operation in the status is a
// sync. The next operation that ends takes that back. A released application has no status.
func (op *operation) tellDeletion(ctx context.Context, phase app.OperationPhase, message string) {
	if op.plan.Kind != app.KindDelete || op.plan.Options.DryRun || phase == app.OperationSucceeded {
		return
	}
	e := op.engine
	status, err := e.ports.Store.UpdateStatus(ctx, op.plan.App, func(s *app.Status) {
		failed := said(s.Conditions, app.ConditionDeletionError, "the deletion by "+who(initiator(op.principal))+" failed: "+message)
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

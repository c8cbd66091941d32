package tui

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestASyncIsRetriedAsItsApplicationSays shows before the approval what becomes of a sync that fails.
func TestASyncIsRetriedAsItsApplicationSays(t *testing.T) {
	t.Parallel()
	retrying := func(limit int64) *fakeEngine {
		e := shop()
		e.views[payments(e)].App.Spec.SyncPolicy = &app.SyncPolicy{Retry: &app.Retry{Limit: limit}}
		return e
	}
	open(t, retrying(2), 140, 30).press("s").
		shows("note: a sync that fails is tried again, at most 2 times (spec.syncPolicy.retry); what is not shown here is not done then").
		press("S").acted("ada sync payments confirmed  retrying 2 with the newest true unseen false")
	open(t, retrying(0), 100, 30).press("s").hides("tried again").press("S").acted("ada sync payments confirmed ")
	open(t, retrying(2), 100, 30).press("x").hides("tried again")
}

// TestASyncOfNothingMendsWhatFailedAsAWhole plans where some objects were synced after a sync of all had come to an end.
func TestASyncOfNothingMendsWhatFailedAsAWhole(t *testing.T) {
	t.Parallel()
	since := func(phase app.OperationPhase) *fakeEngine {
		e := shop()
		st := &e.views[payments(e)].App.Status
		st.Attempted = &app.OperationState{Phase: phase, Operation: st.OperationState.Operation}
		st.OperationState = &app.OperationState{
			Phase:     app.OperationSucceeded,
			Operation: app.Operation{Sync: &app.SyncOperation{Resources: []object.Ref{ref("Service", "payments", "payments")}}, InitiatedBy: app.Initiator{Username: "ada"}},
		}
		e.plan.Steps, e.plan.Guards = nil, nil
		return e
	}
	open(t, since(app.OperationSucceeded), 140, 30).press("s").press("S").shows("there is nothing to do")
	open(t, since(app.OperationFailed), 140, 30).press("s").press("S").acted("ada sync payments confirmed ")
	notDeleted := since(app.OperationSucceeded)
	st := &notDeleted.views[payments(notDeleted)].App.Status
	st.Conditions = append(st.Conditions, app.Condition{Type: app.ConditionDeletionError, Message: "the deletion by ada failed"})
	open(t, notDeleted, 140, 30).press("s").press("S").acted("ada sync payments confirmed ")
}

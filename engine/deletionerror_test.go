package engine

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// statusStore holds the status of one application.
type statusStore struct {
	Store
	status app.Status
}

func (s *statusStore) UpdateStatus(_ context.Context, _ app.Key, change func(*app.Status)) (app.Status, error) {
	change(&s.status)
	return s.status, nil
}

// TestAFailedDeletionIsACondition ends operations, and reads what the status then says of a deletion that failed.
func TestAFailedDeletionIsACondition(t *testing.T) {
	t.Parallel()
	const earlier, failed = "the deletion by bob failed: earlier", "the deletion by ada failed: its hook failed"
	for name, c := range map[string]struct {
		kind   app.OperationKind
		phase  app.OperationPhase
		dryRun bool
		want   string
	}{
		"a deletion that failed says why":       {app.KindDelete, app.OperationFailed, false, failed},
		"one that succeeded has nothing to say": {app.KindDelete, app.OperationSucceeded, false, earlier},
		"a dry run says nothing":                {app.KindDelete, app.OperationFailed, true, earlier},
		"a sync takes back what it said":        {app.KindSync, app.OperationSucceeded, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &statusStore{status: app.Status{Conditions: []app.Condition{{Type: app.ConditionDeletionError, Message: earlier}}}}
			e := New(Ports{Store: store}, Options{})
			t.Cleanup(e.Close)
			op := &operation{engine: e, principal: app.Principal{Name: "ada"}, plan: plan.Plan{Kind: c.kind, Options: plan.Options{DryRun: c.dryRun}}}
			op.store(t.Context(), func(s *app.Status) { s.Conditions = syncCondition(s.Conditions, op, c.phase, "its hook failed") })
			op.tellDeletion(t.Context(), c.phase, "its hook failed")
			got := ""
			for _, condition := range store.status.Conditions {
				got += condition.Message
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("the conditions (-want +got):\n%s", d)
			}
		})
	}
}

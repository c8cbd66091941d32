package engine

import (
	"errors"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// TestAFailedComparisonIsNoNewerKnowledge keeps the time of the last one that did not fail.
func TestAFailedComparisonIsNoNewerKnowledge(t *testing.T) {
	t.Parallel()
	compared := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	failed := compared.Add(time.Hour)
	s := app.Status{ReconciledAt: &compared, Sync: app.SyncStatus{Status: app.Synced}, Health: app.Health{Status: app.Healthy}}
	statusFailed(&s, &examination{at: failed}, errors.New("no route to host"))
	if !s.ReconciledAt.Equal(compared) || s.Sync.Status != app.SyncUnknown || s.Health.Status != app.HealthUnknown {
		t.Errorf("the status is %+v", s)
	}
	if len(s.Conditions) != 1 || !s.Conditions[0].LastTransitionTime.Equal(failed) {
		t.Errorf("the conditions are %+v", s.Conditions)
	}
}

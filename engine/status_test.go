package engine

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
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

// TestConditionsKeepTheirPlaces has two parts of the engine say the same at look after look.
func TestConditionsKeepTheirPlaces(t *testing.T) {
	t.Parallel()
	refused, interrupted := plan.Decision{Blocked: "it is guarded"}, interruption{message: "the sync was interrupted"}
	s := app.Status{}
	markInterrupted(&s, interrupted, began)
	s.Conditions = told(s.Conditions, refused, began)
	before := s.Conditions
	for range 2 {
		markInterrupted(&s, interrupted, began.Add(time.Minute))
		s.Conditions = told(s.Conditions, refused, began.Add(time.Minute))
		if d := cmp.Diff(before, s.Conditions); d != "" || len(before) != 2 {
			t.Fatalf("the conditions have changed (-want +got):\n%s", d)
		}
		if again := told(s.Conditions, plan.Decision{Do: true}, began); !cmp.Equal(before, again) {
			t.Fatalf("they change when automation tries once more: %v", again)
		}
	}
}

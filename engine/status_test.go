package engine

import (
	"errors"
	"slices"
	"strings"
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
	later := compared.Add(time.Hour)
	s := app.Status{ReconciledAt: &compared, Sync: app.SyncStatus{Status: app.Synced}, Health: app.Health{Status: app.Healthy}}
	s.Resources = []app.ResourceStatus{
		{Name: "a", Status: app.Synced, Health: &app.Health{Status: app.Degraded, Message: "no image"}},
		{Name: "b", Status: app.OutOfSync, RequiresPruning: true},
		{Name: "hook", Hook: true},
	}
	before := slices.Clone(s.Resources)
	statusFailed(&s, &examination{at: later}, failed("live", app.ConditionComparisonError, errors.New("no route to host")))
	if !s.ReconciledAt.Equal(compared) || s.Sync.Status != app.SyncUnknown || s.Health.Status != app.HealthUnknown {
		t.Errorf("the status is %+v", s)
	}
	want := []app.ResourceStatus{
		{Name: "a", Status: app.SyncUnknown, Health: &app.Health{Status: app.HealthUnknown, Message: "was Degraded: no image"}},
		{Name: "b", Status: app.SyncUnknown, RequiresPruning: true},
		{Name: "hook", Hook: true},
	}
	if d := cmp.Diff(want, s.Resources); d != "" {
		t.Errorf("its objects (-want +got):\n%s", d)
	}
	if before[0].Health.Status != app.Degraded {
		t.Error("what others hold has changed")
	}
	if len(s.Conditions) != 1 || !s.Conditions[0].LastTransitionTime.Equal(later) {
		t.Errorf("the conditions are %+v", s.Conditions)
	}
}

// TestHealthThatCannotBeSeen says why, and no longer than it is so.
func TestHealthThatCannotBeSeen(t *testing.T) {
	t.Parallel()
	healthy := app.Health{Status: app.Healthy, Message: "as it was"}
	cut := failed("live", app.ConditionComparisonError, errors.New("no route to host"))
	git := failed("render", app.ConditionComparisonError, errors.New("no such file"))
	for name, c := range map[string]struct {
		failures []error
		want     app.HealthCode
		says     string
	}{
		"git cannot be rendered":         {[]error{git}, app.Healthy, "as it was"},
		"the cluster does not answer":    {[]error{cut}, app.HealthUnknown, "the cluster cannot be read"},
		"then git cannot be rendered":    {[]error{cut, git}, app.HealthUnknown, unseenSince},
		"then it does not answer again":  {[]error{cut, git, cut}, app.HealthUnknown, "the cluster cannot be read"},
		"the spec is not valid":          {[]error{failed("validate", app.ConditionInvalidSpec, errors.New("no path"))}, app.HealthUnknown, "the spec is not valid"},
		"another cluster has its name":   {[]error{failed("cluster", app.ConditionClusterChanged, ErrClusterChanged)}, app.HealthUnknown, "another cluster"},
		"no cluster has the name":        {[]error{failed("cluster", app.ConditionComparisonError, app.ErrNotFound)}, app.HealthUnknown, "the destination is not known"},
		"it cannot be asked which it is": {[]error{failed("cluster", app.ConditionComparisonError, errors.New("refused"))}, app.HealthUnknown, "the cluster cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := app.Status{Health: healthy}
			for _, failure := range c.failures {
				statusFailed(&s, &examination{at: began}, failure)
			}
			if s.Health.Status != c.want || !strings.Contains(s.Health.Message, c.says) {
				t.Errorf("its health is %s: %s", s.Health.Status, s.Health.Message)
			}
		})
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

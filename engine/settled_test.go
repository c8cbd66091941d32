package engine

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestAppliedIsNotSettled looks at an application after an operation: that has settled once it was seen healthy.
func TestAppliedIsNotSettled(t *testing.T) {
	t.Parallel()
	applied := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	later, before := applied.Add(time.Minute), applied.Add(-time.Minute)
	for name, c := range map[string]struct {
		observed int64
		op       *app.OperationState
		at       time.Time
		want     *time.Time
	}{
		"seen healthy":                 {2, &app.OperationState{Phase: app.OperationSucceeded, FinishedAt: &applied}, later, &later},
		"not healthy yet":              {1, &app.OperationState{Phase: app.OperationSucceeded, FinishedAt: &applied}, later, nil},
		"looked at before it ended":    {2, &app.OperationState{Phase: app.OperationSucceeded, FinishedAt: &applied}, before, nil},
		"settled before":               {1, &app.OperationState{Phase: app.OperationSucceeded, FinishedAt: &before, SettledAt: &applied}, later, &applied},
		"a failed one settles nothing": {2, &app.OperationState{Phase: app.OperationFailed, FinishedAt: &applied}, later, nil},
		"one that runs":                {2, &app.OperationState{Phase: app.OperationRunning}, later, nil},
		"a dry run": {
			2, &app.OperationState{Phase: app.OperationSucceeded, FinishedAt: &applied, Operation: app.Operation{Sync: &app.SyncOperation{DryRun: true}}}, later, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := deployment("web", 2, c.observed)
			x := accounted([]*unstructured.Unstructured{u}, map[object.Ref]*unstructured.Unstructured{object.Of(u): u}, []diff.Verdict{diff.InSync}, nil)
			x.at = c.at
			given := *c.op
			s := app.Status{OperationState: c.op}
			statusOf(&s, x)
			got := s.OperationState.SettledAt
			if (got == nil) != (c.want == nil) || got != nil && !got.Equal(*c.want) {
				t.Errorf("it settled at %v, want %v; health is %+v", got, c.want, s.Health)
			}
			if c.op.SettledAt != given.SettledAt {
				t.Error("the state that others share was changed")
			}
		})
	}
}

package engine

import (
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// TestWhatSomebodyLeavesAsItIsWasTerminated settles an interrupted sync of c1 while the status tells of one operation or another.
func TestWhatSomebodyLeavesAsItIsWasTerminated(t *testing.T) {
	t.Parallel()
	head := app.JournalHead{Kind: app.KindSync, Commits: []app.Commit{{ID: "c1"}}, Sources: []app.Source{{RepoURL: "https://git.example.com/shop"}}}
	before := began.Add(-time.Hour)
	state := func(kind app.OperationKind, phase app.OperationPhase, commit string) *app.OperationState {
		s := &app.OperationState{Phase: phase, Operation: app.Operation{Sync: &app.SyncOperation{Revision: commit}}, Message: "as it was", StartedAt: before}
		s.Operation.SetKind(kind)
		return s
	}
	stood := state(app.KindSync, app.OperationError, "c1")
	stood.FinishedAt, stood.SyncResult = &before, &app.SyncResult{Revision: "c1", Resources: []app.ResourceResult{{Kind: "ConfigMap", Name: "a"}}}
	for name, c := range map[string]struct {
		state     *app.OperationState
		is        bool
		ended     time.Time
		resources int
	}{
		"none":                                  {},
		"it still says that it runs":            {state: state(app.KindSync, app.OperationRunning, "c1"), is: true, ended: began},
		"it was seen to be interrupted":         {state: state(app.KindSync, app.OperationError, "c1"), is: true, ended: began},
		"it ended because its process stood":    {state: stood, is: true, ended: before, resources: 1},
		"another one of it has succeeded":       {state: state(app.KindSync, app.OperationSucceeded, "c1")},
		"one of another commit":                 {state: state(app.KindSync, app.OperationFailed, "c2")},
		"one of another kind":                   {state: state(app.KindRollback, app.OperationFailed, "c1")},
		"one that says nothing of what it does": {state: &app.OperationState{Phase: app.OperationFailed}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if is := isOf(c.state, &head); is != c.is {
				t.Fatalf("the status tells of it: %t", is)
			}
			if !c.is {
				return
			}
			got := discarded(c.state, &head, "ada", began)
			if got.Phase != app.OperationError || !plan.Terminated(got) || !got.FinishedAt.Equal(c.ended) {
				t.Errorf("it ended as %s at %s: %s", got.Phase, got.FinishedAt, got.Message)
			}
			if r := got.SyncResult; r.Revision != "c1" || len(r.Resources) != c.resources {
				t.Errorf("its result is %+v", r)
			}
			if c.state.Message != "as it was" {
				t.Errorf("the state of before now says %q", c.state.Message)
			}
		})
	}
}

package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestWhatBecameOfEveryStep ends an operation at a step that failed: the record says of those after it that they were not begun.
func TestWhatBecameOfEveryStep(t *testing.T) {
	t.Parallel()
	step := func(name string, v plan.Verb, reason string) plan.Step {
		return plan.Step{Ref: object.Ref{Kind: "ConfigMap", Namespace: "web", Name: name}, Verb: v, Reason: reason}
	}
	op := &operation{
		engine: &Engine{opts: Options{Clock: wall{}}}, run: &Run{},
		plan: plan.Plan{Steps: []plan.Step{
			step("done", plan.Create, "not there"), step("failed", plan.Change, "1 field differs"), step("next", plan.Create, "not there"),
			step("kept", plan.Keep, "not in git; prune is off"),
		}},
	}
	op.run.progress.Steps = []StepState{
		{State: StepDone, Message: "created"}, {State: StepFailed, Message: "denied"}, {State: StepPending}, {State: StepPending},
	}
	op.end(app.OperationFailed, "denied")
	got := map[string]string{}
	for _, r := range op.run.state.SyncResult.Resources {
		got[r.Name] = r.Status + ": " + r.Message
	}
	want := map[string]string{
		"done": "Synced: created", "failed": "SyncFailed: denied", "next": "SyncFailed: not begun", "kept": "PruneSkipped: not in git; prune is off",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

package tui

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// waitingFor is a shop whose first application waits for hooks.
func waitingFor(names ...string) *fakeEngine {
	e := shop()
	p := &engine.Progress{ID: "op-1", Phase: app.OperationRunning}
	for _, name := range names {
		u := &unstructured.Unstructured{}
		u.SetName(name)
		p.Plan.Steps = append(p.Plan.Steps, plan.Step{
			Ref: object.Ref{Group: "batch", Kind: "Job", Namespace: "payments", Name: name}, Verb: plan.RunHook, Hook: &plan.Hook{}, Desired: u,
		})
		p.Steps = append(p.Steps, engine.StepState{State: engine.StepWaiting})
	}
	e.views[payments(e)].Progress = p
	return e
}

func payments(e *fakeEngine) int {
	return slices.IndexFunc(e.views, func(v engine.View) bool { return v.App.Metadata.Name == "payments" })
}

func TestSkippingAHookAsksForItsReason(t *testing.T) {
	t.Parallel()
	c := open(t, waitingFor("migrate"), 100, 24)
	c.press("enter", "H").shows("Skip hook Job/payments/migrate?", "The hook itself goes on").press("enter", "right", "enter").shows("reason must not be empty").acted()
	c.press("esc", "H").write("stuck").press("enter", "enter").acted("ada skip Job/payments/migrate of payments because stuck")
}

func TestOneOfSeveralHooksIsSkipped(t *testing.T) {
	t.Parallel()
	c := open(t, waitingFor("migrate", "seed"), 100, 24)
	c.press("enter", "H").shows("Skip which hook?", "Job/payments/migrate", "Job/payments/seed")
	c.press("down", "enter").shows("Skip hook Job/payments/seed?").write("stuck").press("enter", "enter").acted("ada skip Job/payments/seed of payments because stuck")
}

func TestAHookThatDoesNotRunIsNotSkipped(t *testing.T) {
	t.Parallel()
	open(t, shop(), 100, 24).press("enter", "H").shows("cannot skip hook: no operation runs").acted()
	open(t, waitingFor(), 100, 24).press("enter", "H").shows("its operation waits for no hook").acted()
	open(t, waitingFor("migrate"), 100, 24).as(app.Principal{Name: "eve"}).press("enter", "H").shows(errViewer.Error()).acted()
}

// TestAHookOfAnotherProcessIsSkipped asks that process.
func TestAHookOfAnotherProcessIsSkipped(t *testing.T) {
	t.Parallel()
	elsewhere := func(names ...string) *fakeEngine {
		e := shop()
		e.views[payments(e)].Held = &app.Holder{Name: "bob", Front: "app sync"}
		for _, name := range names {
			e.elsewhere = append(e.elsewhere, object.Ref{Group: "batch", Kind: "Job", Namespace: "payments", Name: name})
		}
		return e
	}
	open(t, elsewhere("migrate"), 100, 24).press("enter", "H").shows("Skip hook Job/payments/migrate?").
		write("stuck").press("enter", "enter").acted("ada skip Job/payments/migrate of payments because stuck")
	open(t, elsewhere("migrate", "seed"), 100, 24).press("enter", "H").shows("Skip which hook?", "Job/payments/migrate", "Job/payments/seed").acted()
	open(t, elsewhere(), 100, 24).press("enter", "H").shows("no hook of payments runs").acted()
	open(t, elsewhere("migrate"), 100, 24).as(app.Principal{Name: "eve"}).press("enter", "H").shows(errViewer.Error()).acted()
	open(t, elsewhere(), 100, 24).press("enter", "X").shows("Terminate the operation of payments?").press("right", "enter").acted("terminate payments")
}

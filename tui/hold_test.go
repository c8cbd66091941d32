package tui

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func TestWhyLeadsToTheFirstCause(t *testing.T) {
	t.Parallel()
	for _, keys := range [][]string{{"i"}, {"enter", "i"}} {
		c := open(t, shop(), 80, 24)
		c.press(keys...).shows("payments ▸ why", "Pod/payments/payments-6c9d-xk2", "CrashLoopBackOff", "FATAL: DB_URL is empty").acted()
	}
}

func TestAPinAsksForItsReason(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 80, 24)
	c.press("K").shows("Pin payments?").press("enter", "enter", "right", "enter").shows("reason must not be empty").acted()
	c.press("esc", "K").write("sale").press("enter").write("soon").press("enter", "enter").shows(`"soon" is no length of time`).acted()
	c.press("esc", "K").write("sale").press("enter").write("72h").press("enter", "enter").acted("pin payments sale 72h0m0s")
}

func TestAPauseIsOfAutomationOnly(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 80, 24)
	c.press("Z").shows("it is not synced automatically").acted()
	c.press("esc", "/").write("gateway").press("enter", "Z").shows("Pause the automation of gateway?", "30m").
		press("enter", "enter", "enter").acted("pause gateway 30m0s ")
}

func TestAViewerNeitherPinsNorPauses(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 80, 24).as(app.Principal{Name: "eve"})
	c.press("K").shows(errViewer.Error()).acted()
	c.press("esc", "/").write("gateway").press("enter", "Z").shows(errViewer.Error()).acted()
}

func TestTheLastOperationIsNamed(t *testing.T) {
	t.Parallel()
	e := shop()
	for i := range e.views {
		if op := e.views[i].App.Status.OperationState; op != nil {
			op.Operation.SetKind(app.KindRollback)
		}
	}
	open(t, e, 120, 40).shows("back ✓ 5m")
}

func TestAutomationThatIsPausedInAClusterIsSaidAndGoesOn(t *testing.T) {
	t.Parallel()
	e := shop()
	e.views[0].App.Status.Conditions = []app.Condition{{Type: app.ConditionPaused, Message: "automation is paused in cluster prod-eu"}}
	c := open(t, e, 120, 40).shows("automation: paused in a cluster")
	c.press("/").write("gateway").press("enter", "Z").shows("Let automation go on in cluster prod-eu?")
	c.press("enter").acted()
	c.press("Z", "right", "enter").acted("go on in prod-eu")
}

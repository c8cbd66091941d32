package tui

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

func TestAnActionIsChosenCheckedAndConfirmed(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 120, 40)
	c.press("enter", "j", "a").shows("Actions of Deployment/payments/payments", "restart", "it is not paused")
	c.write("restart").press("enter").shows("restart Deployment/payments/payments?", "does restart").acted()
	c.press("enter").hides("does restart").acted()
	c.press("a").write("restart").press("enter", "right", "enter").acted("ada does restart  Deployment/payments/payments")
}

func TestAnActionAsksForItsValues(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 120, 40)
	c.press("enter", "j", "a").write("scale").press("enter").shows("number of replicas", "3")
	c.press("backspace").write("7").press("enter", "enter").shows("does scale 7").acted()
	c.press("right", "enter").acted("ada does scale 7 Deployment/payments/payments")
}

func TestDeletingAnObjectWantsItsName(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 120, 40)
	c.press("enter", "j", "a").write("delete").press("enter", "enter", "enter", "enter").shows("type payments")
	c.press("enter").shows("that is not payments").acted()
	c.write("payments").press("enter").acted("ada does delete  Deployment/payments/payments")
}

func TestDeletingWhatHoldsMoreSaysWhatGoesWithIt(t *testing.T) {
	t.Parallel()
	e := shop()
	e.lost = []plan.Guard{{Name: "prune:Deployment/payments/payments", Message: "deletes Deployment/payments/payments with everything in it"}}
	c := open(t, e, 120, 40)
	c.press("enter", "j", "a").write("delete").press("enter", "enter", "enter", "enter")
	c.shows("It deletes Deployment/payments/payments with everything in it.", "type payments").press("enter").acted()
	c.write("payments").press("enter").acted("ada does delete  Deployment/payments/payments prune:Deployment/payments/payments")
}

func TestScalingWhatLosesClaimsWantsItsName(t *testing.T) {
	t.Parallel()
	e := shop()
	e.lost = []plan.Guard{{Name: "scale:StatefulSet/payments/payments", Message: "scales it down and deletes its claims"}}
	c := open(t, e, 120, 40)
	c.press("enter", "j", "a").write("scale").press("enter").press("backspace").write("1").press("enter", "enter")
	c.shows("It scales it down and deletes its claims.", "type payments").press("enter").acted()
	c.write("payments").press("enter").acted("ada does scale 1 Deployment/payments/payments scale:StatefulSet/payments/payments")
}

func TestAViewerIsToldWhyAnActionIsNotForHim(t *testing.T) {
	t.Parallel()
	e := shop()
	c := open(t, e, 160, 40).as(app.Principal{Name: "eve"})
	c.press("enter", "j", "a").shows(errViewer.Error())
	c.write("restart").press("enter").acted()
}

func TestUndoAndContinueArePlansToo(t *testing.T) {
	t.Parallel()
	e := shop()
	c := open(t, e, 120, 40)
	c.press("u").shows("payments ▸ undo").press("S").acted("ada undo payments confirmed ")
	c.press("esc", "C").shows("none of its operations was interrupted")
}

// TestAPlanWithoutStepsSaysWhatTheClusterIsLike looks at plans that go by git, by a record, and by nothing.
func TestAPlanWithoutStepsSaysWhatTheClusterIsLike(t *testing.T) {
	t.Parallel()
	for key, says := range map[string]map[string]string{
		"s": {"r1": "Nothing to do: the cluster is as git has it."},
		"u": {
			"r1": "Nothing to undo in the cluster: it is as r1, the record of before, has it.",
			"":   "Nothing to undo in the cluster: it has nothing that the operation created.",
		},
	} {
		for record, text := range says {
			e := shop()
			e.plan.Steps, e.plan.Guards, e.plan.Record = nil, nil, record
			open(t, e, 120, 40).press(key).shows(text)
		}
	}
}

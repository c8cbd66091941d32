package tui

import (
	"errors"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
)

func TestASyncIsPlannedWithOneKeyAndAppliedWithAnother(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 120, 40)
	c.press("s", "s").shows("1 create").acted()
	c.press("S").acted("ada sync payments confirmed ")
}

func TestAFastSecondPressDoesNothing(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 120, 40)
	c.press("s")
	c.hold = true
	c.press("S", "S", "S").shows("the plan has been approved")
	c.release()
	c.press("S").acted("ada sync payments confirmed ")
}

func TestAKeyBeforeThePlanIsThereAppliesNothing(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 120, 40)
	c.hold = true
	c.press("s")
	// The screen is open, its plan is held back.
	c.press("S").shows("the plan is still being made")
	c.release()
	c.acted()
}

func TestAGuardedStepWantsItsObjectsName(t *testing.T) {
	t.Parallel()
	e := shop()
	e.plan = guardedPlan()
	c := open(t, e, 120, 40)
	c.press("s", "S").shows("deletes PersistentVolumeClaim/payments/cache-0", "type cache-0")
	c.press("enter").shows("that is not cache-0").acted()
	c.write("cache-1").press("enter").shows("that is not cache-0").acted()
	c.press("backspace").write("0").press("enter")
	c.acted("ada sync payments confirmed prune:PersistentVolumeClaim/payments/cache-0")
}

func TestAGuardedStepThatIsLeftOutAsksNothing(t *testing.T) {
	t.Parallel()
	e := shop()
	e.plan = guardedPlan()
	c := open(t, e, 120, 40)
	c.press("s", "G", "space", "S")
	c.acted("ada sync payments confirmed prune:PersistentVolumeClaim/payments/cache-0 without PersistentVolumeClaim/payments/cache-0")
}

func TestLeavingAQuestionApprovesNothing(t *testing.T) {
	t.Parallel()
	e := shop()
	e.plan = guardedPlan()
	c := open(t, e, 120, 40)
	c.press("s", "S").write("cache-0").press("esc").acted()
	c.press("S", "down", "enter").hides("type cache-0").acted()
}

func TestAPastedNewlineConfirmsNothing(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 120, 40)
	c.press("x", "S").shows("type payments")
	c.send(tea.PasteMsg{Content: "payments\n"})
	c.shows("type payments: payments").acted()
	c.press("enter").acted("ada delete payments confirmed ")

	// A terminal that does not announce what is pasted sends it as keys, faster than anybody types.
	c = open(t, shop(), 120, 40)
	c.press("x", "S")
	c.step = 0
	c.write("payments").press("enter").shows("a pasted newline does not count").acted()
}

func TestADialogBeginsOnCancel(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 120, 40)
	c.press("A").shows("Sync payments automatically?")
	c.press("enter").hides("Sync payments automatically?").acted()
	c.press("A", "right", "enter").acted("automate payments")
}

func TestWhoMayOnlyLookIsToldSo(t *testing.T) {
	t.Parallel()
	viewer := app.Principal{Name: "eve", Role: app.Viewer, Denied: "started with --read-only"}
	c := open(t, shop(), 120, 40).as(viewer)
	c.shows("read-only")
	c.press("s", "S").shows("not allowed").acted()
	c.press("esc", "esc", "A").shows("not allowed").acted()
	c.press("x", "S").shows("not allowed").acted()
	c.press("esc", "esc", "e", "end").write("0").press("ctrl+s").shows("not allowed").acted()
	c.press("ctrl+g").shows("not allowed").acted()
}

func TestAnOperatorIsToldWhatIsForAdministrators(t *testing.T) {
	t.Parallel()
	e := shop()
	c := open(t, e, 160, 40).as(app.Principal{Name: "eve", Role: app.Operator, Denied: "started with --role operator"})
	c.shows("operator   automation: this console")
	c.press("x", "S").shows("delete an application: not allowed: needs the role admin").acted()
	c.press("esc", "esc", "enter", "j", "a").shows("restart", "needs the role admin").write("delete").press("enter").acted()
	c.press("esc", "esc", "s", "S").acted("eve sync payments confirmed ")
	c = open(t, e, 70, 20).as(app.Principal{Name: "eve", Role: app.Operator})
	c.shows("operator").hides("automation: this console")
}

func TestTheErrorOfAnActStaysUntilItIsDismissed(t *testing.T) {
	t.Parallel()
	e := shop()
	e.actErr = errors.New("sync payments: another operation runs")
	c := open(t, e, 120, 40)
	c.press("s", "S").shows("another operation runs")
	c.press("j", "k").shows("another operation runs")
	c.send(screen.Notice{Text: "sent to the terminal"})
	c.shows("another operation runs")
	c.press("esc").hides("another operation runs").shows("plan")
	c.press("@").shows("another operation runs", "sent to the terminal")
}

func TestAReplyToAScreenThatWasLeftIsDropped(t *testing.T) {
	t.Parallel()
	e := shop()
	c := open(t, e, 120, 40)
	c.hold = true
	c.press("enter")
	late := c.held
	c.held = nil
	c.hold = false
	c.press("esc").press("down", "enter").shows("payments-worker")
	e.tree = nil
	c.press("ctrl+r")
	for _, cmd := range late {
		c.run(cmd)
	}
	c.shows("payments-worker")
}

func TestAnOlderReplyNeverReplacesANewerOne(t *testing.T) {
	t.Parallel()
	e := shop()
	e.preview = func(text string) engine.ValuesPreview {
		return engine.ValuesPreview{Result: app.ValuesResult{Problems: []app.Problem{{Line: 1, Message: "seen: " + strings.Split(text, "\n")[0]}}}}
	}
	c := open(t, e, 120, 40)
	c.press("e")
	c.hold = true
	c.write("a")
	older := c.held
	c.held = nil
	c.write("b")
	c.release()
	c.shows("seen: ab")
	for _, cmd := range older {
		c.run(cmd)
	}
	c.shows("seen: ab")
}

// Two applications of one name in two namespaces are two applications.
func TestAnActHitsTheApplicationUnderTheCursor(t *testing.T) {
	t.Parallel()
	e := shop()
	e.views = []engine.View{
		view("web", func(v *engine.View) { v.App.Metadata.Namespace = "team-a" }),
		view("web", func(v *engine.View) { v.App.Metadata.Namespace = "team-b" }),
	}
	c := open(t, e, 120, 40)
	c.press("down", "s").shows("team-b/web")
	c.press("S").acted("ada sync team-b/web confirmed ")
}

func TestTheCursorStaysOnItsApplicationWhenRowsMove(t *testing.T) {
	t.Parallel()
	e := shop()
	c := open(t, e, 120, 40)
	c.press("G").shows("▌gateway")
	e.mu.Lock()
	for i := range e.views {
		if e.views[i].App.Metadata.Name == "gateway" {
			e.views[i].App.Status.Health.Status = app.Degraded
			e.views[i].App.Status.Sync.Status = app.OutOfSync
		}
	}
	e.mu.Unlock()
	c.send(changed{keys: []app.Key{{Name: "gateway"}}})
	c.shows("▌gateway").press("s").shows("gateway ▸ plan")
}

func TestEscNeverQuits(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 120, 40)
	c.press("enter", "d", "esc", "esc", "esc", "esc").shows("Applications")
	if c.quit {
		t.Fatal("esc quit the console")
	}
	if c.press("q"); !c.quit {
		t.Fatal("q did not quit at the top")
	}
}

func TestQuittingAsksWhileAnOperationRuns(t *testing.T) {
	t.Parallel()
	e := shop()
	e.views[0].Progress = &engine.Progress{Phase: app.OperationRunning, Plan: shopPlan()}
	c := open(t, e, 120, 40)
	c.press("q").shows("Quit while an operation runs?", "gateway")
	if c.press("enter"); c.quit {
		t.Fatal("enter on the question quit")
	}
	if c.press("ctrl+c", "right", "enter"); !c.quit {
		t.Fatal("the accepted question did not quit")
	}
}

func TestAWindowTooSmallToReadActsOnNothing(t *testing.T) {
	t.Parallel()
	c := open(t, shop(), 30, 5)
	c.press("s", "S", "x", "S", "A", "right", "enter").acted()
	if len(c.m.stack) != 1 {
		t.Error("a screen was opened that nobody can see")
	}
}

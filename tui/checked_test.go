package tui

import "testing"

func TestScreensSayHowWhatTheyShowWasChecked(t *testing.T) {
	t.Parallel()
	e := shop()
	e.plan.Steps[0].Diff.Unchecked = "a hook is created when its turn comes"
	e.plan.Steps[0].Diff.Ref = e.plan.Steps[0].Ref
	e.diffs[0].Unchecked = "the server was not asked: no right"
	c := open(t, e, 120, 40)
	c.press("s").shows("the server checked 1 step in 400 ms, 1 not checked", "not checked: a hook is created when its turn comes")
	c.press("esc", "d").shows("not checked: the server was not asked: no right")
}

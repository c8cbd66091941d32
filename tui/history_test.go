package tui

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func TestAnyTwoRecordsAreCompared(t *testing.T) {
	t.Parallel()
	e := shop()
	third := e.records[0]
	third.ID = "r3"
	e.records = append([]app.Record{third}, e.records...)
	c := open(t, e, 80, 24)
	c.press("R", "d").shows("r2 → r3").press("esc")
	c.press("space").shows("r3•").press("G", "d").shows("r1 → r3").press("esc")
	c.press("g", "space").hides("r3•").press("j", "d").shows("r1 → r2")
}

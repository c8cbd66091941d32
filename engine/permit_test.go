package engine

import (
	"errors"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

func TestGuardsThatAreOpen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		refuse, left, dryRun bool
		confirmed            []string
		open                 bool
	}{
		"one that nobody confirmed":          {open: true},
		"another was confirmed":              {confirmed: []string{"prune:b"}, open: true},
		"one that was confirmed":             {confirmed: []string{"prune:a"}},
		"one of a step that is left out":     {left: true},
		"one of a dry run":                   {dryRun: true},
		"one that refuses":                   {refuse: true, confirmed: []string{"prune:a"}, open: true},
		"one that refuses a dry run as well": {refuse: true, dryRun: true, open: true},
	} {
		p := &plan.Plan{
			Steps: []plan.Step{{ID: "a", Left: c.left}}, Guards: []plan.Guard{{Name: "prune:a", Step: "a", Refuse: c.refuse}},
			Options: plan.Options{DryRun: c.dryRun},
		}
		if open := errors.Is(guarded(p, c.confirmed), ErrGuarded); open != c.open {
			t.Errorf("%s: open is %t", name, open)
		}
	}
}

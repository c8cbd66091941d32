package conformance

import (
	"context"
	"strings"
	"sync"
	"testing"
)

// fixture is something that a tool and wheelhouse render.
type fixture struct {
	name         string
	theirs, ours func(ctx context.Context) outcome
}

// conform renders fixtures both ways. At least so many must render to the same objects: a walk that finds nothing has
// shown nothing.
func conform(t *testing.T, kind string, least int, fixtures []fixture) {
	t.Helper()
	var mu sync.Mutex
	ran, agreed, objects := 0, 0, 0
	t.Run("fixtures", func(t *testing.T) {
		for _, f := range fixtures {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				theirs, ours := f.theirs(t.Context()), f.ours(t.Context())
				diff := difference(theirs, ours)
				if diff != "" {
					diff = difference(steady(theirs, f.theirs(t.Context()), ours))
				}
				reason, listed := differences[kind+"/"+f.name]
				switch {
				case diff != "" && !listed:
					t.Error(diff)
				case diff == "" && listed:
					t.Errorf("it does not differ any more: take its row out of the table (%s)", reason)
				}
				mu.Lock()
				defer mu.Unlock()
				ran++
				if diff == "" && theirs.err == nil {
					agreed, objects = agreed+1, objects+len(theirs.objects)
				}
			})
		}
	})
	if ran != len(fixtures) {
		// Only some were asked for.
		return
	}
	t.Logf("%d fixtures: %d render to the same %d objects", ran, agreed, objects)
	if agreed < least {
		t.Errorf("%d fixtures render to the same, want at least %d", agreed, least)
	}
	have := map[string]bool{}
	for _, f := range fixtures {
		if have[f.name] {
			t.Errorf("two fixtures are called %s", f.name)
		}
		have[f.name] = true
	}
	for name := range differences {
		if own, ok := strings.CutPrefix(name, kind+"/"); ok && !have[own] {
			t.Errorf("the table has a row for %s, and there is no such fixture", name)
		}
	}
}

package plan_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

func TestManyDriftsAtOnceBreak(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		applications, drifted int
		// apart is the time between two drifts.
		apart  time.Duration
		breaks bool
	}{
		"a fifth does not":                       {20, 4, time.Second, false},
		"more than a fifth does":                 {20, 5, time.Second, true},
		"one after another over minutes do not":  {20, 10, 30 * time.Second, false},
		"one of one does not":                    {1, 1, 0, false},
		"two of four do not":                     {4, 2, 0, false},
		"three of four do":                       {4, 3, 0, true},
		"three of fifteen do not":                {15, 3, 0, false},
		"three of fourteen do":                   {14, 3, 0, true},
		"all of a hundred do":                    {100, 100, 0, true},
		"the last within the minute count alone": {10, 6, 25 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := plan.Drifts{}
			now := time.Unix(1_700_000_000, 0)
			for i := range c.drifted {
				if i > 0 {
					now = now.Add(c.apart)
				}
				d.Add(app.Key{Name: fmt.Sprint(i)}, now)
			}
			if why := d.Breaks(c.applications, now); (why != "") != c.breaks {
				t.Errorf("it says %q", why)
			}
			if why := d.Breaks(c.applications, now.Add(2*time.Minute)); why != "" {
				t.Errorf("two minutes later it says %q", why)
			}
		})
	}
	t.Run("an application that drifts again and again counts once", func(t *testing.T) {
		t.Parallel()
		d := plan.Drifts{}
		for range 10 {
			d.Add(app.Key{Name: "web"}, time.Unix(1_700_000_000, 0))
		}
		if why := d.Breaks(5, time.Unix(1_700_000_000, 0)); why != "" {
			t.Errorf("it says %q", why)
		}
	})
}

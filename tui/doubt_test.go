package tui

import (
	"errors"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
)

const refused = "read live objects of prod-eu: connection refused"

// fail has payments be as after a refresh that could not reach its cluster.
func (f *fakeEngine) fail() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.views {
		if v := &f.views[i]; v.App.Metadata.Name == "payments" {
			v.App.Status.Sync.Status, v.App.Status.Health.Status = app.SyncUnknown, app.HealthUnknown
			v.App.Status.Conditions = []app.Condition{
				{Type: app.ConditionComparisonError, Message: refused}, {Type: app.ConditionSyncError, Message: "no port is free"},
			}
			v.Knowledge.Err, v.Knowledge.AsOf = errors.New("dial tcp: connection refused"), noon.Add(-4*time.Minute)
		}
	}
}

func TestDifferencesOfAnUnknownApplicationAreOld(t *testing.T) {
	t.Parallel()
	for name, diffs := range map[string][]diff.Diff{"nothing differed": nil, "something differed": shop().diffs} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := shop()
			e.diffs = diffs
			e.fail()
			c := open(t, e, 120, 40)
			old := func() {
				t.Helper()
				c.shows("? Unknown  as last compared 5m ago", "ComparisonError: "+refused,
					"the cluster cannot be reached: dial tcp: connection refused; last heard of 4m ago").hides("Nothing differs.", "no port is free")
			}
			c.press("d")
			old()
			c.press("ctrl+r")
			old()
			if diffs == nil {
				c.shows("Nothing differed then.")
			} else {
				c.shows(".spec.replicas 3 → 5")
			}
		})
	}
}

// TestDifferencesAreAskedForAnew has the key on the differences do what its help says: git and the cluster are asked.
func TestDifferencesAreAskedForAnew(t *testing.T) {
	t.Parallel()
	e := shop()
	e.diffs = nil
	e.fail()
	c := open(t, e, 120, 40)
	c.press("d").shows("Nothing differed then.")
	c.hold = true
	c.press("ctrl+r").shows("refreshing", "Nothing differed then.")
	e.views, e.diffs = shop().views, shop().diffs
	c.release()
	c.acted("refresh payments").shows(".spec.replicas 3 → 5").hides("refreshing", "as last compared")

	e.actErr = errors.New("the cluster is away")
	c.press("ctrl+r").shows("the cluster is away", ".spec.replicas 3 → 5")
	c.press("esc", "esc", "R", "d", "ctrl+r").shows("r1 → r2").acted("refresh payments", "refresh payments")
}

func TestFieldsBesideOldDifferencesAreOldToo(t *testing.T) {
	t.Parallel()
	e := edited()
	e.diffs = nil
	c := open(t, e, 120, 40)
	c.press("d").shows("Nothing differs.", "5 fields that git does not name").hides("as last compared")
	e.fail()
	c.shows("? Unknown  as last compared 5m ago", "Nothing differed then.", "5 fields that git does not name").hides("Nothing differs.")
}

// TestAClusterThatCannotBeReachedIsNeverGreen is about the time before anything was compared again.
func TestAClusterThatCannotBeReachedIsNeverGreen(t *testing.T) {
	t.Parallel()
	e := shop()
	e.diffs = nil
	v := &e.views[payments(e)]
	v.App.Status.Sync.Status, v.Knowledge.Err = app.Synced, errors.New("dial tcp: connection refused")
	c := open(t, e, 120, 40)
	c.press("d").shows("the cluster cannot be reached", "Nothing differed then.").hides("Nothing differs.")
}

func TestRecordsAreNeverOld(t *testing.T) {
	t.Parallel()
	e := shop()
	e.diffs = nil
	e.fail()
	open(t, e, 120, 40).press("R", "d").shows("Nothing differs.").hides("as last compared")
}

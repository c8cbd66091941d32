package tui

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// TestASyncIsRetriedAsItsApplicationSays shows before the approval what becomes of a sync that fails.
func TestASyncIsRetriedAsItsApplicationSays(t *testing.T) {
	t.Parallel()
	retrying := func(limit int64) *fakeEngine {
		e := shop()
		e.views[payments(e)].App.Spec.SyncPolicy = &app.SyncPolicy{Retry: &app.Retry{Limit: limit}}
		return e
	}
	open(t, retrying(2), 140, 30).press("s").
		shows("note: a sync that fails is tried again, at most 2 times (spec.syncPolicy.retry); what is not shown here is not done then").
		press("S").acted("ada sync payments confirmed  retrying 2 with the newest true unseen false")
	open(t, retrying(0), 100, 30).press("s").hides("tried again").press("S").acted("ada sync payments confirmed ")
	open(t, retrying(2), 100, 30).press("x").hides("tried again")
}

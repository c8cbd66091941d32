package widget_test

import (
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

func TestHowOldIsWhatIsKnownOfACluster(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	compared := now.Add(-2 * time.Hour)
	for want, v := range map[string]engine.View{
		"last heard of 5m ago":   {Knowledge: object.Knowledge{AsOf: now.Add(-5 * time.Minute)}, App: app.Application{Status: app.Status{ReconciledAt: &compared}}},
		"last compared 2h ago":   {App: app.Application{Status: app.Status{ReconciledAt: &compared}}},
		"last heard of just now": {Knowledge: object.Knowledge{AsOf: now.Add(-5 * time.Second)}},
		"never heard of":         {},
	} {
		if got := widget.Heard(v, now); got != want {
			t.Errorf("it is %q, want %q", got, want)
		}
	}
}

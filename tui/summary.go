package tui

import (
	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
)

// summary counts applications for the header.
type summary struct {
	all, synced, outOfSync, unknown, unhealthy, busy int
	// halted is true when automation is paused in a whole cluster.
	halted bool
}

func sum(e screen.Engine) summary {
	var s summary
	for _, v := range e.Views() {
		s.all++
		s.halted = s.halted || screen.Halted(v)
		switch v.App.Status.Sync.Status {
		case app.Synced:
			s.synced++
		case app.OutOfSync:
			s.outOfSync++
		case app.SyncUnknown, "":
			s.unknown++
		}
		switch v.App.Status.Health.Status {
		case app.Degraded:
			s.unhealthy++
		case app.Progressing:
			s.busy++
		case app.Healthy, app.Suspended, app.Missing, app.HealthUnknown:
		}
	}
	s.all += len(e.Broken())
	s.unhealthy += len(e.Broken())
	return s
}

// automation says who syncs and heals automated applications, at length and in short.
func automation(a engine.AutomationState, halted bool) []string {
	switch {
	case halted:
		return []string{"automation: paused in a cluster", "auto: paused"}
	case a.Ours:
		return []string{"automation: this console", "auto: here"}
	case a.Held:
		return []string{"automation: " + a.Holder.String(), "auto: elsewhere"}
	}
	return []string{"automation: nobody heals", "auto: nobody"}
}

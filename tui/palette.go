package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/tui/action"
	"github.com/wheelhouse-gitops/wheelhouse/tui/overlay"
)

// entries are what the palette offers: the acts of the screen that neither move nor write at once, and the applications.
func (m *model) entries() []overlay.Entry {
	var out []overlay.Entry
	for _, a := range action.For(m.front().Kind()) {
		if a.Danger == action.Write || a.ID == action.Palette || action.Motion(a.ID, 1) != 0 {
			continue
		}
		out = append(out, overlay.Entry{
			Title: a.Title, Note: a.Key(m.front().Kind()), Why: m.why(a.ID), Run: func() tea.Cmd { return m.act(a.ID) },
		})
	}
	for _, v := range m.env.Engine.Views() {
		key := v.App.Key()
		out = append(out, overlay.Entry{
			Title: "open " + key.String(), Note: string(v.App.Status.Sync.Status) + " " + string(v.App.Status.Health.Status),
			Run: func() tea.Cmd { return openDetail(m.env, key) },
		})
	}
	return out
}

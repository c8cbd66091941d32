package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/tui/action"
	"github.com/wheelhouse-gitops/wheelhouse/tui/overlay"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// The smallest window in which screens are drawn.
const (
	leastWidth  = 40
	leastHeight = 10
)

// noticeLines is how many lines an error may take before it must be opened to be read in full.
const noticeLines = 4

func (m *model) tiny() bool { return m.w < leastWidth || m.h < leastHeight }

// View draws the window.
func (m *model) View() tea.View {
	v := tea.NewView("")
	v.AltScreen = true
	v.WindowTitle = "wheelhouse"
	if m.quitting {
		v.AltScreen = false
		return v
	}
	lines, cursor := m.draw()
	v.SetContent(strings.Join(lines, "\n"))
	v.Cursor = cursor
	return v
}

// draw returns exactly the window's lines, and where the terminal's cursor belongs.
func (m *model) draw() ([]string, *tea.Cursor) {
	if m.w <= 0 || m.h <= 0 {
		return nil, nil
	}
	l := m.env.Look
	if m.tiny() {
		return m.drawTiny(), nil
	}
	below := m.footer()
	height := m.h - 1 - len(below)
	body := l.Pad(m.front().Draw(m.w, height), m.w, height)
	var cursor *tea.Cursor
	if t, ok := m.front().(screen.Typist); ok {
		cursor = t.Cursor()
	}
	if m.overlay != nil {
		body, below, cursor = m.drawOverlay(body, below, height)
	}
	if cursor != nil {
		cursor.Y++
	}
	return append(append([]string{m.header()}, body...), below...), cursor
}

// drawOverlay lays the overlay over the screen. The line of a filter takes the place of the footer.
func (m *model) drawOverlay(body, below []string, height int) ([]string, []string, *tea.Cursor) {
	cursor := m.overlay.Cursor
	if f, ok := m.overlay.(*overlay.FilterLine); ok {
		below = append(below[:len(below)-1:len(below)-1], f.Draw(m.env.Look, m.w, 1)...)
		c := cursor()
		if c != nil {
			c.Y += height + len(below) - 1
		}
		return body, below, c
	}
	box := m.overlay.Draw(m.env.Look, m.w, height)
	body, x, y := overlay.Over(body, box, m.w, height)
	c := cursor()
	if c != nil {
		c.X, c.Y = c.X+x, c.Y+y
	}
	return body, below, c
}

// drawTiny draws one plain line where there is room for no more.
func (m *model) drawTiny() []string {
	s := m.summary
	text := fmt.Sprintf("%d apps ~%d x%d; wheelhouse needs %dx%d", s.all, s.outOfSync, s.unhealthy, leastWidth, leastHeight)
	return m.env.Look.Pad([]string{text}, m.w, m.h)
}

// header is the first line: the place, what there is, who automates.
func (m *model) header() string {
	l, s := m.env.Look, m.summary
	left := " " + l.Strong.Render("wheelhouse") + "  " + l.Text.Render(m.front().Title())
	counts := l.Muted.Render(widget.Count(s.all, "app"))
	add := func(n int, glyph string, style interface{ Render(...string) string }) {
		if n > 0 {
			counts += "  " + style.Render(fmt.Sprintf("%s %d", glyph, n))
		}
	}
	add(s.synced, l.Sync(app.Synced).Glyph, l.Good)
	add(s.outOfSync, l.Sync(app.OutOfSync).Glyph, l.Warn)
	add(s.unknown, l.Sync(app.SyncUnknown).Glyph, l.Unknown)
	add(s.unhealthy, l.Health(app.Degraded).Glyph, l.Bad)
	add(s.busy, l.Health(app.Progressing).Glyph, l.Busy)
	return l.Ends(left, counts+m.who(m.w-widget.Width(left)-widget.Width(counts)-headerGap)+" ", m.w)
}

// headerGap is the space that the parts of the header keep between them.
const headerGap = 5

// who says in so many cells who automates; where there is no room it is left out, but never that not everything can be done.
func (m *model) who(room int) string {
	l, auto := m.env.Look, m.env.Engine.Automation()
	style := l.Muted
	if !auto.Held || m.summary.halted {
		style = l.Warn
	}
	role := ""
	switch m.env.Principal.Role {
	case app.Viewer:
		return "   " + l.Warn.Render("read-only")
	case app.Operator:
		role = "   " + l.Muted.Render(app.Operator.String())
		room -= widget.Width(role)
	case app.Admin:
	}
	for _, text := range automation(auto, m.summary.halted) {
		if widget.Width(text) <= room {
			return role + "   " + style.Render(text)
		}
	}
	return role
}

// footer is the last line, with what the screen can do, and above it what there is to be told.
func (m *model) footer() []string {
	l := m.env.Look
	out := m.noticeLines()
	var items []string
	for _, a := range action.For(m.front().Kind()) {
		// On the first screen there is nothing to go back to.
		if !a.Footer || a.ID == action.Back && len(m.stack) == 1 {
			continue
		}
		key := a.Key(m.front().Kind())
		item := l.Key.Render(key) + " " + l.Muted.Render(a.Title)
		if m.why(a.ID) != "" {
			item = l.Faint.Render(key + " " + a.Title)
		}
		items = append(items, " "+item+" ")
	}
	// Where there is no room for all, help stays: it lists the others.
	for len(items) > 1 && widget.Width(strings.Join(items, "")) > m.w {
		items = append(items[:len(items)-2], items[len(items)-1])
	}
	return append(out, l.Fit(strings.Join(items, ""), m.w))
}

func (m *model) noticeLines() []string {
	if m.notice == nil {
		return nil
	}
	l, n := m.env.Look, m.notice
	if !n.Bad {
		return []string{l.Fit(" "+l.Accent.Render(l.Cut(widget.Line(n.Text), m.w-2)), m.w)}
	}
	lines := widget.Wrapped(n.Text, m.w-4)
	if n.Remedy != "" {
		lines = append(lines, widget.Wrapped(l.Arrow()+" "+n.Remedy, m.w-4)...)
	}
	rest := ""
	if len(lines) > noticeLines {
		lines, rest = lines[:noticeLines], "@ shows all, "
	}
	var out []string
	for i, line := range lines {
		mark := " "
		if i == 0 {
			mark = l.Health(app.Degraded).Glyph
		}
		text := " " + l.Bad.Render(mark+" "+line)
		if i == len(lines)-1 {
			text = l.Ends(text, l.Muted.Render(rest+"esc dismisses"), m.w)
		}
		out = append(out, l.Fit(text, m.w))
	}
	return out
}

// Package history is the screen of an application's records: what was done, by whom and why, what came of it, and the
// way back.
package history

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/tui/action"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// Doors open what a record leads to.
type Doors struct {
	// Rollback plans the way back to a record.
	Rollback func(key app.Key, record app.Record) tea.Cmd
	// Undo plans the way back to before the last operation.
	Undo func(key app.Key) tea.Cmd
	// Diff compares two records, the older one first.
	Diff func(key app.Key, before, after app.Record) tea.Cmd
}

// Screen lists an application's records, newest first.
type Screen struct {
	screen.Base
	key     app.Key
	doors   Doors
	records []app.Record
	// marked is the id of the record that others are compared with, "" for none.
	marked string
	loaded bool
	err    error
	panes  widget.Panes
}

// New returns the screen for an application.
func New(env *screen.Env, key app.Key, doors Doors) *Screen {
	return &Screen{Base: screen.NewBase(env), key: key, doors: doors}
}

// Kind is the screen's row in the table of acts.
func (s *Screen) Kind() action.Screen { return action.History }

// Title names the application.
func (s *Screen) Title() string { return s.key.String() + " " + s.Look.Crumb() + " history" }

// Attends names the application.
func (s *Screen) Attends() []app.Key { return []app.Key{s.key} }

// Init reads the records.
func (s *Screen) Init() tea.Cmd {
	return s.Ask("records", func(ctx context.Context) (any, error) { return s.Engine.History(ctx, s.key) })
}

// Changed reads the records again when the application has changed.
func (s *Screen) Changed(keys []app.Key) tea.Cmd {
	for _, k := range keys {
		if k == s.key && !s.Waiting("records") {
			return s.Init()
		}
	}
	return nil
}

// Receive takes the records; the cursor stays on its record.
func (s *Screen) Receive(r screen.Reply) tea.Cmd {
	if !s.Fresh(r) || r.Act {
		return nil
	}
	before := s.selected()
	s.loaded, s.err = true, r.Err
	if records, ok := r.Value.([]app.Record); ok && r.Err == nil {
		s.records = records
	}
	for i := range s.records {
		if before != nil && s.panes.List.Cursor > 0 && s.records[i].ID == before.ID {
			s.panes.List.To(i, len(s.records))
		}
	}
	return nil
}

func (s *Screen) selected() *app.Record {
	if s.panes.List.Cursor >= len(s.records) {
		return nil
	}
	return &s.records[s.panes.List.Cursor]
}

// compared returns the two records that a comparison is of, the older one first: the selected one with the marked one, or
// with the next older one that has manifests. The other is nil when there is none.
func (s *Screen) compared() (before, after *app.Record) {
	at := s.panes.List.Cursor
	for i := range s.records {
		if s.records[i].ID == s.marked && i != at && s.records[i].Manifests {
			return &s.records[max(i, at)], &s.records[min(i, at)]
		}
	}
	for i := at + 1; i < len(s.records); i++ {
		if s.records[i].Manifests {
			return &s.records[i], &s.records[at]
		}
	}
	return nil, &s.records[at]
}

// Disabled says why an act cannot be done.
func (s *Screen) Disabled(id action.ID) string {
	r := s.selected()
	switch id {
	case action.Unpin:
		v, _ := s.Engine.View(s.key)
		return s.CannotUnpin(v)
	case action.Undo:
		if r != nil && r.Action != nil {
			return "an action is put back by another action or by a sync; undo goes back to before the last operation"
		}
		v, _ := s.Engine.View(s.key)
		return s.CannotUndo(v)
	case action.Rollback, action.Compare, action.Mark:
	default:
		return ""
	}
	switch {
	case r == nil:
		return "there is no record"
	case r.Action != nil:
		return "this is an action on one live object: it has no manifests"
	case !r.Manifests:
		return "this record has no manifests: it was interrupted, a deletion, or is too old"
	}
	switch before, _ := s.compared(); {
	case id == action.Compare && before == nil:
		return "there is no older record to compare with"
	case id == action.Rollback:
		return s.May(s.Engine.Allowed(s.Principal, engine.ActRollback))
	}
	return ""
}

// Do moves, compares, plans the way back.
func (s *Screen) Do(id action.ID) tea.Cmd {
	if s.move(id) {
		return nil
	}
	switch id {
	case action.Rollback:
		return s.doors.Rollback(s.key, *s.selected())
	case action.Compare:
		before, after := s.compared()
		return s.doors.Diff(s.key, *before, *after)
	case action.Mark:
		if s.marked == s.selected().ID {
			s.marked = ""
		} else {
			s.marked = s.selected().ID
		}
	case action.Unpin:
		v, _ := s.Engine.View(s.key)
		return s.Unpin(v)
	case action.Undo:
		return s.doors.Undo(s.key)
	case action.Refresh:
		return s.Init()
	case action.Pane:
		s.panes.Lower = !s.panes.Lower
	}
	return nil
}

func (s *Screen) move(id action.ID) bool {
	by := action.Motion(id, s.panes.Height())
	if by != 0 {
		s.panes.Move(by, len(s.records))
	}
	return by != 0
}

// Draw draws the records and, where there is room, what the selected one did.
func (s *Screen) Draw(w, h int) []string {
	below := 0
	if h >= 12 {
		below = h - max(6, min(len(s.records)+3, h/2))
	}
	if below == 0 && s.panes.Lower {
		return s.drawRecord(w, h)
	}
	out := s.drawList(w, h-below)
	if below > 0 {
		out = append(out, s.drawRecord(w, below)...)
	}
	return out
}

func (s *Screen) drawList(w, h int) []string {
	b := widget.Box{Title: "History", Right: widget.Count(len(s.records), "record"), Focus: !s.panes.Lower, Bottom: "enter plans the way back"}
	if v, _ := s.Engine.View(s.key); v.Pin != nil {
		b.Bottom = s.Look.Pin() + " pinned at " + v.Pin.Record + ": U lets it follow git again"
	}
	iw, ih := b.Inner(w, h)
	switch {
	case s.err != nil:
		return b.Draw(s.Look, s.Failed("The history cannot be read", s.err, iw), w, h)
	case !s.loaded:
		return b.Draw(s.Look, []string{" " + s.Look.Muted.Render("reading")}, w, h)
	case len(s.records) == 0:
		return b.Draw(s.Look, []string{" " + s.Look.Muted.Render("Nothing has been done to this application yet.")}, w, h)
	}
	lines := []string{s.head(iw)}
	first, last := s.panes.Rows(len(s.records), ih-1)
	for i := first; i < last; i++ {
		lines = append(lines, s.Look.Row(s.row(&s.records[i], iw-1), i == s.panes.List.Cursor, iw))
	}
	return b.Draw(s.Look, lines, w, h)
}

func (s *Screen) head(w int) string {
	l := s.Look
	if w < 70 {
		return " " + l.Muted.Render(l.Fit("RECORD", 7)+l.Fit("WHAT", 14)+l.Fit("RESULT", 12)+"COMMIT OR OBJECT")
	}
	return " " + l.Muted.Render(l.Fit("RECORD", 7)+l.Fit("WHAT", 14)+l.Fit("RESULT", 12)+l.Fit("AGE", 5)+l.Fit("TOOK", 8)+l.Fit("BY", 12)+"COMMIT OR OBJECT")
}

func (s *Screen) row(r *app.Record, w int) string {
	l := s.Look
	id := r.ID
	if v, _ := s.Engine.View(s.key); v.Pin != nil && v.Pin.Record == r.ID {
		id += l.Pin()
	}
	if s.marked == r.ID {
		id += l.Marked()
	}
	what := string(r.Kind)
	if r.Partial {
		what += " part"
	}
	if r.Action != nil {
		what = r.Action.Name
	}
	out := l.Fit(id, 7) + l.Fit(l.Cut(what, 13), 14) + l.Fit(l.Phase(r.Phase).String(), 12)
	if w >= 70 {
		out += l.Fit(l.Muted.Render(widget.Age(when(r), s.Now())), 5) + l.Fit(l.Muted.Render(took(r)), 8) + l.Fit(widget.Line(by(r)), 11) + " "
	}
	return out + of(r)
}

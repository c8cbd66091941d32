// Package apps is the console's first screen: every application of the store with its state, and why the selected one
// is in it.
package apps

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/tui/action"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// Doors open the screens that the list leads to.
type Doors struct {
	Detail, Diff, Plan, Remove, Undo, Resume, History, Values, YAML, Explain func(key app.Key) tea.Cmd
}

// Screen lists applications. The cursor stays on its application however the rows move.
type Screen struct {
	screen.Base
	doors Doors

	rows    []row
	list    widget.List
	current app.Key
	order   order
	reverse bool
	trouble bool
	filter  string
	height  int
	total   int
}

// New returns the list of the engine's applications.
func New(env *screen.Env, doors Doors) *Screen {
	return &Screen{Base: screen.NewBase(env), doors: doors}
}

// Kind is the screen's row in the table of acts.
func (s *Screen) Kind() action.Screen { return action.Apps }

// Title names the store.
func (s *Screen) Title() string { return s.Engine.StoreName() }

// unseen is how many rows are counted as looked at before the first drawing has told how many there is room for.
const unseen = 40

// Attends names the applications whose rows are seen.
func (s *Screen) Attends() []app.Key {
	height := s.height
	if height == 0 {
		height = unseen
	}
	keys := make([]app.Key, 0, height)
	first, last := s.list.Window(len(s.rows), height)
	for _, r := range s.rows[first:last] {
		keys = append(keys, r.key)
	}
	return keys
}

// Init reads the applications.
func (s *Screen) Init() tea.Cmd {
	s.read()
	return nil
}

// Changed reads the applications again; the cursor stays where it is.
func (s *Screen) Changed([]app.Key) tea.Cmd {
	s.read()
	return nil
}

// read takes the engine's views, filtered and in order.
func (s *Screen) read() {
	s.rows = s.rows[:0]
	s.total = 0
	for _, v := range s.Engine.Views() {
		s.total++
		s.take(row{key: v.App.Key(), view: v})
	}
	for key, err := range s.Engine.Broken() {
		s.total++
		s.take(row{key: key, broken: err})
	}
	slices.SortStableFunc(s.rows, func(a, b row) int {
		c := s.order.compare(&a, &b)
		if s.reverse {
			return -c
		}
		return c
	})
	s.stay()
}

func (s *Screen) take(r row) {
	if s.trouble && urgency(&r) == 0 {
		return
	}
	text := strings.ToLower(r.key.String() + " " + r.view.App.Spec.Project + " " + r.view.App.Spec.Destination.String() +
		" " + string(r.view.App.Status.Sync.Status) + " " + string(r.view.App.Status.Health.Status))
	if strings.Contains(text, strings.ToLower(s.filter)) {
		s.rows = append(s.rows, r)
	}
}

// stay puts the cursor on the application that it was on.
func (s *Screen) stay() {
	for i := range s.rows {
		if s.rows[i].key == s.current {
			s.list.To(i, len(s.rows))
			return
		}
	}
	s.list.Move(0, len(s.rows))
	s.note()
}

// note remembers the application under the cursor.
func (s *Screen) note() {
	if r, ok := s.selected(); ok {
		s.current = r.key
	}
}

func (s *Screen) selected() (row, bool) {
	if s.list.Cursor >= len(s.rows) {
		return row{}, false
	}
	return s.rows[s.list.Cursor], true
}

// Receive takes the end of a refresh; what it found is in the application's View.
func (s *Screen) Receive(r screen.Reply) tea.Cmd {
	if !s.Fresh(r) || r.Act {
		return nil
	}
	return screen.Fail(r.Err)
}

// Disabled says why an act cannot be done on the selected application.
func (s *Screen) Disabled(id action.ID) string {
	switch id {
	case action.Enter, action.PlanSync, action.Compare, action.EditValues, action.Records, action.Unpin, action.Automation,
		action.Remove, action.Undo, action.Resume, action.YAML, action.Terminate, action.Copy, action.Explain, action.Pin, action.Pause, action.Anew:
	default:
		return ""
	}
	r, ok := s.selected()
	switch {
	case !ok:
		return "no application is selected"
	case r.broken != nil && id != action.Copy:
		return "its document cannot be read; mend it first"
	case r.view.Released && id != action.Remove && id != action.Records && id != action.Enter && id != action.Copy:
		return "its document is gone; what is left can only be deleted"
	}
	switch id {
	case action.Pin:
		return s.CannotPin(r.view)
	case action.Unpin:
		return s.CannotUnpin(r.view)
	case action.Pause:
		return s.CannotPause(r.view)
	case action.Terminate:
		return s.CannotTerminate(r.view)
	case action.Undo:
		return s.CannotUndo(r.view)
	case action.Resume:
		return s.CannotResume(r.view)
	case action.Automation:
		return s.May(s.Engine.Allowed(s.Principal, engine.ActEdit))
	}
	return ""
}

// Do moves, sorts, and opens what leads on from here.
func (s *Screen) Do(id action.ID) tea.Cmd {
	if s.move(id) {
		s.note()
		return nil
	}
	r, _ := s.selected()
	switch id {
	case action.Sort:
		s.order = (s.order + 1) % orders
		s.read()
	case action.Reverse:
		s.reverse = !s.reverse
		s.read()
	case action.Attention:
		s.trouble = !s.trouble
		s.read()
	case action.Refresh:
		if r.key == (app.Key{}) {
			return nil
		}
		return s.Refresh(r.key)
	case action.Anew:
		return s.RefreshAnew(r.key)
	case action.Copy:
		return tea.Batch(tea.SetClipboard(r.key.String()), screen.Tell("sent to the terminal: "+r.key.String()))
	case action.Pin:
		return s.Pin(r.view)
	case action.Unpin:
		return s.Unpin(r.view)
	case action.Pause:
		return s.PauseAutomation(r.view)
	case action.Automation:
		return s.Automation(r.view)
	case action.Terminate:
		return s.Terminate(r.key)
	}
	if door := s.door(id); door != nil {
		return door(r.key)
	}
	return nil
}

func (s *Screen) door(id action.ID) func(app.Key) tea.Cmd {
	return map[action.ID]func(app.Key) tea.Cmd{
		action.Enter: s.doors.Detail, action.Compare: s.doors.Diff, action.PlanSync: s.doors.Plan, action.Remove: s.doors.Remove,
		action.Undo: s.doors.Undo, action.Resume: s.doors.Resume, action.Explain: s.doors.Explain,
		action.Records: s.doors.History, action.EditValues: s.doors.Values, action.YAML: s.doors.YAML,
	}[id]
}

func (s *Screen) move(id action.ID) bool {
	by := action.Motion(id, s.height)
	s.list.Move(by, len(s.rows))
	return by != 0
}

// SetFilter narrows the list.
func (s *Screen) SetFilter(text string) {
	s.filter = text
	s.read()
}

// Filter returns what the list is narrowed to.
func (s *Screen) Filter() string { return s.filter }

// Draw draws the list, and below it, where there is room, why the selected application is as it is.
func (s *Screen) Draw(w, h int) []string {
	below := 0
	if w >= 70 && h >= 14 {
		below = min(max(6, h/3), 12)
	}
	out := s.drawList(w, h-below)
	if below == 0 {
		return out
	}
	r, ok := s.selected()
	b := widget.Box{Title: "why"}
	if !ok {
		return append(out, b.Draw(s.Look, nil, w, below)...)
	}
	b.Title = r.key.String() + ": why"
	iw, _ := b.Inner(w, below)
	return append(out, b.Draw(s.Look, why(s.Look, r, iw-1, s.Now()), w, below)...)
}

func (s *Screen) drawList(w, h int) []string {
	b := widget.Box{Title: "Applications", Right: s.status(), Focus: true}
	iw, ih := b.Inner(w, h)
	if len(s.rows) == 0 {
		return b.Draw(s.Look, s.nothing(iw), w, h)
	}
	c := columnsFor(iw - 1)
	s.height = max(0, ih-1)
	lines := []string{c.head(s.Look)}
	first, last := s.list.Window(len(s.rows), s.height)
	for i := first; i < last; i++ {
		lines = append(lines, s.Look.Row(c.draw(s.Look, s.rows[i], s.Now()), i == s.list.Cursor, iw))
	}
	return b.Draw(s.Look, lines, w, h)
}

func (s *Screen) status() string {
	text := "sort: " + s.order.String()
	if s.reverse {
		text += ", reversed"
	}
	if s.trouble {
		text = "only what needs attention " + s.Look.Dot() + " " + text
	}
	if s.filter != "" {
		text = "/" + s.filter + " " + s.Look.Dot() + " " + text
	}
	if len(s.rows) != s.total {
		text = fmt.Sprintf("%d of %d %s ", len(s.rows), s.total, s.Look.Dot()) + text
	}
	return text
}

// nothing says why the list is empty and what to do.
func (s *Screen) nothing(w int) []string {
	text := "There is no application in " + s.Engine.StoreName() + " yet. Create one with: wheelhouse app create NAME " +
		"--repo URL --path PATH --dest-name CONTEXT --dest-namespace NAMESPACE, or put its YAML file into that folder."
	switch {
	case s.total > 0 && s.filter != "":
		text = "No application matches \"" + s.filter + "\". esc in the filter shows all."
	case s.total > 0:
		text = "Every application is healthy and synced. f shows them."
	}
	return widget.Paragraph(s.Look.Muted, text, w)
}

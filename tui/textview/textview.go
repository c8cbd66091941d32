// Package textview is the screen for text: YAML, events, logs, the details of a record.
package textview

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/tui/action"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// Ask reads the text.
type Ask func(ctx context.Context) (string, error)

// Screen shows a text that can be scrolled, searched and copied.
type Screen struct {
	screen.Base
	key   app.Key
	what  string
	empty string
	ask   Ask

	text   string
	loaded bool
	err    error
	scroll widget.Scroll
	wrap   bool
	filter string
	lines  []string
	width  int
	height int
}

// New returns a screen; what names the text in the title, empty is shown when there is none.
func New(env *screen.Env, key app.Key, what, empty string, ask Ask) *Screen {
	return &Screen{Base: screen.NewBase(env), key: key, what: what, empty: empty, ask: ask}
}

// Wrapped has long lines wrapped from the start: prose is to be read, a manifest is to be compared. It returns the screen.
func (s *Screen) Wrapped() *Screen {
	s.wrap = true
	return s
}

// Kind is the screen's row in the table of acts.
func (s *Screen) Kind() action.Screen { return action.Text }

// Title names application and text.
func (s *Screen) Title() string { return s.key.String() + " " + s.Look.Crumb() + " " + s.what }

// Attends names the application.
func (s *Screen) Attends() []app.Key { return []app.Key{s.key} }

// Init asks for the text.
func (s *Screen) Init() tea.Cmd {
	return s.Ask("text", func(ctx context.Context) (any, error) { return s.ask(ctx) })
}

// Receive takes the text.
func (s *Screen) Receive(r screen.Reply) tea.Cmd {
	if !s.Fresh(r) {
		return nil
	}
	s.loaded, s.err = true, r.Err
	text, _ := r.Value.(string)
	s.text = widget.Clean(strings.TrimRight(text, "\n"))
	s.layout(s.width)
	return nil
}

// layout breaks the text into lines of the screen.
func (s *Screen) layout(w int) {
	s.width, s.lines = w, nil
	if s.text == "" {
		return
	}
	for line := range strings.SplitSeq(s.text, "\n") {
		if s.wrap && w > 0 {
			s.lines = append(s.lines, strings.Split(ansi.Hardwrap(line, w, true), "\n")...)
			continue
		}
		s.lines = append(s.lines, line)
	}
}

// Do moves, searches and copies.
func (s *Screen) Do(id action.ID) tea.Cmd {
	if by := action.Motion(id, s.height); by != 0 {
		s.scroll.Move(by, len(s.lines), max(1, s.height))
		return nil
	}
	switch id {
	case action.Next:
		s.jump(1)
	case action.Previous:
		s.jump(-1)
	case action.Wrap:
		s.wrap = !s.wrap
		s.layout(s.width)
	case action.Refresh:
		return s.Init()
	case action.Copy:
		return tea.Batch(tea.SetClipboard(s.text), screen.Tell("sent to the terminal"))
	}
	return nil
}

func (s *Screen) jump(by int) {
	for i := s.scroll.Top + by; i >= 0 && i < len(s.lines); i += by {
		if s.filter != "" && s.matches(i) {
			s.scroll.Top = i
			return
		}
	}
}

func (s *Screen) matches(i int) bool {
	return strings.Contains(strings.ToLower(s.lines[i]), strings.ToLower(s.filter))
}

// SetFilter searches a text.
func (s *Screen) SetFilter(text string) {
	s.filter = text
	if text == "" {
		return
	}
	for i := range s.lines {
		if s.matches(i) {
			s.scroll.Top = i
			return
		}
	}
}

// Filter returns the searched text.
func (s *Screen) Filter() string { return s.filter }

// Draw draws the part of the text that is seen.
func (s *Screen) Draw(w, h int) []string {
	b := widget.Box{Title: s.what, Right: s.status(), Focus: true}
	iw, ih := b.Inner(w, h)
	s.height = ih
	if iw-1 != s.width {
		s.layout(iw - 1)
	}
	return b.Draw(s.Look, s.body(iw, ih), w, h)
}

func (s *Screen) status() string {
	switch {
	case !s.loaded:
		return "reading"
	case s.filter != "":
		n := 0
		for i := range s.lines {
			if s.matches(i) {
				n++
			}
		}
		return fmt.Sprintf("/%s: %s", s.filter, widget.Count(n, "line"))
	}
	return widget.Count(len(s.lines), "line")
}

func (s *Screen) body(w, h int) []string {
	switch {
	case s.err != nil:
		return s.Failed("It could not be read", s.err, w)
	case s.loaded && len(s.lines) == 0:
		return []string{" " + s.Look.Muted.Render(s.empty)}
	}
	var out []string
	first := min(s.scroll.Top, max(0, len(s.lines)-1))
	for i := first; i < min(len(s.lines), first+h); i++ {
		if s.filter != "" && s.matches(i) {
			out = append(out, " "+s.Look.Accent.Render(s.lines[i]))
			continue
		}
		out = append(out, " "+paint(s.Look, s.lines[i]))
	}
	return out
}

// paint sets a YAML key apart from its value; a line of another kind stays as it is.
func paint(l widget.Look, line string) string {
	rest := strings.TrimLeft(line, " -")
	key, value, ok := strings.Cut(rest, ":")
	if !ok || strings.ContainsAny(key, " \"'{}[]") || value != "" && value[0] != ' ' {
		return l.Text.Render(line)
	}
	indent := line[:len(line)-len(rest)]
	return l.Muted.Render(indent) + l.Accent.Render(key) + l.Muted.Render(":") + l.Text.Render(value)
}

// Package values is the screen on which an application's values are edited, with what they would change in the cluster
// beside them. Nothing is written until the user keeps the values as an override or commits them; a draft survives
// leaving the screen.
package values

import (
	"cmp"
	"context"
	"slices"
	"time"

	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/tui/action"
	"github.com/wheelhouse-gitops/wheelhouse/tui/diffview"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// Doors open what edited values lead to.
type Doors struct {
	Plan func(key app.Key) tea.Cmd
}

// Screen edits the values of the first source of an application that is rendered.
type Screen struct {
	screen.Base
	key    app.Key
	doors  Doors
	source int

	values app.Values
	loaded bool
	err    error
	area   textarea.Model
	// original is how the text is written that the area shows.
	original original
	preview  *engine.ValuesPreview
	// typed counts the changes of the text: a preview of an older text is not shown as the newest.
	typed, previewed int
	right            bool
	scroll           widget.Scroll
	text             diffview.Text
	textWidth        int
	rightHeight      int
	origin           point
	saving           bool
}

// point is where the editor's text begins on the screen.
type point struct{ x, y int }

// New returns the screen for an application.
func New(env *screen.Env, key app.Key, doors Doors) *Screen {
	area := textarea.New()
	area.Prompt = ""
	area.CharLimit = 0
	area.MaxHeight = 9999
	area.SetVirtualCursor(false)
	v, _ := env.Engine.View(key)
	s := &Screen{Base: screen.NewBase(env), key: key, doors: doors, source: v.App.Spec.FirstRendered(), area: area}
	s.area.Focus()
	return s
}

// Kind is the screen's row in the table of acts.
func (s *Screen) Kind() action.Screen { return action.Values }

// Title names application and file.
func (s *Screen) Title() string { return s.key.String() + " " + s.Look.Crumb() + " values" }

// Attends names the application.
func (s *Screen) Attends() []app.Key { return []app.Key{s.key} }

// Init reads the values.
func (s *Screen) Init() tea.Cmd {
	return s.Ask("values", func(ctx context.Context) (any, error) { return s.Engine.Values(ctx, s.key, s.source) })
}

// Receive takes the values, a pause in typing, or a preview.
func (s *Screen) Receive(r screen.Reply) tea.Cmd {
	if !s.Fresh(r) {
		return nil
	}
	switch r.Kind {
	case "values":
		return s.open(r)
	case "pause":
		if r.Err == nil {
			return s.look()
		}
	case "preview":
		if p, ok := r.Value.(engine.ValuesPreview); ok {
			slices.SortStableFunc(p.Diffs, func(a, b diff.Diff) int { return cmp.Compare(rank(a), rank(b)) })
			s.preview, s.previewed, s.textWidth = &p, s.typed, 0
		}
	case "keep", "keep and plan":
		return s.kept(r)
	case "commit":
		return s.committed(r)
	}
	return nil
}

// rank puts what the server refuses first, then what changes, then what is new.
func rank(d diff.Diff) int {
	switch d.Verdict {
	case diff.Conflict, diff.Immutable, diff.Refused, diff.MissingKind, diff.Foreign, diff.NotCompared:
		return 0
	case diff.Differs, diff.Prune, diff.InSync, diff.OwnershipOnly:
		return 1
	case diff.Create:
	}
	return 2
}

// open shows the values, or the draft that was left.
func (s *Screen) open(r screen.Reply) tea.Cmd {
	s.loaded, s.err = true, r.Err
	values, ok := r.Value.(app.Values)
	if !ok || r.Err != nil {
		return nil
	}
	s.values = values
	text := values.Effective
	draft, drafted := s.Drafts[s.key]
	if drafted && draft != text {
		text = draft
	} else {
		delete(s.Drafts, s.key)
	}
	if s.err = s.fill(text); s.err != nil {
		return nil
	}
	s.typed++
	if drafted && draft == text {
		return tea.Batch(s.look(), screen.Tell("your draft is back; it was neither kept nor committed"))
	}
	return s.look()
}

// Type takes keys and pasted text.
func (s *Screen) Type(msg tea.Msg) (tea.Cmd, bool) {
	if !s.loaded || s.err != nil {
		return nil, false
	}
	key, isKey := msg.(tea.KeyPressMsg)
	if isKey && s.right {
		return nil, s.scrollRight(key.String())
	}
	if _, acts := action.Find(action.Values, keyName(msg)); isKey && acts && key.Text == "" {
		return nil, false
	}
	before := s.edit()
	var cmd tea.Cmd
	s.area, cmd = s.area.Update(msg)
	if after := s.edit(); after != before {
		return tea.Batch(cmd, s.edited(after)), true
	}
	return cmd, true
}

func keyName(msg tea.Msg) string {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		return k.String()
	}
	return ""
}

// edited keeps the draft and has a preview made when typing rests.
func (s *Screen) edited(text string) tea.Cmd {
	s.typed++
	s.Drafts[s.key] = text
	if text == s.values.Effective {
		delete(s.Drafts, s.key)
	}
	return s.Ask("pause", func(ctx context.Context) (any, error) {
		timer := time.NewTimer(s.Pause)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
			return nil, nil
		}
	})
}

// look has a preview made of the text as it is.
func (s *Screen) look() tea.Cmd {
	edit := app.ValuesEdit{Text: s.edit()}
	return s.Ask("preview", func(ctx context.Context) (any, error) {
		return s.Engine.PreviewValues(ctx, s.key, s.source, edit), nil
	})
}

// scrollRight moves in the preview while it has the keys.
func (s *Screen) scrollRight(key string) bool {
	by := action.Scroll(key, s.rightHeight)
	if by == 0 {
		return false
	}
	s.scroll.Move(by, len(s.text.Lines), max(1, s.rightHeight))
	return true
}

// Cursor is where the next letter goes.
func (s *Screen) Cursor() *tea.Cursor {
	if s.right || !s.loaded || s.err != nil {
		return nil
	}
	c := s.area.Cursor()
	if c == nil {
		return nil
	}
	c.X += s.origin.x
	c.Y += s.origin.y
	return c
}

// dirty reports whether the text differs from what applies now.
func (s *Screen) dirty() bool { return s.edit() != s.values.Effective }

// Do keeps, commits, or gives the keys to the other pane.
func (s *Screen) Do(id action.ID) tea.Cmd {
	edit := app.ValuesEdit{Text: s.edit()}
	switch id {
	case action.Pane:
		s.right = !s.right
		if s.right {
			s.area.Blur()
			return nil
		}
		return s.area.Focus()
	case action.Keep:
		return s.keep("keep", edit)
	case action.PlanEdit:
		if !s.dirty() {
			return s.doors.Plan(s.key)
		}
		return s.keep("keep and plan", edit)
	case action.Commit:
		return s.askCommit(edit)
	}
	return nil
}

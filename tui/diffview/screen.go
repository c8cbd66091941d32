package diffview

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/tui/action"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// Found is what a Screen shows: differences, and beside them the fields of live objects that git does not name, and the Secrets whose
// data was not compared.
type Found struct {
	Diffs   []diff.Diff
	Foreign []engine.ObjectFields
	Unseen  []object.Ref
	// AsOf is when it was compared; zero for records.
	AsOf time.Time
}

// Ask reads what a Screen shows.
type Ask func(ctx context.Context) (Found, error)

// Doors open what differences lead to; a nil one leads nowhere.
type Doors struct {
	// Plan opens the plan of a sync.
	Plan func() tea.Cmd
	// TakeOver opens the plan of a sync that takes over what a field manager wrote.
	TakeOver func(manager string) tea.Cmd
}

// splitFrom is the width from which differences are drawn side by side unless the user chose.
const splitFrom = 140

// Screen shows differences that can be scrolled and searched.
type Screen struct {
	screen.Base
	key    app.Key
	what   string
	ask    Ask
	follow bool
	doors  Doors

	found   Found
	loaded  bool
	err     error
	scroll  widget.Scroll
	context int
	split   *bool
	filter  string
	text    Text
	drawn   Options
	height  int
}

// New returns a screen about an application's differences; what names them in the title. With follow it asks again when
// the application changes.
func New(env *screen.Env, key app.Key, what string, ask Ask, follow bool, doors Doors) *Screen {
	return &Screen{Base: screen.NewBase(env), key: key, what: what, ask: ask, follow: follow, doors: doors, context: 3}
}

// OfApp asks for an application's differences and foreign fields, or for those of one object.
func OfApp(env *screen.Env, key app.Key, only *object.Ref) Ask {
	return func(ctx context.Context) (Found, error) {
		c, err := env.Engine.Compare(ctx, key, "")
		if err != nil {
			return Found{}, err
		}
		fields, err := env.Engine.ForeignFields(ctx, key)
		found := Found{Diffs: c.Diffs, Foreign: fields, AsOf: c.AsOf}
		if only != nil {
			found.Diffs = slices.DeleteFunc(slices.Clone(found.Diffs), func(d diff.Diff) bool { return d.Ref != *only })
			found.Foreign = slices.DeleteFunc(fields, func(f engine.ObjectFields) bool { return f.Ref != *only })
		}
		return found, err
	}
}

// Kind is the screen's row in the table of acts.
func (s *Screen) Kind() action.Screen { return action.Diff }

// Title names application and comparison.
func (s *Screen) Title() string { return s.key.String() + " " + s.Look.Crumb() + " " + s.what }

// Attends names the application.
func (s *Screen) Attends() []app.Key { return []app.Key{s.key} }

// Init asks for the differences.
func (s *Screen) Init() tea.Cmd { return s.load() }

func (s *Screen) load() tea.Cmd {
	return s.Ask("diffs", func(ctx context.Context) (any, error) { return s.ask(ctx) })
}

// Receive takes the differences, or the end of a refresh, which may have others.
func (s *Screen) Receive(r screen.Reply) tea.Cmd {
	if !s.Fresh(r) {
		return nil
	}
	if r.Kind == "refresh" {
		if r.Err != nil {
			return screen.Fail(r.Err)
		}
		return s.load()
	}
	s.loaded, s.err = true, r.Err
	if r.Err == nil {
		s.found, _ = r.Value.(Found)
	}
	s.drawn = Options{}
	return nil
}

// Changed asks again when the application has changed.
func (s *Screen) Changed(keys []app.Key) tea.Cmd {
	if !s.follow || s.Waiting("diffs") {
		return nil
	}
	for _, k := range keys {
		if v, ok := s.Engine.View(k); k == s.key && ok && !v.Refreshing {
			return s.load()
		}
	}
	return nil
}

// Disabled says why there is nothing to plan, or to take over.
func (s *Screen) Disabled(id action.ID) string {
	switch {
	case id != action.PlanSync && id != action.TakeOver:
	case s.doors.Plan == nil:
		return "these are records: plan a sync on the application, or a rollback in its history"
	case id == action.TakeOver && len(writers(s.found.Foreign)) == 0:
		return "nobody wrote a field that git does not name, but by an apply of their own"
	}
	return ""
}

// Do moves, searches and changes how differences are drawn.
func (s *Screen) Do(id action.ID) tea.Cmd {
	if by := action.Motion(id, s.height); by != 0 {
		s.scroll.Move(by, len(s.text.Lines), max(1, s.height))
		return nil
	}
	switch id {
	case action.Next:
		s.jump(1)
	case action.Previous:
		s.jump(-1)
	case action.Less:
		s.context = max(0, s.context-1)
	case action.More:
		s.context = min(99, s.context+1)
	case action.Split:
		on := !s.drawn.Split
		s.split = &on
	case action.PlanSync:
		return s.doors.Plan()
	case action.TakeOver:
		return s.offerWriters()
	case action.Refresh:
		if s.follow {
			return s.Refresh(s.key)
		}
		return s.load()
	case action.Copy:
		return tea.Batch(tea.SetClipboard(ansi.Strip(strings.Join(s.text.Lines, "\n"))), screen.Tell("sent to the terminal"))
	}
	return nil
}

// jump goes to the next or previous change, or match of the search.
func (s *Screen) jump(by int) {
	stops := s.text.Stops
	if s.filter != "" {
		stops = s.matches()
	}
	target := -1
	for _, at := range stops {
		if by > 0 && at > s.scroll.Top {
			target = at
			break
		}
		if by < 0 && at < s.scroll.Top {
			target = at
		}
	}
	if target >= 0 {
		s.scroll.To(target, len(s.text.Lines)+s.height, s.height)
	}
}

func (s *Screen) matches() []int {
	var out []int
	want := strings.ToLower(s.filter)
	for i, line := range s.text.Lines {
		if strings.Contains(strings.ToLower(ansi.Strip(line)), want) {
			out = append(out, i)
		}
	}
	return out
}

// SetFilter searches a text.
func (s *Screen) SetFilter(text string) {
	s.filter = text
	if found := s.matches(); text != "" && len(found) > 0 {
		s.scroll.To(found[0], len(s.text.Lines)+s.height, s.height)
	}
}

// Filter returns the searched text.
func (s *Screen) Filter() string { return s.filter }

func (s *Screen) splits(w int) bool {
	if s.split != nil {
		return *s.split
	}
	return w >= splitFrom
}

// Draw draws the part of the differences that is seen.
func (s *Screen) Draw(w, h int) []string {
	b := widget.Box{Title: s.what, Right: s.status(), Focus: true}
	iw, ih := b.Inner(w, h)
	head := s.doubts(iw, ih)
	s.height = ih - len(head)
	if o := (Options{Width: iw - 2, Context: s.context, Split: s.splits(w), Now: s.Now(), Past: len(head) > 0}); s.stale(o) {
		s.text, s.drawn = Render(s.Look, s.found.Diffs, o), o
		s.text.foreign(s.Look, s.found.Foreign, o)
		s.text.unseen(s.Look, s.found.Unseen, o)
	}
	return b.Draw(s.Look, append(head, s.body(iw, s.height)...), w, h)
}

func (s *Screen) stale(o Options) bool {
	return o.Width != s.drawn.Width || o.Context != s.drawn.Context || o.Split != s.drawn.Split || o.Past != s.drawn.Past
}

func (s *Screen) status() string {
	switch {
	case s.Waiting("diffs") && !s.loaded:
		return "comparing"
	case s.Waiting("refresh"):
		return "refreshing"
	case s.filter != "":
		return fmt.Sprintf("/%s: %s", s.filter, widget.Count(len(s.matches()), "line"))
	}
	n := 0
	for _, d := range s.found.Diffs {
		if d.OutOfSync() {
			n++
		}
	}
	return fmt.Sprintf("%s of %d", widget.Count(n, "difference"), len(s.found.Diffs))
}

func (s *Screen) body(w, h int) []string {
	switch {
	case s.err != nil:
		return s.Failed("The comparison failed", s.err, w)
	case !s.loaded:
		return []string{" " + s.Look.Muted.Render("comparing with the cluster")}
	case len(s.text.Lines) == 0:
		return []string{" " + nothing(s.Look, s.drawn.Past)}
	}
	// A search may scroll past the end, so that its match is at the top.
	first := min(s.scroll.Top, max(0, len(s.text.Lines)-1))
	out := make([]string, 0, h)
	for _, line := range s.text.Lines[first:min(len(s.text.Lines), first+h)] {
		out = append(out, " "+line)
	}
	return out
}

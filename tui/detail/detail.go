// Package detail is the screen of one application: what it is, how it is, and its live resource tree down to Pods.
package detail

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/tui/action"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// Doors open the screens that an application leads to. Object is nil for the whole application.
type Doors struct {
	Plan, Remove, Undo, Resume, History, Values, Explain func(key app.Key) tea.Cmd
	Diff                                                 func(key app.Key, object *object.Ref) tea.Cmd
	YAML, Events, Logs                                   func(key app.Key, n engine.TreeNode) tea.Cmd
}

// Screen shows one application.
type Screen struct {
	screen.Base
	key    app.Key
	doors  Doors
	tree   tree
	loaded bool
	again  bool
	err    error
	height int
}

// New returns the screen of an application.
func New(env *screen.Env, key app.Key, doors Doors) *Screen {
	return &Screen{Base: screen.NewBase(env), key: key, doors: doors, tree: tree{folded: map[identity]bool{}}}
}

// Kind is the screen's row in the table of acts.
func (s *Screen) Kind() action.Screen { return action.Detail }

// Title names the application.
func (s *Screen) Title() string { return s.key.String() }

// Attends names the application.
func (s *Screen) Attends() []app.Key { return []app.Key{s.key} }

// Init reads the tree.
func (s *Screen) Init() tea.Cmd { return s.load() }

func (s *Screen) load() tea.Cmd {
	return s.Ask("tree", func(ctx context.Context) (any, error) { return s.Engine.Tree(ctx, s.key) })
}

// Changed reads the tree again when the application has changed. While a reading is under way, one more is noted, so
// that the last state is never missed and no storm of events makes a storm of readings.
func (s *Screen) Changed(keys []app.Key) tea.Cmd {
	for _, k := range keys {
		if k != s.key {
			continue
		}
		if s.Waiting("tree") {
			s.again = true
			return nil
		}
		return s.load()
	}
	return nil
}

// Receive takes the tree.
func (s *Screen) Receive(r screen.Reply) tea.Cmd {
	if !s.Fresh(r) || r.Act {
		return nil
	}
	if r.Kind == "refresh" || r.Kind != "tree" && r.Err != nil {
		return screen.Fail(r.Err)
	}
	switch answer := r.Value.(type) {
	case offered:
		return s.offer(answer)
	case engine.ActionPlan:
		return s.confirm(answer)
	case screen.RunningHooks:
		return s.OfferSkips(answer)
	}
	s.loaded, s.err = true, r.Err
	if nodes, ok := r.Value.([]engine.TreeNode); ok && r.Err == nil {
		s.tree.set(nodes)
	}
	if s.again {
		s.again = false
		return s.load()
	}
	return nil
}

// Disabled says why an act cannot be done.
func (s *Screen) Disabled(id action.ID) string {
	v, ok := s.Engine.View(s.key)
	if !ok {
		return "the application is gone"
	}
	n := s.tree.selected()
	switch id {
	case action.Pin:
		return s.CannotPin(v)
	case action.Unpin:
		return s.CannotUnpin(v)
	case action.Pause:
		return s.CannotPause(v)
	case action.Terminate:
		return s.CannotTerminate(v)
	case action.SkipHook:
		return s.CannotSkipHook(v)
	case action.Undo:
		return s.CannotUndo(v)
	case action.Resume:
		return s.CannotResume(v)
	case action.Automation:
		return s.May(s.Engine.Allowed(s.Principal, engine.ActEdit))
	case action.Logs:
		if n == nil || n.Ref.Kind != "Pod" {
			return "only Pods have logs: move to one"
		}
	case action.Events, action.YAML, action.Enter, action.Actions:
		if n == nil || n.Object == nil {
			return "the object is not in the cluster"
		}
	case action.PlanSync, action.EditValues, action.Compare, action.Explain:
		if v.Released {
			return "its document is gone; what is left can only be deleted"
		}
	}
	return ""
}

// Do moves in the tree and opens what leads on from here.
func (s *Screen) Do(id action.ID) tea.Cmd {
	if s.move(id) {
		return nil
	}
	v, _ := s.Engine.View(s.key)
	n := s.tree.selected()
	switch id {
	case action.PlanSync:
		return s.doors.Plan(s.key)
	case action.Remove:
		return s.doors.Remove(s.key)
	case action.Actions:
		return s.askActions(n)
	case action.Undo:
		return s.doors.Undo(s.key)
	case action.Resume:
		return s.doors.Resume(s.key)
	case action.Records:
		return s.doors.History(s.key)
	case action.Explain:
		return s.doors.Explain(s.key)
	case action.EditValues:
		return s.doors.Values(s.key)
	case action.Compare:
		return s.doors.Diff(s.key, managed(n))
	case action.YAML, action.Enter:
		return s.doors.YAML(s.key, *n)
	case action.Events:
		return s.doors.Events(s.key, *n)
	case action.Logs:
		return s.doors.Logs(s.key, *n)
	case action.Refresh:
		return s.Refresh(s.key)
	case action.Anew:
		return s.RefreshAnew(s.key)
	case action.Pin:
		return s.Pin(v)
	case action.Unpin:
		return s.Unpin(v)
	case action.Pause:
		return s.PauseAutomation(v)
	case action.Automation:
		return s.Automation(v)
	case action.Terminate:
		return s.Terminate(s.key)
	case action.SkipHook:
		return s.SkipHook(v)
	case action.Copy:
		if n != nil {
			return tea.Batch(tea.SetClipboard(n.Ref.String()), screen.Tell("sent to the terminal: "+n.Ref.String()))
		}
	}
	return nil
}

// managed is the object to compare: a directly managed one, or none for the whole application.
func managed(n *engine.TreeNode) *object.Ref {
	if n == nil || !n.Managed || n.Sync != app.OutOfSync {
		return nil
	}
	ref := n.Ref
	return &ref
}

func (s *Screen) move(id action.ID) bool {
	if by := action.Motion(id, s.height); by != 0 {
		s.tree.move(by)
		return true
	}
	switch id {
	case action.Left:
		s.tree.fold()
	case action.Right:
		s.tree.unfold()
	case action.Attention:
		s.tree.trouble = !s.tree.trouble
		s.tree.arrange()
	default:
		return false
	}
	return true
}

// SetFilter narrows the tree.
func (s *Screen) SetFilter(text string) {
	s.tree.filter = text
	s.tree.arrange()
}

// Filter returns what the tree is narrowed to.
func (s *Screen) Filter() string { return s.tree.filter }

// Draw draws header and tree, with the selected object beside or below where there is room.
func (s *Screen) Draw(w, h int) []string {
	v, _ := s.Engine.View(s.key)
	top := widget.Box{Title: s.key.String(), Right: refreshing(v)}
	iw, _ := top.Inner(w, h)
	facts := header(s.Look, v, iw, s.Now())
	limit := max(1, h/3)
	if h < 16 {
		limit = min(limit, 3)
	}
	facts = facts[:min(len(facts), limit)]
	out := top.Draw(s.Look, facts, w, len(facts)+2)
	rest := h - len(out)
	switch {
	case w >= 120:
		side := w / 3
		return append(out, widget.Join(s.drawTree(w-side, rest), s.drawAbout(side, rest))...)
	case w >= 70 && rest >= 14:
		below := min(8, rest/3)
		return append(append(out, s.drawTree(w, rest-below)...), s.drawAbout(w, below)...)
	}
	return append(out, s.drawTree(w, rest)...)
}

func refreshing(v engine.View) string {
	if v.Refreshing {
		return "refreshing"
	}
	return ""
}

func (s *Screen) drawTree(w, h int) []string {
	b := widget.Box{Title: "Resources", Right: s.status(), Focus: true}
	iw, ih := b.Inner(w, h)
	s.height = ih
	switch {
	case s.err != nil:
		return b.Draw(s.Look, s.Failed("The resources cannot be read", s.err, iw), w, h)
	case !s.loaded:
		return b.Draw(s.Look, []string{" " + s.Look.Muted.Render("reading the cluster")}, w, h)
	case len(s.tree.nodes) == 0:
		return b.Draw(s.Look, []string{" " + s.Look.Muted.Render("No objects: git asks for none, or could not be read yet.")}, w, h)
	}
	return b.Draw(s.Look, s.tree.draw(s.Look, iw, ih, s.Now()), w, h)
}

func (s *Screen) status() string {
	text := widget.Count(len(s.tree.nodes), "object")
	if len(s.tree.shown) != len(s.tree.nodes) {
		text = fmt.Sprintf("%d of %s", len(s.tree.shown), text)
	}
	if s.tree.trouble {
		text = "only what needs attention " + s.Look.Dot() + " " + text
	}
	if s.tree.filter != "" {
		text = "/" + s.tree.filter + " " + s.Look.Dot() + " " + text
	}
	return text
}

func (s *Screen) drawAbout(w, h int) []string {
	n := s.tree.selected()
	b := widget.Box{Title: "Object"}
	if n != nil {
		b.Title = n.Ref.Kind + " " + n.Ref.Name
	}
	iw, _ := b.Inner(w, h)
	return b.Draw(s.Look, about(s.Look, n, iw, s.Now()), w, h)
}

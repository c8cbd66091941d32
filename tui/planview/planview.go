// Package planview is the screen of a plan and of the operation that carries it out.
//
// It opens with a plan that the server has checked and nothing has approved. S carries it out, exactly as it is on the
// screen; guarded steps are asked about first, each by its name. From then on the same rows show how far each step is.
package planview

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/tui/action"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// Ask makes the plan with these options.
type Ask func(ctx context.Context, o plan.Options) (plan.Plan, error)

// Doors open what a plan leads to.
type Doors struct {
	// YAML shows what a step would leave, or, for a deletion, what it takes away.
	YAML func(key app.Key, st plan.Step) tea.Cmd
}

const deletion = app.KindDelete

// asApproved says why the plan of a resumed operation has no choices: they are in its journal.
const asApproved = "a resumed operation goes on as it was approved"

// Screen shows a plan, and the operation that it becomes.
type Screen struct {
	screen.Base
	key  app.Key
	what string
	ask  Ask
	// opts are the wishes that the next plan is asked for with; those of the plan that is shown are its own.
	opts  plan.Options
	doors Doors

	plan     plan.Plan
	loaded   bool
	err      error
	panes    widget.Panes
	drawn    drawn
	sent     bool
	run      *engine.Run
	progress *engine.Progress
}

// drawn remembers the step that was drawn last.
type drawn struct {
	hash  string
	step  int
	width int
	text  []string
}

// New returns the screen of a plan that is yet to be made; what names it.
func New(env *screen.Env, key app.Key, what string, o plan.Options, ask Ask, doors Doors) *Screen {
	return &Screen{Base: screen.NewBase(env), key: key, what: what, ask: ask, opts: o, doors: doors}
}

// Kind is the screen's row in the table of acts.
func (s *Screen) Kind() action.Screen { return action.Plan }

// Title names application and plan.
func (s *Screen) Title() string { return s.key.String() + " " + s.Look.Crumb() + " " + s.what }

// Attends names the application.
func (s *Screen) Attends() []app.Key { return []app.Key{s.key} }

// Init makes the plan.
func (s *Screen) Init() tea.Cmd { return s.request() }

func (s *Screen) request() tea.Cmd {
	s.loaded = false
	o := s.opts
	return s.Ask("plan", func(ctx context.Context) (any, error) { return s.ask(ctx, o) })
}

func (s *Screen) kind() app.OperationKind { return s.plan.Kind }

// Receive takes the plan, or the started operation.
func (s *Screen) Receive(r screen.Reply) tea.Cmd {
	if !s.Fresh(r) {
		return nil
	}
	switch r.Kind {
	case "hooks":
		if hooks, ok := r.Value.(screen.RunningHooks); ok && r.Err == nil {
			return s.OfferSkips(hooks)
		}
		return screen.Fail(r.Err)
	case "plan":
		s.loaded, s.err = true, r.Err
		if p, ok := r.Value.(plan.Plan); ok && r.Err == nil {
			s.plan = p
		}
		s.panes, s.drawn = widget.Panes{Lower: s.panes.Lower}, drawn{}
	case "execute":
		s.sent = false
		if run, ok := r.Value.(*engine.Run); ok && r.Err == nil {
			s.run = run
			s.follow()
		}
	}
	return nil
}

// Changed takes over how far the operation is.
func (s *Screen) Changed([]app.Key) tea.Cmd {
	if s.run != nil {
		s.follow()
	}
	return nil
}

// follow reads the progress and keeps the cursor on the step that is being done, unless the user moved it.
func (s *Screen) follow() {
	before := active(s.progress)
	p := s.run.Progress()
	if s.progress != nil && p.Retry != s.progress.Retry {
		// Another attempt has a plan of its own.
		s.plan, s.panes, before = p.Plan, widget.Panes{Lower: s.panes.Lower}, -1
	}
	s.progress = &p
	if now := active(s.progress); s.panes.List.Cursor == before || before < 0 {
		if now >= 0 {
			s.panes.List.To(now, len(s.plan.Steps))
		}
	}
}

// active is the first step that has failed or is being done, else the last that was done; -1 before there is one.
func active(p *engine.Progress) int {
	at := -1
	if p == nil {
		return at
	}
	for i, st := range p.Steps {
		switch st.State {
		case engine.StepFailed, engine.StepRunning, engine.StepWaiting:
			return i
		case engine.StepDone:
			at = i
		case engine.StepPending, engine.StepSkipped:
		}
	}
	return at
}

// operating reports whether the plan has become an operation.
func (s *Screen) operating() bool { return s.run != nil || s.sent }

// Disabled says why an act cannot be done.
func (s *Screen) Disabled(id action.ID) string {
	v, _ := s.Engine.View(s.key)
	switch id {
	case action.Terminate:
		return s.CannotTerminate(v)
	case action.SkipHook:
		return s.CannotSkipHook(v)
	case action.Apply, action.Leave, action.Prune, action.Orphan, action.Adopt, action.Force, action.Refresh, action.CommitToo:
	default:
		return s.needsStep(id)
	}
	switch {
	case s.operating():
		return "the plan has been approved"
	case !s.loaded:
		return "the plan is still being made"
	case id == action.CommitToo:
		return s.cannotCommit()
	case id != action.Apply && id != action.Leave:
		return s.cannotWish(id)
	case s.err != nil:
		return "there is no plan: " + s.err.Error()
	case id == action.Leave:
		return s.needsStep(id)
	}
	return s.cannotApply()
}

func (s *Screen) needsStep(id action.ID) string {
	if (id == action.YAML || id == action.Leave) && s.panes.List.Cursor >= len(s.plan.Steps) {
		return "no step is selected"
	}
	if id == action.Leave && s.plan.Steps[s.panes.List.Cursor].Verb == plan.Keep {
		return "nothing would be done to it anyway"
	}
	return ""
}

func (s *Screen) cannotWish(id action.ID) string {
	del := s.kind() == deletion
	switch {
	case s.plan.Resumes != nil && id != action.Refresh:
		return asApproved
	case id == action.Orphan && !del:
		return "only the plan of a deletion can keep the objects"
	case del && (id == action.Prune || id == action.Adopt || id == action.Force):
		return "a deletion has no such choice"
	}
	return ""
}

// Do moves, changes the wishes, or approves.
func (s *Screen) Do(id action.ID) tea.Cmd {
	if s.move(id) {
		return nil
	}
	v, _ := s.Engine.View(s.key)
	switch id {
	case action.Apply:
		return s.approve(s.questions())
	case action.Leave:
		st := &s.plan.Steps[s.panes.List.Cursor]
		st.Left = !st.Left
		s.panes.List.Move(1, len(s.plan.Steps))
	case action.Prune:
		s.opts.Prune = !s.opts.Prune
		return s.request()
	case action.Adopt:
		s.opts.Adopt = !s.opts.Adopt
		return s.request()
	case action.Force:
		s.opts.Force = !s.opts.Force
		return s.request()
	case action.Orphan:
		s.opts.Orphan, s.opts.HandBack = !s.opts.Orphan && !s.opts.HandBack, s.opts.Orphan
		return s.request()
	case action.CommitToo:
		return s.commitToo()
	case action.Refresh:
		return s.request()
	case action.Terminate:
		return s.Terminate(s.key)
	case action.SkipHook:
		return s.SkipHook(v)
	case action.YAML:
		return s.doors.YAML(s.key, s.plan.Steps[s.panes.List.Cursor])
	case action.Pane, action.Enter:
		s.panes.Lower = !s.panes.Lower
	}
	return nil
}

func (s *Screen) move(id action.ID) bool {
	by := action.Motion(id, s.panes.Height())
	if by != 0 {
		s.panes.Move(by, len(s.plan.Steps))
	}
	return by != 0
}

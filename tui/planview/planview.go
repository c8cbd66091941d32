// Package planview is the screen of a plan and of the operation that carries it out.
//
// It opens with a plan that the server has checked and nothing has approved. S carries it out, exactly as it is on the
// screen; guarded steps are asked about first, each by its name. From then on the same rows show how far each step is.
package planview

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/tui/action"
	"github.com/wheelhouse-gitops/wheelhouse/tui/diffview"
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

// Screen shows a plan, and the operation that it becomes.
type Screen struct {
	screen.Base
	key   app.Key
	what  string
	ask   Ask
	opts  plan.Options
	doors Doors

	plan     plan.Plan
	loaded   bool
	err      error
	list     widget.List
	below    widget.Scroll
	lower    bool
	height   int
	lowerH   int
	lowerN   int
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
	case "plan":
		s.loaded, s.err = true, r.Err
		if p, ok := r.Value.(plan.Plan); ok && r.Err == nil {
			s.plan = p
		}
		s.list, s.below, s.drawn = widget.List{}, widget.Scroll{}, drawn{}
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
	s.progress = &p
	if now := active(s.progress); s.list.Cursor == before || before < 0 {
		if now >= 0 {
			s.list.To(now, len(s.plan.Steps))
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
	case action.Apply, action.Leave, action.Prune, action.Orphan, action.Adopt, action.Force, action.Refresh:
	default:
		return s.needsStep(id)
	}
	switch {
	case s.operating():
		return "the plan has been approved"
	case !s.loaded:
		return "the plan is still being made"
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
	if (id == action.YAML || id == action.Leave) && s.list.Cursor >= len(s.plan.Steps) {
		return "no step is selected"
	}
	if id == action.Leave && s.plan.Steps[s.list.Cursor].Verb == plan.Keep {
		return "nothing would be done to it anyway"
	}
	return ""
}

func (s *Screen) cannotWish(id action.ID) string {
	del := s.kind() == deletion
	switch {
	case id == action.Orphan && !del:
		return "only the plan of a deletion can keep the objects"
	case del && (id == action.Prune || id == action.Adopt || id == action.Force):
		return "a deletion has no such choice"
	}
	return ""
}

func (s *Screen) cannotApply() string {
	for _, g := range s.plan.Guards {
		if g.Refuse {
			return "the plan is refused: " + g.Message
		}
	}
	act := map[app.OperationKind]engine.Act{
		app.KindSync: engine.ActSync, app.KindRollback: engine.ActRollback, app.KindDelete: engine.ActDelete,
	}[s.kind()]
	if why := s.May(s.Engine.Allowed(s.Principal, act)); why != "" {
		return why
	}
	v, _ := s.Engine.View(s.key)
	if v.Pin != nil && s.kind() == app.KindSync {
		return "it is pinned at " + v.Pin.Record + "; U on the application lets it follow git again"
	}
	// An operation without steps is worth carrying out only where it mends the record of a failed one.
	if op := v.App.Status.OperationState; s.plan.Empty() && s.kind() == app.KindSync && (op == nil || op.Phase == app.OperationSucceeded) {
		return "there is nothing to do"
	}
	return ""
}

// Do moves, changes the wishes, or approves.
func (s *Screen) Do(id action.ID) tea.Cmd {
	if s.move(id) {
		return nil
	}
	switch id {
	case action.Apply:
		return s.approve(s.questions())
	case action.Leave:
		st := &s.plan.Steps[s.list.Cursor]
		st.Left = !st.Left
		s.list.Move(1, len(s.plan.Steps))
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
		s.opts.Orphan = !s.opts.Orphan
		return s.request()
	case action.Refresh:
		return s.request()
	case action.Terminate:
		return s.Terminate(s.key)
	case action.YAML:
		return s.doors.YAML(s.key, s.plan.Steps[s.list.Cursor])
	case action.Pane, action.Enter:
		s.lower = !s.lower
	}
	return nil
}

// questions are asked before the plan is carried out: the application's name for a deletion, and each guard.
func (s *Screen) questions() []screen.Dialog {
	var out []screen.Dialog
	if s.kind() == deletion {
		c := s.plan.Counts()
		lines := []string{fmt.Sprintf("%s will be deleted from the cluster, and the application from the store.", widget.Count(c.Prune, "object"))}
		if s.opts.Orphan {
			lines = []string{"The application is deleted from the store; its objects stay in the cluster and belong to nobody."}
		}
		out = append(out, screen.Dialog{Title: "Delete " + s.key.String() + "?", Lines: lines, Yes: "delete", Must: s.key.Name})
	}
	left := map[string]bool{}
	for _, st := range s.plan.Steps {
		left[st.ID] = st.Left
	}
	for _, g := range s.plan.Guards {
		if left[g.Step] {
			continue
		}
		out = append(out, screen.Dialog{
			Title: "This is guarded", Yes: "do it", Must: lastName(g.Name), Lines: []string{s.Look.Warning() + " It " + g.Message + "."},
		})
	}
	return out
}

// lastName is the part of a guard's name that is typed to confirm it: the object's name.
func lastName(guard string) string {
	return guard[strings.LastIndexAny(guard, "/:")+1:]
}

// approve asks one question after the other and then carries the plan out. Whoever leaves one question has approved
// nothing.
func (s *Screen) approve(questions []screen.Dialog) tea.Cmd {
	if len(questions) == 0 {
		return s.execute()
	}
	q := questions[0]
	q.Accept = func([]string) tea.Cmd { return s.approve(questions[1:]) }
	return screen.Question(q)
}

func (s *Screen) execute() tea.Cmd {
	if s.operating() {
		return nil
	}
	s.sent = true
	pl := s.plan
	approval := engine.Approval{Why: "approved in the console"}
	for _, g := range pl.Guards {
		approval.Confirmed = append(approval.Confirmed, g.Name)
	}
	return s.Act("execute", func(ctx context.Context) (any, error) { return s.Engine.Execute(ctx, s.Principal, pl, approval) })
}

func (s *Screen) move(id action.ID) bool {
	by := action.Motion(id, s.height)
	if by == 0 {
		return false
	}
	if s.lower {
		s.below.Move(by, s.lowerN, max(1, s.lowerH))
		return true
	}
	s.list.Move(by, len(s.plan.Steps))
	s.below = widget.Scroll{}
	return true
}

// Draw draws the steps and, where there is room, what the selected one changes.
func (s *Screen) Draw(w, h int) []string {
	if !s.loaded || s.err != nil {
		return s.drawWaiting(w, h)
	}
	below := 0
	switch {
	case h >= 12:
		below = h - max(6, min(len(s.plan.Steps)+len(s.plan.Notes)+2, h/2))
	case s.lower:
		return s.drawStep(w, h)
	}
	out := s.drawSteps(w, h-below)
	if below > 0 {
		out = append(out, s.drawStep(w, below)...)
	}
	return out
}

func (s *Screen) drawWaiting(w, h int) []string {
	b := widget.Box{Title: s.what, Focus: true}
	iw, _ := b.Inner(w, h)
	lines := []string{" " + s.Look.Muted.Render("planning: rendering, and asking the server about every object")}
	if s.err != nil {
		lines = nil
		for _, line := range widget.Wrapped("No plan could be made: "+s.err.Error(), iw-2) {
			lines = append(lines, " "+s.Look.Bad.Render(line))
		}
		if remedy := s.May(s.err); remedy != s.err.Error() {
			for _, line := range widget.Wrapped(strings.TrimPrefix(remedy, s.err.Error()+"; "), iw-2) {
				lines = append(lines, " "+s.Look.Text.Render(line))
			}
		}
	}
	return b.Draw(s.Look, lines, w, h)
}

func (s *Screen) drawSteps(w, h int) []string {
	b := widget.Box{Title: s.counts(), Right: s.wishes(), Bottom: s.remark(), Focus: !s.lower}
	if s.progress != nil {
		b.Title, b.Right = s.result(s.Now()), s.counts()
	}
	iw, ih := b.Inner(w, h)
	s.height = ih
	if len(s.plan.Steps) == 0 {
		text := "Nothing to do: the cluster is as git has it."
		if s.kind() == deletion {
			text = "Nothing to delete in the cluster."
		}
		lines := []string{" " + s.Look.Good.Render(text)}
		return b.Draw(s.Look, append(lines, s.steps(iw, ih-1)...), w, h)
	}
	return b.Draw(s.Look, s.steps(iw, ih), w, h)
}

// remark says how the plan was checked, or that it has aged.
func (s *Screen) remark() string {
	if s.operating() {
		return ""
	}
	v, _ := s.Engine.View(s.key)
	if s.kind() == app.KindSync && s.opts.Revision == "" && len(v.Commits) > 0 && len(s.plan.Commits) > 0 &&
		v.Commits[0].ID != s.plan.Commits[0].ID {
		return "git has moved on: ctrl+r plans again"
	}
	checked := 0
	for i := range s.plan.Steps {
		if s.plan.Steps[i].Diff.How == diff.Server {
			checked++
		}
	}
	if checked == 0 {
		return ""
	}
	return fmt.Sprintf("the server checked %s in %s", widget.Count(checked, "step"), widget.Took(s.plan.Took))
}

// drawStep draws the selected step: its message in full, then what it changes.
func (s *Screen) drawStep(w, h int) []string {
	b := widget.Box{Title: "Step", Focus: s.lower}
	iw, ih := b.Inner(w, h)
	i := s.list.Cursor
	if i >= len(s.plan.Steps) {
		return b.Draw(s.Look, s.outcome(iw), w, h)
	}
	b.Title = s.plan.Steps[i].Ref.String()
	if s.drawn.hash != s.plan.Hash || s.drawn.step != i || s.drawn.width != iw {
		text := diffview.Render(s.Look, []diff.Diff{s.plan.Steps[i].Diff}, diffview.Options{Width: iw - 1, Context: 3, Now: s.Now()})
		s.drawn = drawn{hash: s.plan.Hash, step: i, width: iw, text: text.Lines}
	}
	lines := append(s.outcome(iw), s.message(i, iw)...)
	for _, line := range s.drawn.text {
		lines = append(lines, " "+line)
	}
	s.lowerN, s.lowerH = len(lines), ih
	first, last := s.below.Window(len(lines), ih)
	return b.Draw(s.Look, lines[first:last], w, h)
}

// outcome is the operation's message when it failed.
func (s *Screen) outcome(w int) []string {
	if s.progress == nil || !s.progress.Phase.Done() {
		return nil
	}
	style := s.Look.Good
	if s.progress.Phase != app.OperationSucceeded {
		style = s.Look.Bad
	}
	var out []string
	for _, line := range widget.Wrapped(s.progress.Message, w-2) {
		out = append(out, " "+style.Render(line))
	}
	return append(out, "")
}

// message is what is known about a step in full: the server's refusal, the operation's message.
func (s *Screen) message(i, w int) []string {
	st := &s.plan.Steps[i]
	text := st.Reason
	style := s.Look.Muted
	if st.Refused != "" && s.progress == nil {
		text, style = "the server refuses: "+st.Refused, s.Look.Bad
	}
	if s.progress != nil && i < len(s.progress.Steps) && s.progress.Steps[i].Message != "" {
		text = s.progress.Steps[i].Message
		if s.progress.Steps[i].State == engine.StepFailed {
			style = s.Look.Bad
		}
	}
	if text == "" || text == st.Diff.Reason {
		return nil
	}
	var out []string
	for _, line := range widget.Wrapped(text, w-2) {
		out = append(out, " "+style.Render(line))
	}
	return out
}

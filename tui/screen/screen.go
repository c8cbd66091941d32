// Package screen says what a screen of the console is, and gives screens what they share: the engine, who acts, how
// things look, and a way to ask for something slow.
//
// A screen is told what happens by the root model and answers with commands. It never waits: what takes time runs in a
// command made by [Base.Ask], and comes back as a [Reply] that carries the screen and the question it belongs to. A
// reply to a screen that was left, or to a question that was asked anew since, is dropped.
package screen

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/tui/action"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// Screen is one place of the console. All methods are called by the root model, one at a time.
type Screen interface {
	// ID tells this instance from every other.
	ID() uint64
	// Kind says which acts work here.
	Kind() action.Screen
	// Title names the place for the header.
	Title() string
	// Init is called once, when the screen is opened; Shown whenever it comes to the front again.
	Init() tea.Cmd
	// Do carries out an act that the screen did not say is disabled.
	Do(id action.ID) tea.Cmd
	// Disabled says why an act cannot be done now, "" when it can.
	Disabled(id action.ID) string
	// Receive takes the reply to a question of this screen.
	Receive(r Reply) tea.Cmd
	// Changed is told which applications have a new View; the zero Key stands for the store and the automation.
	Changed(keys []app.Key) tea.Cmd
	// Draw returns at most h lines of at most w cells. It changes nothing that can be seen.
	Draw(w, h int) []string
	// Attends names the applications that are seen.
	Attends() []app.Key
	// Close ends what the screen asked for.
	Close()
}

// Typist is a Screen that takes keys as text. Type returns false for a key that is not text; the table of acts is then
// asked.
type Typist interface {
	Type(msg tea.Msg) (tea.Cmd, bool)
	// Cursor is where the terminal's cursor belongs, in the screen's coordinates, nil for nowhere.
	Cursor() *tea.Cursor
}

// Filterer is a Screen whose lines can be narrowed, or searched.
type Filterer interface {
	SetFilter(text string)
	Filter() string
}

// Env is what all screens of one console share.
type Env struct {
	Engine    Engine
	Principal app.Principal
	Look      widget.Look
	// Now is the clock for ages and for the speed of keys.
	Now func() time.Time
	// Context ends with the console.
	Context context.Context
	// Drafts keeps edited values that were neither kept nor committed.
	Drafts map[app.Key]string
	// Pause is how long typing rests before a preview is made.
	Pause time.Duration
	// AttendEvery is how often the engine is told what is looked at, never when it is 0.
	AttendEvery time.Duration

	screens uint64
	opened  []Screen
}

// Open has a screen opened in front of the others before the next key is looked at: a key that is typed at once is meant for
// it. It is called within an Update, and returns no command so that it can end one.
func (e *Env) Open(s Screen) tea.Cmd {
	e.opened = append(e.opened, s)
	return nil
}

// Opened returns the screens that are to be opened, in their order, and forgets them.
func (e *Env) Opened() []Screen {
	opened := e.opened
	e.opened = nil
	return opened
}

// Base is the part that all screens have in common; they embed it.
type Base struct {
	*Env
	id     uint64
	ctx    context.Context
	cancel context.CancelFunc
	asked  map[string]question
	seq    uint64
}

// question is the newest of its kind.
type question struct {
	seq    uint64
	cancel context.CancelFunc
}

// NewBase returns the Base of a new screen.
func NewBase(env *Env) Base {
	env.screens++
	ctx, cancel := context.WithCancel(env.Context)
	return Base{Env: env, id: env.screens, ctx: ctx, cancel: cancel, asked: map[string]question{}}
}

// ID tells this screen from every other.
func (b *Base) ID() uint64 { return b.id }

// Close cancels every question that is still open.
func (b *Base) Close() { b.cancel() }

// Attends names nothing; screens about an application name it.
func (b *Base) Attends() []app.Key { return nil }

// Changed does nothing.
func (b *Base) Changed([]app.Key) tea.Cmd { return nil }

// Disabled allows everything.
func (b *Base) Disabled(action.ID) string { return "" }

// Reply is the answer to a question.
type Reply struct {
	To   uint64
	Kind string
	Seq  uint64
	// Value is what was asked for, nil with an error.
	Value any
	Err   error
	// Act is true when something was to be changed: the root model shows its error, also when nobody waits for the reply any
	// more, so screens do not.
	Act bool
}

// Ask asks a question in the background. A question of the same kind that is still open is cancelled, and its reply
// dropped.
func (b *Base) Ask(kind string, f func(ctx context.Context) (any, error)) tea.Cmd {
	if old, ok := b.asked[kind]; ok {
		old.cancel()
	}
	return b.send(kind, false, f)
}

// Act changes something in the background. It is not cancelled when the screen is left, and is never repeated.
func (b *Base) Act(kind string, f func(ctx context.Context) (any, error)) tea.Cmd {
	return b.send(kind, true, f)
}

func (b *Base) send(kind string, act bool, f func(ctx context.Context) (any, error)) tea.Cmd {
	b.seq++
	parent := b.ctx
	if act {
		parent = b.Context
	}
	ctx, cancel := context.WithCancel(parent)
	b.asked[kind] = question{seq: b.seq, cancel: cancel}
	r := Reply{To: b.id, Kind: kind, Seq: b.seq, Act: act}
	return func() tea.Msg {
		defer cancel()
		r.Value, r.Err = f(ctx)
		return r
	}
}

// Waiting reports whether a question of a kind is open.
func (b *Base) Waiting(kind string) bool {
	_, open := b.asked[kind]
	return open
}

// Fresh reports whether a reply answers the newest question of its kind, which is closed by that.
func (b *Base) Fresh(r Reply) bool {
	q, open := b.asked[r.Kind]
	if !open || q.seq != r.Seq {
		return false
	}
	delete(b.asked, r.Kind)
	return true
}

// Failed tells in a pane of w cells what went wrong, and in what way it can be mended.
func (b *Base) Failed(what string, err error, w int) []string {
	out := widget.Paragraph(b.Look.Bad, what+": "+err.Error(), w)
	if remedy := hint.Of(err); remedy != "" {
		out = append(out, widget.Paragraph(b.Look.Text, b.Look.Arrow()+" "+remedy, w)...)
	}
	return out
}

// May returns why the Principal may not do an act, "" when it may.
func (b *Base) May(err error) string {
	if err == nil {
		return ""
	}
	if h := hint.Of(err); h != "" {
		return err.Error() + "; " + h
	}
	return err.Error()
}

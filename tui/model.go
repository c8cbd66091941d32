// Package tui is the console: a keyboard-driven terminal front over the engine.
//
// The root model keeps a stack of screens, each in a package of its own, and at most one overlay in front of them. It is
// the only tea.Model. A key goes to the overlay, to a screen on which text is typed, or, by the one table of acts
// (package action), to the screen in front. Everything slow runs in commands; their replies carry the screen and the
// question they belong to, and a reply that nobody waits for any more is dropped.
//
// At rest nothing is drawn and nothing is asked: the engine says what changed, ages move by the minute, and one tick in
// twenty seconds tells the engine which applications are looked at.
package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/themes"
	"github.com/wheelhouse-gitops/wheelhouse/tui/action"
	"github.com/wheelhouse-gitops/wheelhouse/tui/overlay"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
)

// messagesKept bounds the messages that can be read again.
const messagesKept = 200

// changed says that applications have new Views.
type changed struct{ keys []app.Key }

// tick comes every [screen.Env.AttendEvery].
type tick struct{}

// model is the console.
type model struct {
	env      *screen.Env
	theme    string
	dark     bool
	stack    []screen.Screen
	overlay  overlay.Overlay
	notice   *screen.Notice
	messages []string
	summary  summary
	w, h     int
	quitting bool
}

func newModel(env *screen.Env, theme string) *model {
	m := &model{env: env, theme: theme, dark: true}
	m.push(newApps(env))
	m.summary = sum(env.Engine)
	return m
}

// Init asks the terminal for its background, to choose a theme by, and starts the tick.
func (m *model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.front().Init(), m.attend()}
	if m.theme == "" || m.theme == themes.Auto {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	return tea.Batch(cmds...)
}

// attend tells the engine what is looked at, now and again.
func (m *model) attend() tea.Cmd {
	m.env.Engine.Attend(m.front().Attends()...)
	if m.env.AttendEvery == 0 {
		return nil
	}
	return tea.Tick(m.env.AttendEvery, func(time.Time) tea.Msg { return tick{} })
}

func (m *model) front() screen.Screen { return m.stack[len(m.stack)-1] }

func (m *model) push(s screen.Screen) { m.stack = append(m.stack, s) }

// Update takes one message.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmds []tea.Cmd
	for _, msg := range pressed(msg) {
		cmds = append(cmds, m.take(msg))
		for _, s := range m.env.Opened() {
			m.push(s)
			m.env.Engine.Attend(s.Attends()...)
			cmds = append(cmds, s.Init())
		}
	}
	return m, tea.Batch(cmds...)
}

// take takes one message.
func (m *model) take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
		return nil
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
		return m.dress(m.theme)
	case tick:
		return m.attend()
	case changed:
		return m.changed(msg.keys)
	case screen.Reply:
		return m.reply(msg)
	case screen.Notice:
		m.tell(msg)
		return nil
	case screen.Menu:
		m.overlay = overlay.NewPalette(msg.Title, choices(msg))
	case screen.Dialog:
		m.overlay = overlay.NewDialog(msg, m.env.Now)
		return nil
	case tea.KeyPressMsg, tea.PasteMsg:
		return m.input(msg)
	}
	return m.other(msg)
}

// other passes a message of a library, such as a cursor's blink, to whoever takes text.
func (m *model) other(msg tea.Msg) tea.Cmd {
	if m.overlay != nil {
		return nil
	}
	if t, ok := m.front().(screen.Typist); ok {
		cmd, _ := t.Type(msg)
		return cmd
	}
	return nil
}

// changed passes new Views to every screen, for those behind are returned to.
func (m *model) changed(keys []app.Key) tea.Cmd {
	m.summary = sum(m.env.Engine)
	m.dropGone()
	cmds := make([]tea.Cmd, 0, len(m.stack))
	for _, s := range m.stack {
		cmds = append(cmds, s.Changed(keys))
	}
	return tea.Batch(cmds...)
}

// dropGone leaves the screens of applications that are gone. The plan of a deletion stays: it says how it ended.
func (m *model) dropGone() {
	kept := m.stack[:1:1]
	for _, s := range m.stack[1:] {
		keys := s.Attends()
		if len(keys) != 1 || s.Kind() == action.Plan {
			kept = append(kept, s)
			continue
		}
		if _, ok := m.env.Engine.View(keys[0]); ok {
			kept = append(kept, s)
			continue
		}
		s.Close()
		m.tell(screen.Notice{Text: "the application " + keys[0].String() + " is gone"})
	}
	m.stack = kept
}

// reply passes a reply to the screen that asked. The error of an act is shown whoever is there.
func (m *model) reply(r screen.Reply) tea.Cmd {
	if r.Act && r.Err != nil {
		m.tell(screen.Notice{Text: r.Err.Error(), Remedy: hint.Of(r.Err), Bad: true})
	}
	for _, s := range m.stack {
		if s.ID() == r.To {
			return s.Receive(r)
		}
	}
	return nil
}

// tell shows a notice. A good word never hides an error.
func (m *model) tell(n screen.Notice) {
	text := n.Text
	if n.Remedy != "" {
		text += "\n" + n.Remedy
	}
	m.messages = append(m.messages, m.env.Now().Format(time.TimeOnly)+"  "+text)
	m.messages = m.messages[max(0, len(m.messages)-messagesKept):]
	if m.notice != nil && m.notice.Bad && !n.Bad {
		return
	}
	m.notice = &n
}

// nextTheme takes the theme after the one that is worn.
func (m *model) nextTheme() tea.Cmd {
	names := themes.Names()
	next := names[0]
	for i, n := range names {
		if n == m.env.Look.Name {
			next = names[(i+1)%len(names)]
		}
	}
	m.theme = next
	return tea.Batch(m.dress(next), screen.Tell("theme "+next))
}

func (m *model) dress(name string) tea.Cmd {
	t, err := themes.Load(name, m.dark)
	if err != nil {
		return screen.Fail(err)
	}
	m.env.Look.Theme = t
	return nil
}

// choices makes the entries of a menu.
func choices(menu screen.Menu) []overlay.Entry {
	out := make([]overlay.Entry, len(menu.Choices))
	for i, c := range menu.Choices {
		out[i] = overlay.Entry{Title: c.Title, Note: c.Note, Why: c.Disabled, Run: c.Choose}
	}
	return out
}

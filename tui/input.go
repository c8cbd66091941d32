package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/tui/action"
	"github.com/wheelhouse-gitops/wheelhouse/tui/overlay"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
)

// pressed returns the messages that one stands for. Esc pressed again before the first was read, as over a slow line, is told as
// once with Alt: a terminal sends Alt as an Esc before the key.
func pressed(msg tea.Msg) []tea.Msg {
	if key, ok := msg.(tea.KeyPressMsg); ok && key.Code == tea.KeyEscape && key.Mod == tea.ModAlt {
		key.Mod = 0
		return []tea.Msg{key, key}
	}
	return []tea.Msg{msg}
}

// input takes a key or pasted text.
func (m *model) input(msg tea.Msg) tea.Cmd {
	if m.notice != nil && !m.notice.Bad {
		m.notice = nil
	}
	if m.overlay != nil {
		was := m.overlay
		cmd, done := m.overlay.Update(msg)
		if done && m.overlay == was {
			m.overlay = nil
		}
		return cmd
	}
	if t, ok := m.front().(screen.Typist); ok {
		if cmd, taken := t.Type(msg); taken {
			return cmd
		}
	}
	key, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	a, ok := action.Find(m.front().Kind(), key.String())
	if !ok || m.hidden(a) {
		return nil
	}
	return m.act(a.ID)
}

// hidden reports whether an act works on what cannot be seen because the window is too small for it.
func (m *model) hidden(a action.Action) bool {
	return m.tiny() && a.ID != action.Quit && a.ID != action.Back
}

// act carries out an act, or says why it cannot be done.
func (m *model) act(id action.ID) tea.Cmd {
	front := m.front()
	switch id {
	case action.Back:
		return m.escape()
	case action.Quit:
		return m.quit()
	case action.Help:
		m.overlay = overlay.NewHelp(front.Kind(), m.why)
		return nil
	case action.Palette:
		m.overlay = overlay.NewPalette("Command", m.entries())
		return nil
	case action.Messages:
		m.notice = nil
		m.overlay = overlay.NewMessages(m.messages)
		return nil
	case action.Theme:
		return m.nextTheme()
	case action.Filter:
		if f, ok := front.(screen.Filterer); ok {
			m.overlay = overlay.NewFilterLine(f)
		}
		return nil
	}
	if why := m.why(id); why != "" {
		m.tell(screen.Notice{Text: "cannot " + action.Get(id).Title + ": " + why})
		return nil
	}
	return front.Do(id)
}

// why says why an act cannot be done on the screen in front.
func (m *model) why(id action.ID) string { return m.front().Disabled(id) }

// escape dismisses an error, a filter, or the screen in front, in this order. It never quits.
func (m *model) escape() tea.Cmd {
	if m.notice != nil {
		m.notice = nil
		return nil
	}
	if f, ok := m.front().(screen.Filterer); ok && f.Filter() != "" {
		f.SetFilter("")
		return nil
	}
	m.back()
	return nil
}

// back leaves the screen in front.
func (m *model) back() {
	if len(m.stack) == 1 {
		return
	}
	m.front().Close()
	m.stack = m.stack[:len(m.stack)-1]
	m.env.Engine.Attend(m.front().Attends()...)
}

// quit goes back, or leaves the console; while an operation of this console runs it asks.
func (m *model) quit() tea.Cmd {
	if len(m.stack) > 1 && m.front().Kind() != action.Values {
		m.back()
		return nil
	}
	if running := operations(m.env.Engine); len(running) > 0 {
		return screen.Question(screen.Dialog{
			Title: "Quit while an operation runs?", Yes: "quit when it has ended",
			Lines:  append([]string{"The console closes now, and the program ends when these have ended:"}, running...),
			Accept: func([]string) tea.Cmd { return tea.Quit },
		})
	}
	m.quitting = true
	return tea.Quit
}

// operations names the operations that this process runs.
func operations(e screen.Engine) []string {
	var out []string
	for _, v := range e.Views() {
		if v.Progress != nil && !v.Progress.Phase.Done() {
			out = append(out, string(v.Progress.Plan.Kind)+" of "+v.App.Key().String())
		}
	}
	return out
}

package overlay

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/tui/action"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// leastBox is the height below which a box is drawn without its frame.
const leastBox = 4

// Pages is a text in front of the screen that can be scrolled: help and messages.
type Pages struct {
	title  string
	text   func(l widget.Look, w int) []string
	copy   func() string
	scroll widget.Scroll
	lines  int
	height int
}

// NewHelp returns the help of a screen, from the table of acts.
func NewHelp(s action.Screen, disabled func(action.ID) string) *Pages {
	return &Pages{title: "Keys on the screen " + string(s), text: func(l widget.Look, w int) []string { return helpText(l, s, disabled, w) }}
}

func helpText(l widget.Look, s action.Screen, disabled func(action.ID) string, w int) []string {
	var out []string
	write := func(a action.Action) {
		keys := make([]string, len(a.Keys))
		for i, k := range a.Keys {
			if keys[i] = k; !l.ASCII {
				keys[i] = action.Show(k)
			}
		}
		help := a.Help
		if why := disabled(a.ID); why != "" {
			help += " Not now: " + why + "."
		}
		for i, line := range widget.Wrapped(help, w-16) {
			name := ""
			if i == 0 {
				name = strings.Join(keys, " ")
			}
			out = append(out, " "+l.Key.Render(l.Fit(name, 14))+" "+l.Text.Render(line))
		}
	}
	// What only this screen can do comes first: that is what people look for.
	for _, a := range action.For(s) {
		if !a.Everywhere() {
			write(a)
		}
	}
	out = append(out, "", " "+l.Title.Render("Everywhere"))
	for _, a := range action.For(s) {
		if a.Everywhere() {
			write(a)
		}
	}
	if action.Types(s) {
		out = append(out, "", " "+l.Muted.Render("Letters are text here."))
	}
	return out
}

// NewMessages returns the messages in full, the newest first.
func NewMessages(messages []string) *Pages {
	return &Pages{
		title: "Messages",
		copy:  func() string { return strings.Join(messages, "\n") },
		text: func(l widget.Look, w int) []string {
			var out []string
			for i := len(messages) - 1; i >= 0; i-- {
				for _, line := range widget.Wrapped(messages[i], w-2) {
					out = append(out, " "+l.Text.Render(line))
				}
				out = append(out, "")
			}
			if len(messages) == 0 {
				out = []string{" " + l.Muted.Render("There was none yet.")}
			}
			return out
		},
	}
}

// Update scrolls; esc, q and enter close.
func (p *Pages) Update(msg tea.Msg) (tea.Cmd, bool) {
	key, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil, false
	}
	p.scroll.Move(action.Scroll(key.String(), p.height), p.lines, max(1, p.height))
	switch key.String() {
	case "esc", "q", "enter", "?", "f1", "@", "ctrl+c":
		return nil, true
	case "c":
		if p.copy != nil {
			return tea.SetClipboard(p.copy()), false
		}
	}
	return nil, false
}

// Cursor is nowhere.
func (p *Pages) Cursor() *tea.Cursor { return nil }

// Draw draws the part that is seen.
func (p *Pages) Draw(l widget.Look, w, h int) []string {
	bw := min(100, w)
	b := widget.Box{Title: p.title, Right: "esc closes", Focus: true}
	iw, _ := b.Inner(bw, 10)
	lines := p.text(l, iw)
	bh := min(h, max(leastBox, len(lines)+2))
	_, ih := b.Inner(bw, bh)
	p.lines, p.height = len(lines), ih
	first, last := p.scroll.Window(len(lines), ih)
	if last < len(lines) {
		b.Bottom = "j scrolls"
	}
	return b.Draw(l, lines[first:last], bw, bh)
}

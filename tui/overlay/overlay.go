// Package overlay draws what stands in front of a screen for a moment: questions, help, the palette, messages, and the
// line of a filter. An overlay takes all keys while it is open.
package overlay

import (
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// Overlay is something in front of a screen.
type Overlay interface {
	// Update takes a key or pasted text. Done closes the overlay; the command runs either way.
	Update(msg tea.Msg) (cmd tea.Cmd, done bool)
	// Draw returns the overlay's lines, all of one width, for a screen of this size.
	Draw(l widget.Look, w, h int) []string
	// Cursor is where the next letter goes, in the overlay's coordinates; nil for nowhere.
	Cursor() *tea.Cursor
}

// Over lays lines over the middle of a screen and returns where they begin.
func Over(screen, box []string, w, h int) (lines []string, x, y int) {
	if len(box) == 0 {
		return screen, 0, 0
	}
	bw := widget.Width(box[0])
	x, y = max(0, (w-bw)/2), max(0, (h-len(box))/3)
	lines = append([]string(nil), screen...)
	for i, line := range box {
		if y+i >= len(lines) {
			break
		}
		under := lines[y+i]
		lines[y+i] = ansi.Cut(under, 0, x) + line + ansi.Cut(under, x+bw, w)
	}
	return lines, x, y
}

// newInput returns a line of text with a real cursor.
func newInput(value string) textinput.Model {
	in := textinput.New()
	in.Prompt = ""
	in.SetVirtualCursor(false)
	in.SetValue(value)
	in.CursorEnd()
	in.Focus()
	return in
}

// dress gives an input the theme's styles.
func dress(in *textinput.Model, l widget.Look, w int) {
	state := textinput.StyleState{Text: l.Text, Placeholder: l.Faint, Suggestion: l.Faint, Prompt: l.Muted}
	in.SetStyles(textinput.Styles{Focused: state, Blurred: state})
	in.SetWidth(max(1, w-1))
}

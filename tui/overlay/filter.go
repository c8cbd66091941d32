package overlay

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// FilterLine takes the text that a screen is narrowed to, while it is typed.
type FilterLine struct {
	target screen.Filterer
	input  textinput.Model
	cursor *tea.Cursor
}

// NewFilterLine returns the line of a screen, with what it is narrowed to now.
func NewFilterLine(target screen.Filterer) *FilterLine {
	return &FilterLine{target: target, input: newInput(target.Filter())}
}

// Update takes letters. Enter keeps the text, esc shows everything again.
func (f *FilterLine) Update(msg tea.Msg) (tea.Cmd, bool) {
	if key, ok := msg.(tea.KeyPressMsg); ok {
		switch key.String() {
		case "enter", "down":
			return nil, true
		case "esc", "ctrl+c":
			f.target.SetFilter("")
			return nil, true
		}
	}
	if paste, ok := msg.(tea.PasteMsg); ok {
		msg = tea.PasteMsg{Content: strings.Join(strings.Fields(paste.Content), " ")}
	}
	before := f.input.Value()
	var cmd tea.Cmd
	f.input, cmd = f.input.Update(msg)
	if f.input.Value() != before {
		f.target.SetFilter(f.input.Value())
	}
	return cmd, false
}

// Cursor is where the next letter goes.
func (f *FilterLine) Cursor() *tea.Cursor { return f.cursor }

// Draw draws the one line.
func (f *FilterLine) Draw(l widget.Look, w, _ int) []string {
	dress(&f.input, l, w-4)
	if f.cursor = f.input.Cursor(); f.cursor != nil {
		f.cursor.X += 3
	}
	return []string{l.Fit(" "+l.Accent.Render("/ ")+f.input.View(), w)}
}

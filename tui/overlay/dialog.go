package overlay

import (
	"strings"
	"time"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// tooFast is the gap below which a newline after a letter is taken for pasted text, which no terminal announced: nobody
// types the two so quickly.
const tooFast = 40 * time.Millisecond

// Dialog asks a question. Its focus is on the fields, if it has any, and else on Cancel; a text that must be typed has to
// be there before anything but Cancel works. Pasted newlines never accept.
type Dialog struct {
	question screen.Dialog
	now      func() time.Time
	labels   []string
	inputs   []textinput.Model
	focus    int
	yes      bool
	typed    time.Time
	hint     string
	cursor   *tea.Cursor
}

// NewDialog returns the overlay of a question; now is the clock by which the speed of keys is told.
func NewDialog(q screen.Dialog, now func() time.Time) *Dialog {
	d := &Dialog{question: q, now: now}
	for _, f := range q.Fields {
		d.labels = append(d.labels, f.Label)
		d.inputs = append(d.inputs, newInput(f.Value))
	}
	if q.Must != "" {
		d.labels = append(d.labels, "type "+q.Must)
		d.inputs = append(d.inputs, newInput(""))
	}
	return d
}

// Update takes a key or pasted text.
func (d *Dialog) Update(msg tea.Msg) (tea.Cmd, bool) {
	if paste, ok := msg.(tea.PasteMsg); ok {
		msg = tea.PasteMsg{Content: strings.Join(strings.Fields(paste.Content), " ")}
		d.typed = d.now()
		return d.write(msg), false
	}
	key, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil, false
	}
	quick := d.now().Sub(d.typed) < tooFast
	d.hint = ""
	switch key.String() {
	case "esc", "ctrl+c":
		return nil, true
	case "tab", "down":
		d.step(1)
	case "shift+tab", "up":
		d.step(-1)
	case "enter":
		if quick {
			d.hint = "a pasted newline does not count: press enter again"
			return nil, false
		}
		return d.enter()
	case "left", "right":
		if d.onButtons() {
			d.yes = !d.yes
			return nil, false
		}
		return d.write(msg), false
	default:
		d.typed = d.now()
		return d.write(msg), false
	}
	return nil, false
}

func (d *Dialog) onButtons() bool { return d.focus >= len(d.inputs) }

func (d *Dialog) write(msg tea.Msg) tea.Cmd {
	if d.onButtons() {
		return nil
	}
	var cmd tea.Cmd
	d.inputs[d.focus], cmd = d.inputs[d.focus].Update(msg)
	return cmd
}

// step moves the focus through fields, Cancel and yes.
func (d *Dialog) step(by int) {
	n := len(d.inputs)
	at := d.focus
	if d.onButtons() && d.yes {
		at = n + 1
	}
	at = (at + by + n + 2) % (n + 2)
	d.focus, d.yes = min(at, n), at == n+1
}

// enter goes on to the next field, or chooses.
func (d *Dialog) enter() (tea.Cmd, bool) {
	last := len(d.inputs) - 1
	if d.question.Must != "" && d.focus == last {
		d.focus, d.yes = last+1, true
		if d.missing() != "" {
			d.focus, d.yes = last, false
		}
		return d.accept()
	}
	if !d.onButtons() {
		d.step(1)
		if d.onButtons() {
			d.yes = d.missing() == ""
		}
		return nil, false
	}
	if !d.yes {
		return nil, true
	}
	return d.accept()
}

func (d *Dialog) accept() (tea.Cmd, bool) {
	if d.hint = d.missing(); d.hint != "" {
		return nil, false
	}
	values := make([]string, len(d.question.Fields))
	for i := range values {
		values[i] = strings.TrimSpace(d.inputs[i].Value())
	}
	return d.question.Accept(values), true
}

// missing says what is yet to be typed, "" when nothing is.
func (d *Dialog) missing() string {
	for i, f := range d.question.Fields {
		if f.Needed && strings.TrimSpace(d.inputs[i].Value()) == "" {
			return f.Label + " must not be empty"
		}
	}
	if m := d.question.Must; m != "" && d.inputs[len(d.inputs)-1].Value() != m {
		return "that is not " + m
	}
	return ""
}

// Cursor is where the next letter goes.
func (d *Dialog) Cursor() *tea.Cursor { return d.cursor }

// Draw draws the question, its fields and its buttons.
func (d *Dialog) Draw(l widget.Look, w, h int) []string {
	bw := min(72, w)
	b := widget.Box{Title: d.question.Title, Focus: true}
	iw, _ := b.Inner(bw, 10)
	var lines []string
	for _, text := range d.question.Lines {
		for _, line := range widget.Wrapped(text, iw-2) {
			lines = append(lines, " "+l.Text.Render(line))
		}
	}
	lines = append(lines, "")
	d.cursor = nil
	for i := range d.inputs {
		label := l.Muted.Render(d.labels[i]+": ") + ""
		dress(&d.inputs[i], l, iw-2-widget.Width(label))
		if i == d.focus {
			label = l.Accent.Render(d.labels[i] + ": ")
			if c := d.inputs[i].Cursor(); c != nil {
				c.X += (bw-iw)/2 + 1 + widget.Width(label)
				c.Y = len(lines) + 1
				d.cursor = c
			}
		}
		lines = append(lines, " "+label+d.inputs[i].View())
	}
	if len(d.inputs) > 0 {
		lines = append(lines, "")
	}
	lines = append(lines, d.buttons(l))
	if d.hint != "" {
		lines = append(lines, " "+l.Warn.Render(l.Cut(d.hint, iw-2)))
	}
	return b.Draw(l, lines, bw, min(h, len(lines)+2))
}

// buttons draws Cancel and yes; the one with the focus has a mark, which is seen without colour too.
func (d *Dialog) buttons(l widget.Look) string {
	draw := func(text string, focused bool) string {
		if focused {
			return l.Accent.Render(l.Cursor()) + l.Selected.Render("[ "+text+" ]")
		}
		return " " + l.Muted.Render("[ "+text+" ]")
	}
	return draw("Cancel", d.onButtons() && !d.yes) + " " + draw(d.question.Yes, d.onButtons() && d.yes)
}

package overlay

import (
	"cmp"
	"slices"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// Entry is something that the palette offers.
type Entry struct {
	Title string
	// Note stands at the right: a key, or what the entry is.
	Note string
	// Why says why it cannot be chosen now.
	Why string
	Run func() tea.Cmd
}

// Palette finds an act or an application by the letters of its name.
type Palette struct {
	title   string
	entries []Entry
	input   textinput.Model
	found   []Entry
	list    widget.List
	cursor  *tea.Cursor
}

// NewPalette returns a palette over entries, under a title.
func NewPalette(title string, entries []Entry) *Palette {
	p := &Palette{title: title, entries: entries, input: newInput("")}
	p.find()
	return p
}

// Update takes letters, moves and chooses.
func (p *Palette) Update(msg tea.Msg) (tea.Cmd, bool) {
	if key, ok := msg.(tea.KeyPressMsg); ok {
		switch key.String() {
		case "esc", "ctrl+c":
			return nil, true
		case "down", "ctrl+n", "tab":
			p.list.Move(1, len(p.found))
			return nil, false
		case "up", "ctrl+p", "shift+tab":
			p.list.Move(-1, len(p.found))
			return nil, false
		case "enter":
			if p.list.Cursor < len(p.found) && p.found[p.list.Cursor].Why == "" {
				return p.found[p.list.Cursor].Run(), true
			}
			return nil, false
		}
	}
	if paste, ok := msg.(tea.PasteMsg); ok {
		msg = tea.PasteMsg{Content: strings.Join(strings.Fields(paste.Content), " ")}
	}
	before := p.input.Value()
	var cmd tea.Cmd
	p.input, cmd = p.input.Update(msg)
	if p.input.Value() != before {
		p.find()
	}
	return cmd, false
}

// find keeps the entries that have the typed letters in their order, the closest together first.
func (p *Palette) find() {
	type hit struct {
		entry Entry
		score int
	}
	var hits []hit
	for _, e := range p.entries {
		if score, ok := match(strings.ToLower(p.input.Value()), strings.ToLower(e.Title)); ok {
			hits = append(hits, hit{e, score})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(a.score, b.score) })
	p.found = p.found[:0]
	for _, h := range hits {
		p.found = append(p.found, h.entry)
	}
	p.list = widget.List{}
}

// match reports whether the letters occur in this order, and how far apart: fewer is better.
func match(letters, text string) (int, bool) {
	if i := strings.Index(text, letters); i >= 0 {
		return i, true
	}
	score, at := 100, 0
	for _, r := range letters {
		i := strings.IndexRune(text[at:], r)
		if i < 0 {
			return 0, false
		}
		score += i
		at += i + len(string(r))
	}
	return score, true
}

// noteGap is the space between a title and its note.
const noteGap = 2

// Cursor is where the next letter goes.
func (p *Palette) Cursor() *tea.Cursor { return p.cursor }

// Draw draws the line and what was found.
func (p *Palette) Draw(l widget.Look, w, h int) []string {
	bw, bh := min(76, w), min(h, 16)
	b := widget.Box{Title: p.title, Right: widget.Count(len(p.found), "match"), Focus: true}
	if len(p.found) != 1 {
		b.Right = strings.TrimSuffix(b.Right, "s") + "es"
	}
	iw, ih := b.Inner(bw, bh)
	dress(&p.input, l, iw-3)
	if p.cursor = p.input.Cursor(); p.cursor != nil {
		p.cursor.X += (bw-iw)/2 + 3
		p.cursor.Y = 1
	}
	lines := []string{" " + l.Accent.Render(": ") + p.input.View()}
	first, last := p.list.Window(len(p.found), ih-1)
	for i := first; i < last; i++ {
		e := p.found[i]
		title, note := l.Text.Render(e.Title), l.Muted.Render(e.Note)
		if e.Why != "" {
			title, note = l.Faint.Render(e.Title), l.Faint.Render(e.Why)
		}
		// A note has what its title leaves, and half of the line whatever that is.
		room := max(iw/2, iw-2-noteGap-widget.Width(title))
		lines = append(lines, l.Row(l.Ends(title, l.Cut(note, room), iw-2), i == p.list.Cursor, iw))
	}
	return b.Draw(l, lines, bw, bh)
}

// Package diffview draws comparisons: what is live against what the server predicts, object by object, with the words
// that changed and who changed each field before. [Render] serves every pane that shows differences; [Screen] is the
// screen of its own.
package diffview

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// Options say how differences are drawn.
type Options struct {
	// Width is that of the lines, in cells.
	Width int
	// Context is the number of unchanged lines around a change.
	Context int
	// Split puts live and predicted side by side.
	Split bool
	// Now is the time that ages are counted from.
	Now time.Time
	// Past is true for differences that may be others by now.
	Past bool
}

// Text is drawn differences.
type Text struct {
	Lines []string
	// Stops are the lines at which a change or an object begins.
	Stops []int
}

// Render draws differences. Objects that are in sync, or were not compared at all, are left out.
func Render(l widget.Look, diffs []diff.Diff, o Options) Text {
	p := painter{look: l, o: o}
	for _, d := range diffs {
		if d.Verdict == diff.InSync || d.Ref.Kind == "" {
			continue
		}
		if len(p.out.Lines) > 0 {
			p.line("")
		}
		p.object(d)
	}
	return p.out
}

type painter struct {
	look widget.Look
	o    Options
	out  Text
}

func (p *painter) line(s string) { p.out.Lines = append(p.out.Lines, p.look.Cut(s, p.o.Width)) }

func (p *painter) stop() {
	if n := len(p.out.Stops); n == 0 || p.out.Stops[n-1] != len(p.out.Lines) {
		p.out.Stops = append(p.out.Stops, len(p.out.Lines))
	}
}

// object draws one object: its head, what the server said, its fields, its lines.
func (p *painter) object(d diff.Diff) {
	l := p.look
	p.stop()
	mark := l.Verdict(d.Verdict)
	head := mark.Style.Render(mark.Glyph) + " " + l.Strong.Render(d.Ref.String())
	p.line(l.Ends(head, mark.Style.Render(summary(d)), p.o.Width))
	if d.Reason != "" {
		for _, s := range widget.Wrapped(d.Reason, p.o.Width-2) {
			p.line("  " + mark.Style.Render(s))
		}
	}
	if (d.How != diff.Server && d.How != diff.Texts || d.Unchecked != "") && !d.SaysGround() {
		style := l.Muted
		if d.Unchecked != "" {
			style = l.Warn
		}
		for _, s := range widget.Wrapped(d.Ground(), p.o.Width-2) {
			p.line("  " + style.Render(s))
		}
	}
	for _, w := range d.Warnings {
		for _, s := range widget.Wrapped("server: "+w, p.o.Width-2) {
			p.line("  " + l.Warn.Render(s))
		}
	}
	for _, c := range d.Changes {
		if s := p.origin(c); s != "" {
			p.line("  " + s)
		}
	}
	for _, c := range d.Ignored {
		p.line("  " + p.change(c, append(p.about(c), "left out by ignoreDifferences, and written with the rest")))
	}
	if d.Live == nil && d.Predicted == nil {
		return
	}
	p.hunks(diff.YAML(d.Live), diff.YAML(d.Predicted))
}

// summary says in words how an object differs.
func summary(d diff.Diff) string {
	if d.Verdict == diff.Differs && len(d.Changes) > 0 {
		return widget.Count(len(d.Changes), "field")
	}
	return d.Verdict.String()
}

// origin shows a field with who wrote its live value, or that admission added the new one; "" when nobody knows.
func (p *painter) origin(c diff.Change) string {
	about := p.about(c)
	if len(about) == 0 {
		return ""
	}
	return p.change(c, about)
}

// about says who wrote the live value of a field, and that admission added the new one.
func (p *painter) about(c diff.Change) []string {
	var about []string
	if c.Manager != "" {
		by := "by " + c.Manager
		if !c.Time.IsZero() {
			by += " " + widget.Age(c.Time, p.o.Now)
		}
		about = append(about, by)
	}
	if c.Admission {
		about = append(about, "set by the server")
	}
	return about
}

// change shows the two values of a field, and what is to be said about it.
func (p *painter) change(c diff.Change, about []string) string {
	l := p.look
	value := l.Removed.Render(p.short(c.Old, c.HasOld)) + " " + l.Arrow() + " " + l.Added.Render(p.short(c.New, c.HasNew))
	return l.Muted.Render(c.Path) + " " + value + "  " + l.Muted.Render(strings.Join(about, ", "))
}

// short writes a value in a few cells.
func (p *painter) short(v any, has bool) string {
	if !has {
		return "none"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return p.look.Cut(widget.Line(string(text)), 40)
}

// hunks draws the lines of two texts.
func (p *painter) hunks(before, after string) {
	for _, h := range diff.Hunks(before, after, p.o.Context) {
		if h.Skipped > 0 {
			p.line(p.look.Faint.Render(fmt.Sprintf("  %s %s", p.look.Dot(), widget.Count(h.Skipped, "equal line"))))
		}
		for i := 0; i < len(h.Lines); {
			removed, added, next := block(h.Lines, i)
			if next == i {
				p.same(h.Lines[i])
				i++
				continue
			}
			p.stop()
			p.changed(removed, added)
			i = next
		}
	}
}

// block takes the removed lines from i on and the added ones after them.
func block(lines []diff.Line, i int) (removed, added []diff.Line, next int) {
	for ; i < len(lines) && lines[i].Kind == diff.Removed; i++ {
		removed = append(removed, lines[i])
	}
	for ; i < len(lines) && lines[i].Kind == diff.Added; i++ {
		added = append(added, lines[i])
	}
	return removed, added, i
}

func (p *painter) same(line diff.Line) {
	text := widget.Clean(line.Text)
	if !p.o.Split {
		p.line("    " + p.look.Muted.Render(text))
		return
	}
	half := p.half()
	p.line("  " + p.look.Fit("  "+p.look.Muted.Render(text), half) + p.bar() + "  " + p.look.Muted.Render(text))
}

func (p *painter) half() int { return max(4, (p.o.Width-5)/2) }

func (p *painter) bar() string {
	if p.look.ASCII {
		return p.look.Border.Render(" | ")
	}
	return p.look.Border.Render(" │ ")
}

// changed draws removed and added lines; lines that face each other are compared by words.
func (p *painter) changed(removed, added []diff.Line) {
	before, after := make([]string, len(removed)), make([]string, len(added))
	for i := range max(len(removed), len(added)) {
		switch {
		case i < len(removed) && i < len(added):
			a, b := diff.Words(widget.Clean(removed[i].Text), widget.Clean(added[i].Text))
			before[i] = p.spans("- ", a, p.look.Removed, p.look.RemovedWord)
			after[i] = p.spans("+ ", b, p.look.Added, p.look.AddedWord)
		case i < len(removed):
			before[i] = p.look.Removed.Render("- " + widget.Clean(removed[i].Text))
		default:
			after[i] = p.look.Added.Render("+ " + widget.Clean(added[i].Text))
		}
	}
	if !p.o.Split {
		for _, s := range append(before, after...) {
			p.line("  " + s)
		}
		return
	}
	for i := range max(len(before), len(after)) {
		left, right := "", ""
		if i < len(before) {
			left = before[i]
		}
		if i < len(after) {
			right = after[i]
		}
		p.line("  " + p.look.Fit(left, p.half()) + p.bar() + right)
	}
}

// spans draws a line whose changed words stand out.
func (p *painter) spans(sign string, spans []diff.Span, plain, word lipgloss.Style) string {
	out := plain.Render(sign)
	for _, s := range spans {
		style := plain
		if s.Changed && strings.TrimSpace(s.Text) != "" {
			style = word
		}
		out += style.Render(s.Text)
	}
	return out
}

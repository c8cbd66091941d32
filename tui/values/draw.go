package values

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/textarea"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/tui/diffview"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// Draw draws the editor, and the preview beside it or, on a narrow screen, below.
func (s *Screen) Draw(w, h int) []string {
	if !s.loaded || s.err != nil {
		return s.drawWaiting(w, h)
	}
	if w >= 100 {
		left := w / 2
		return widget.Join(s.drawEditor(left, h, 0), s.drawPreview(w-left, h))
	}
	if h < 14 {
		if s.right {
			return s.drawPreview(w, h)
		}
		return s.drawEditor(w, h, 0)
	}
	top := h * 11 / 20
	return append(s.drawEditor(w, top, 0), s.drawPreview(w, h-top)...)
}

func (s *Screen) drawWaiting(w, h int) []string {
	b := widget.Box{Title: "values", Focus: true}
	iw, _ := b.Inner(w, h)
	lines := []string{" " + s.Look.Muted.Render("reading the values from git")}
	if s.err != nil {
		lines = s.Failed("The values cannot be read", s.err, iw)
	}
	return b.Draw(s.Look, lines, w, h)
}

// drawEditor draws the text with its problems below it.
func (s *Screen) drawEditor(w, h, y int) []string {
	b := widget.Box{Title: s.fileTitle(), Right: s.state(), Bottom: s.checked(), Focus: !s.right}
	iw, ih := b.Inner(w, h)
	problems := s.problems(iw, max(0, ih/3))
	s.area.SetStyles(s.styles())
	s.area.SetWidth(iw)
	s.area.SetHeight(max(1, ih-len(problems)))
	s.origin = point{x: (w - iw) / 2, y: y + 1}
	lines := strings.Split(s.area.View(), "\n")
	lines = lines[:min(len(lines), max(0, ih-len(problems)))]
	return b.Draw(s.Look, append(lines, problems...), w, h)
}

func (s *Screen) fileTitle() string {
	if s.values.Editable == "" {
		return "values"
	}
	return s.values.Editable
}

// state says what the text is, compared with what applies.
func (s *Screen) state() string {
	switch {
	case s.dirty():
		return "edited"
	case s.values.Override != "" || len(s.values.Parameters) > 0:
		return "with the application's override"
	}
	return "as in git"
}

// checked says what is known about the text.
func (s *Screen) checked() string {
	if s.preview == nil {
		return ""
	}
	if s.previewed != s.typed || s.Waiting("pause") || s.Waiting("preview") {
		return "checking"
	}
	if broken(s.preview.Result.Problems) {
		return widget.Count(len(s.preview.Result.Problems), "problem")
	}
	ok := s.Look.Sync(app.Synced).Glyph
	text := "yaml " + ok
	if len(s.values.Schema) > 0 {
		text = "schema " + ok + "  " + text
	}
	return text + fmt.Sprintf("  rendered in %s, asked in %s", widget.Took(s.preview.RenderTook), widget.Took(s.preview.CheckTook))
}

// problems are what is wrong with the text, and what a user should know of the override that holds it.
func (s *Screen) problems(w, h int) []string {
	var problems []app.Problem
	lists := s.values.Lists
	if s.preview != nil {
		problems = s.preview.Result.Problems
		if !broken(problems) && s.preview.Result.CommitOnly == "" {
			lists = s.preview.Result.Lists
		}
	}
	if only := s.commitOnly(); only != "" {
		problems = append(problems[:len(problems):len(problems)], app.Problem{Message: "only a commit can hold this: " + only, Warning: true})
	}
	var out []string
	for _, path := range lists {
		problems = append(problems[:len(problems):len(problems)], app.Problem{Message: app.WholeList(path), Warning: true})
	}
	for _, p := range problems {
		style, mark := s.Look.Bad, s.Look.Health(app.Degraded).Glyph
		if p.Warning {
			style, mark = s.Look.Warn, s.Look.Warning()
		}
		for i, line := range widget.Wrapped(p.String(), w-4) {
			if i > 0 {
				mark = " "
			}
			out = append(out, " "+style.Render(mark+" "+line))
		}
	}
	return out[:min(len(out), h)]
}

// styles dress the editor in the theme.
func (s *Screen) styles() textarea.Styles {
	l := s.Look
	state := textarea.StyleState{
		Text: l.Text, LineNumber: l.Faint, CursorLineNumber: l.Accent, CursorLine: l.Text, EndOfBuffer: l.Faint,
		Placeholder: l.Muted, Prompt: l.Muted, Selection: l.Selected,
	}
	return textarea.Styles{Focused: state, Blurred: state}
}

// drawPreview draws what the text would change in the cluster.
func (s *Screen) drawPreview(w, h int) []string {
	b := widget.Box{Title: "what would change in the cluster", Focus: s.right}
	iw, ih := b.Inner(w, h)
	s.rightHeight = ih
	lines := s.previewLines(iw)
	if s.preview != nil && s.preview.Err == nil && !broken(s.preview.Result.Problems) {
		b.Right = widget.Count(len(s.preview.Diffs), "object")
	}
	first, last := s.scroll.Window(len(lines), ih)
	return b.Draw(s.Look, lines[first:last], w, h)
}

func (s *Screen) previewLines(w int) []string {
	say := func(text string) []string { return widget.Paragraph(s.Look.Muted, text, w) }
	switch p := s.preview; {
	case p == nil:
		return say("rendering, and asking the server")
	case broken(p.Result.Problems):
		return say("The text has errors. Nothing is rendered until they are mended.")
	case p.Err != nil:
		return s.Failed("This cannot be previewed", p.Err, w)
	case len(p.Diffs) == 0:
		return say("Nothing: the cluster is already as these values ask.")
	}
	if s.textWidth != w {
		s.text = diffview.Render(s.Look, s.preview.Diffs, diffview.Options{Width: w - 2, Context: 2, Now: s.Now()})
		for i, line := range s.text.Lines {
			s.text.Lines[i] = " " + line
		}
		s.textWidth = w
	}
	return s.text.Lines
}

package history

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

func by(r *app.Record) string {
	if r.By.Automated {
		return "automation"
	}
	return r.By.Username
}

// when is the time by which a record is listed: its end, or its beginning as long as it has none.
func when(r *app.Record) time.Time {
	if r.FinishedAt.IsZero() {
		return r.StartedAt
	}
	return r.FinishedAt
}

func took(r *app.Record) string {
	if r.FinishedAt.IsZero() {
		return ""
	}
	return widget.Took(r.FinishedAt.Sub(r.StartedAt))
}

// of names the commits that an operation was of, or the object of an action.
func of(r *app.Record) string {
	if r.Action != nil {
		return widget.Line(r.Action.Object.String() + ": " + r.Action.Says)
	}
	var parts []string
	for _, c := range r.Commits {
		parts = append(parts, strings.TrimSpace(c.Short()+" "+widget.Line(c.Message)))
	}
	return strings.Join(parts, ", ")
}

func (s *Screen) drawRecord(w, h int) []string {
	r := s.selected()
	b := widget.Box{Title: "Record", Focus: s.panes.Lower}
	if r == nil {
		return b.Draw(s.Look, nil, w, h)
	}
	b.Title = r.ID
	iw, ih := b.Inner(w, h)
	lines := s.facts(r, iw)
	return b.Draw(s.Look, s.panes.Details(lines, ih), w, h)
}

// facts tells of a record in full.
func (s *Screen) facts(r *app.Record, w int) []string {
	l := s.Look
	var out []string
	say := func(name, value string) {
		for i, line := range widget.Wrapped(value, w-11) {
			if i > 0 {
				name = ""
			}
			out = append(out, " "+l.Muted.Render(l.Fit(name, 9))+line)
		}
	}
	if r.Action != nil {
		say("object", r.Action.Object.String())
		say("action", r.Action.Name+": "+r.Action.Says)
	}
	say("why", r.Why)
	say("by", by(r)+", "+r.StartedAt.In(s.Now().Location()).Format(time.DateTime))
	if r.Message != "" {
		say("message", r.Message)
	}
	if r.Action != nil {
		for _, name := range slices.Sorted(maps.Keys(r.Action.Values)) {
			say("with", name+" = "+widget.Line(r.Action.Values[name]))
		}
		for _, c := range r.Action.Changes {
			say("change", widget.Line(c))
		}
	}
	for _, c := range r.Commits {
		say("commit", strings.TrimSpace(fmt.Sprintf("%s %s  %s", c.Short(), widget.Line(c.Message), widget.Line(c.Author))))
	}
	for _, res := range r.Results {
		style := l.Muted
		if res.Status == "SyncFailed" {
			style = l.Bad
		}
		text := res.Ref().String() + "  " + res.Status
		if took, known := res.Took(); known {
			text += " in " + widget.Took(took)
		}
		if res.Message != "" {
			text += ": " + widget.Line(res.Message)
		}
		out = append(out, widget.Paragraph(style, text, w)...)
	}
	return out
}

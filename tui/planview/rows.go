package planview

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// steps draws the steps that are seen, with the phase or wave named where it begins.
func (s *Screen) steps(w, h int) []string {
	var out []string
	first, last := s.panes.Rows(len(s.plan.Steps), h)
	for i := first; i < last; i++ {
		label := stage(&s.plan.Steps[i])
		if i > first && label == stage(&s.plan.Steps[i-1]) {
			label = ""
		}
		var text string
		if s.progress != nil {
			text = s.runningStep(label, i, w-2)
		} else {
			text = s.plannedStep(label, i, w-2)
		}
		out = append(out, s.Look.Row(text, i == s.panes.List.Cursor, w))
	}
	return append(out, s.remarks(w)...)
}

// remarks are what else there is to be known of the plan.
func (s *Screen) remarks(w int) []string {
	var out []string
	notes := s.plan.Notes
	if again := s.retryNote(); again != "" {
		notes = append(slices.Clip(notes), again)
	}
	for _, note := range notes {
		for _, line := range widget.Wrapped("note: "+note, w-2) {
			out = append(out, " "+s.Look.Muted.Render(line))
		}
	}
	return append(out, s.commitLines(w)...)
}

// stage names the phase or wave of a step as people say it.
func stage(st *plan.Step) string {
	switch {
	case st.Verb == plan.Keep:
		return "kept"
	case st.Phase == plan.Sync && st.Verb == plan.Delete:
		return "prune"
	case st.Phase == plan.Sync:
		return fmt.Sprintf("wave %d", st.Wave)
	case st.Wave != 0:
		return fmt.Sprintf("%s %d", st.Phase, st.Wave)
	}
	return st.Phase.String()
}

const stageWidth = 9

func (s *Screen) lead(label string, w int) string {
	if w < 64 {
		return ""
	}
	return s.Look.Fit(s.Look.Muted.Render(label), stageWidth) + " "
}

// plannedStep draws a step before it is approved.
func (s *Screen) plannedStep(label string, i, w int) string {
	l, st := s.Look, &s.plan.Steps[i]
	verb := l.Verb(st.Verb)
	reason := widget.Line(st.Reason)
	style := l.Muted
	switch {
	case st.Left:
		verb, reason = widget.Mark{Glyph: l.Dot(), Word: "left out", Style: l.Muted}, "will not be done"
	case st.Unknown():
		verb, reason, style = widget.Mark{Glyph: "?", Word: "unknown", Style: l.Unknown}, widget.Line(st.Refused), l.Bad
	case st.Refused != "":
		reason, style = "refused: "+widget.Line(st.Refused), l.Bad
	case st.Guard != "":
		reason, style = l.Warning()+" asks for its name: "+reason, l.Warn
	}
	return l.Cut(s.lead(label, w)+l.Fit(verb.String(), 11)+s.object(st, w)+"  "+style.Render(reason), w)
}

// object names the object of a step; short where there is little room.
func (s *Screen) object(st *plan.Step, w int) string {
	if w < 64 {
		return s.Look.Fit(st.Ref.Kind+" "+s.Look.Strong.Render(st.Name()), max(10, w-26))
	}
	room := max(30, w/3)
	return s.Look.Fit(s.Look.Muted.Render(st.Ref.Kind+" ")+s.Look.Text.Render(where(st)), room)
}

func where(st *plan.Step) string {
	if st.Ref.Namespace == "" {
		return st.Name()
	}
	return st.Ref.Namespace + "/" + st.Name()
}

// runningStep draws a step of an operation.
func (s *Screen) runningStep(label string, i, w int) string {
	l, st := s.Look, &s.plan.Steps[i]
	if i >= len(s.progress.Steps) {
		return s.plannedStep(label, i, w)
	}
	state := s.progress.Steps[i]
	mark := l.Step(state.State)
	if st.Left || st.Verb == plan.Keep {
		mark = widget.Mark{Glyph: l.Dot(), Word: "not done", Style: l.Muted}
	}
	message := widget.Line(state.Message)
	if message == "" && (state.State == engine.StepPending || state.State == engine.StepDone) {
		message = st.Verb.String()
	}
	took := ""
	if !state.Ended.IsZero() && !state.Started.IsZero() {
		took = widget.Took(state.Ended.Sub(state.Started))
	}
	style := l.Muted
	if state.State == engine.StepFailed {
		style = l.Bad
	}
	text := s.lead(label, w) + l.Fit(mark.String(), 11) + s.object(st, w) + "  " + style.Render(message)
	return l.Ends(text, l.Muted.Render(took), w)
}

// counts sums the plan up for the title of its box.
func (s *Screen) counts() string {
	c := s.plan.Counts()
	var parts []string
	add := func(n int, verb plan.Verb) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d %s", s.Look.Verb(verb).Glyph, n, verb))
		}
	}
	add(c.Hook, plan.RunHook)
	add(c.Create, plan.Create)
	add(c.Change, plan.Change)
	add(c.Own, plan.Own)
	add(c.Replace, plan.Replace)
	add(c.Prune, plan.Delete)
	add(c.HandBack, plan.HandBack)
	if c.Unknown > 0 {
		parts = append(parts, fmt.Sprintf("? %d unknown", c.Unknown))
	}
	if c.Keep > 0 {
		parts = append(parts, fmt.Sprintf("%d kept", c.Keep))
	}
	if s.plan.Unchanged > 0 {
		parts = append(parts, fmt.Sprintf("%d unchanged", s.plan.Unchanged))
	}
	if len(parts) == 0 {
		return "nothing to do"
	}
	return strings.Join(parts, "  ")
}

// wishes names the options that the plan was made with.
func (s *Screen) wishes() string {
	o := &s.plan.Options
	var parts []string
	if o.Prune && s.kind() != deletion {
		parts = append(parts, "prune")
	}
	if o.Adopt {
		parts = append(parts, "take over")
	}
	for _, manager := range o.TakeOver {
		parts = append(parts, "fields of "+widget.Line(manager))
	}
	if o.Force {
		parts = append(parts, "replace")
	}
	if o.Orphan {
		parts = append(parts, "keep objects")
	}
	if o.HandBack {
		parts = append(parts, "hand objects back")
	}
	if o.Commit != nil {
		parts = append(parts, "commit")
	}
	return strings.Join(parts, ", ")
}

// result says how the operation goes, or went.
func (s *Screen) result(now time.Time) string {
	p := s.progress
	done, total := p.Counts()
	if !p.Phase.Done() {
		text := fmt.Sprintf("%s %d/%d", s.Look.Bar(done, total, 12), done, total)
		if p.Waiting != "" {
			text += "  waiting for " + widget.Line(p.Waiting)
		}
		return text
	}
	end := p.Ended
	if end.IsZero() {
		end = now
	}
	return s.Look.Phase(p.Phase).String() + " in " + widget.Took(end.Sub(p.Started))
}

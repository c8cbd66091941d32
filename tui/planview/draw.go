package planview

import (
	"fmt"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/tui/diffview"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// Draw draws the steps and, where there is room, what the selected one changes.
func (s *Screen) Draw(w, h int) []string {
	if !s.loaded || s.err != nil {
		return s.drawWaiting(w, h)
	}
	below := 0
	switch {
	case h >= 12:
		below = h - max(6, min(max(1, len(s.plan.Steps))+len(s.remarks(w-2))+2, h/2))
	case s.panes.Lower:
		return s.drawStep(w, h)
	}
	out := s.drawSteps(w, h-below)
	if below > 0 {
		out = append(out, s.drawStep(w, below)...)
	}
	return out
}

func (s *Screen) drawWaiting(w, h int) []string {
	b := widget.Box{Title: s.what, Focus: true}
	iw, _ := b.Inner(w, h)
	lines := []string{" " + s.Look.Muted.Render("planning: rendering, and asking the server about every object")}
	if s.err != nil {
		lines = s.Failed("No plan could be made", s.err, iw)
	}
	return b.Draw(s.Look, lines, w, h)
}

func (s *Screen) drawSteps(w, h int) []string {
	b := widget.Box{Title: s.counts(), Right: s.wishes(), Bottom: s.remark(), Focus: !s.panes.Lower}
	if s.progress != nil {
		b.Title, b.Right = s.result(s.Now()), s.counts()
	}
	iw, ih := b.Inner(w, h)
	if len(s.plan.Steps) == 0 {
		lines := []string{" " + s.Look.Good.Render(s.nothing())}
		return b.Draw(s.Look, append(lines, s.steps(iw, ih-1)...), w, h)
	}
	return b.Draw(s.Look, s.steps(iw, ih), w, h)
}

// nothing says what the cluster is like where a plan has no steps. An undo and a rollback go by a record, and not by git.
func (s *Screen) nothing() string {
	switch s.kind() {
	case deletion:
		return "Nothing to delete in the cluster."
	case app.KindRollback:
		return "Nothing to do in the cluster: it is as " + s.plan.Record + " has it."
	case app.KindUndo:
		if s.plan.Record == "" {
			return "Nothing to undo in the cluster: it has nothing that the operation created."
		}
		return "Nothing to undo in the cluster: it is as " + s.plan.Record + ", the record of before, has it."
	case app.KindSync:
	}
	return "Nothing to do: the cluster is as git has it."
}

// remark says how the plan was checked, or that it has aged.
func (s *Screen) remark() string {
	if s.operating() {
		return ""
	}
	v, _ := s.Engine.View(s.key)
	if s.kind() == app.KindSync && s.plan.Resumes == nil && len(s.plan.Options.Revisions) == 0 && len(v.Commits) > 0 &&
		len(s.plan.Commits) > 0 && v.Commits[0].ID != s.plan.Commits[0].ID {
		return "git has moved on: ctrl+r plans again"
	}
	checked, unchecked := 0, 0
	for i := range s.plan.Steps {
		switch d := &s.plan.Steps[i].Diff; {
		case d.Unchecked != "":
			unchecked++
		case d.How == diff.Server:
			checked++
		}
	}
	var parts []string
	if checked > 0 {
		parts = append(parts, fmt.Sprintf("the server checked %s in %s", widget.Count(checked, "step"), widget.Took(s.plan.Took)))
	}
	if unchecked > 0 {
		parts = append(parts, fmt.Sprintf("%d not checked", unchecked))
	}
	if s.cannotCommit() == "" && s.plan.Options.Commit == nil {
		parts = append(parts, "ctrl+g restores it in git too")
	}
	return strings.Join(parts, ", ")
}

// drawStep draws the selected step: its message in full, then what it changes.
func (s *Screen) drawStep(w, h int) []string {
	b := widget.Box{Title: "Step", Focus: s.panes.Lower}
	iw, ih := b.Inner(w, h)
	i := s.panes.List.Cursor
	if i >= len(s.plan.Steps) {
		return b.Draw(s.Look, s.outcome(iw), w, h)
	}
	b.Title = s.plan.Steps[i].Title()
	if s.drawn.hash != s.plan.Hash || s.drawn.step != i || s.drawn.width != iw {
		text := diffview.Render(s.Look, []diff.Diff{s.plan.Steps[i].Diff}, diffview.Options{Width: iw - 2, Context: 3, Now: s.Now()})
		s.drawn = drawn{hash: s.plan.Hash, step: i, width: iw, text: text.Lines}
	}
	lines := append(s.outcome(iw), s.message(i, iw)...)
	for _, line := range s.drawn.text {
		lines = append(lines, " "+line)
	}
	return b.Draw(s.Look, s.panes.Details(lines, ih), w, h)
}

// outcome is the operation's message when it has ended, or has failed and is to be tried again.
func (s *Screen) outcome(w int) []string {
	if s.progress == nil || !s.progress.Phase.Done() && s.progress.Retrying == nil {
		return nil
	}
	if lines := s.unpushed(w); lines != nil {
		return append(lines, "")
	}
	style := s.Look.Good
	if s.progress.Phase != app.OperationSucceeded {
		style = s.Look.Bad
	}
	return append(widget.Paragraph(style, s.progress.Message, w), "")
}

// message is what is known about a step in full: the server's refusal, the operation's message.
func (s *Screen) message(i, w int) []string {
	st := &s.plan.Steps[i]
	text := st.Reason
	style := s.Look.Muted
	if st.Refused != "" && st.Refused != st.Diff.Reason && s.progress == nil {
		text, style = "the server refuses: "+st.Refused, s.Look.Bad
	}
	if s.progress != nil && i < len(s.progress.Steps) && s.progress.Steps[i].Message != "" {
		text = s.progress.Steps[i].Message
		if s.progress.Steps[i].State == engine.StepFailed {
			style = s.Look.Bad
		}
	}
	// How many fields differ is in the row, and which in the lines below.
	plain := s.progress == nil && st.Guard == "" && st.Refused == "" && st.Diff.Verdict == diff.Differs
	told := s.progress != nil && s.progress.Phase.Done() && strings.Contains(s.progress.Message, text)
	if text == "" || text == st.Diff.Reason || plain || told {
		return nil
	}
	return widget.Paragraph(style, text, w)
}

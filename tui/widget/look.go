// Package widget draws the parts that screens are made of: boxes, columns, lists, states and ages. Everything here is a
// pure function of its arguments; sizes are in cells, and what does not fit is cut, never wrapped by accident.
package widget

import (
	"charm.land/lipgloss/v2"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/themes"
)

// Look is how the console draws: its theme, and whether it may use more than ASCII.
type Look struct {
	themes.Theme
	ASCII bool
}

// Mark is a state as it is drawn: a glyph, a word and a style, so that no state is told by colour alone.
type Mark struct {
	Glyph, Word string
	Style       lipgloss.Style
}

// String draws glyph and word.
func (m Mark) String() string {
	if m.Glyph == "" {
		return m.Style.Render(m.Word)
	}
	return m.Style.Render(m.Glyph + " " + m.Word)
}

// Icon draws the glyph alone, where a word stands near it.
func (m Mark) Icon() string { return m.Style.Render(m.Glyph) }

// glyph returns the fancy glyph or its ASCII stand-in.
func (l Look) glyph(fancy, ascii string) string {
	if l.ASCII {
		return ascii
	}
	return fancy
}

// Glyphs that several screens use.
func (l Look) ellipsis() string { return l.glyph("…", "~") }

// Cursor is the bar before the selected row.
func (l Look) Cursor() string { return l.glyph("▌", ">") }

// Arrow stands between an old and a new value.
func (l Look) Arrow() string { return l.glyph("→", "->") }

// Crumb stands between the parts of a title.
func (l Look) Crumb() string { return l.glyph("▸", ">") }

// Dot separates facts in one line.
func (l Look) Dot() string { return l.glyph("·", "-") }

// Pin marks an application that a rollback holds.
func (l Look) Pin() string { return l.glyph("⚑", "P") }

// Marked stands at what the user has marked.
func (l Look) Marked() string { return l.glyph("•", "*") }

// Auto marks an application that is synced automatically.
func (l Look) Auto() string { return l.glyph("↻", "A") }

// Warning stands before a guard.
func (l Look) Warning() string { return l.glyph("⚠", "!") }

// Sync draws a sync status.
func (l Look) Sync(c app.SyncCode) Mark {
	switch c {
	case app.Synced:
		return Mark{l.glyph("✓", "+"), "Synced", l.Good}
	case app.OutOfSync:
		return Mark{"~", "OutOfSync", l.Warn}
	case app.SyncUnknown, "":
	}
	return Mark{"?", "Unknown", l.Unknown}
}

// Health draws a health code; an object whose kind has no health is drawn empty.
func (l Look) Health(c app.HealthCode) Mark {
	switch c {
	case app.Healthy:
		return Mark{l.glyph("✓", "+"), "Healthy", l.Good}
	case app.Progressing:
		return Mark{l.glyph("…", "."), "Progressing", l.Busy}
	case app.Suspended:
		return Mark{l.glyph("‖", "="), "Suspended", l.Busy}
	case app.Missing:
		return Mark{l.glyph("∅", "0"), "Missing", l.Warn}
	case app.Degraded:
		return Mark{l.glyph("✗", "x"), "Degraded", l.Bad}
	case app.HealthUnknown:
		return Mark{"?", "Unknown", l.Unknown}
	}
	return Mark{}
}

// Verb draws what a step does.
func (l Look) Verb(v plan.Verb) Mark {
	switch v {
	case plan.Create:
		return Mark{"+", v.String(), l.Added}
	case plan.Change, plan.Own:
		return Mark{"~", v.String(), l.Changed}
	case plan.Replace:
		return Mark{l.glyph("±", "R"), v.String(), l.Warn}
	case plan.Delete:
		return Mark{"-", v.String(), l.Removed}
	case plan.RunHook:
		return Mark{l.glyph("▸", ">"), v.String(), l.Busy}
	case plan.HandBack:
		return Mark{l.glyph("↩", "<"), v.String(), l.Changed}
	case plan.Keep:
	}
	return Mark{l.Dot(), v.String(), l.Muted}
}

// Verdict draws the outcome of a comparison.
func (l Look) Verdict(v diff.Verdict) Mark {
	switch v {
	case diff.InSync, diff.OwnershipOnly:
		return Mark{l.glyph("✓", "+"), v.String(), l.Good}
	case diff.Create:
		return Mark{"+", v.String(), l.Added}
	case diff.Differs:
		return Mark{"~", v.String(), l.Changed}
	case diff.Prune:
		return Mark{"-", "not in git", l.Removed}
	case diff.Conflict, diff.Immutable, diff.Refused, diff.MissingKind, diff.Foreign:
		return Mark{l.glyph("✗", "x"), v.String(), l.Bad}
	case diff.NotCompared:
	}
	return Mark{"?", v.String(), l.Unknown}
}

// Step draws where a step of an operation stands.
func (l Look) Step(c engine.StepCode) Mark {
	switch c {
	case engine.StepRunning:
		return Mark{l.glyph("▶", ">"), c.String(), l.Busy}
	case engine.StepWaiting:
		return Mark{l.glyph("…", "."), c.String(), l.Busy}
	case engine.StepDone:
		return Mark{l.glyph("✓", "+"), c.String(), l.Good}
	case engine.StepFailed:
		return Mark{l.glyph("✗", "x"), c.String(), l.Bad}
	case engine.StepSkipped:
		return Mark{l.Dot(), c.String(), l.Muted}
	case engine.StepPending:
	}
	return Mark{l.Dot(), c.String(), l.Muted}
}

// Phase draws how an operation stands or ended.
func (l Look) Phase(p app.OperationPhase) Mark {
	switch p {
	case app.OperationSucceeded:
		return Mark{l.glyph("✓", "+"), "succeeded", l.Good}
	case app.OperationFailed, app.OperationError:
		return Mark{l.glyph("✗", "x"), "failed", l.Bad}
	case app.OperationRunning:
		return Mark{l.glyph("▶", ">"), "running", l.Busy}
	case app.OperationTerminating:
		return Mark{l.glyph("▶", ">"), "terminating", l.Warn}
	}
	return Mark{}
}

// Bar draws progress as a bar of so many cells.
func (l Look) Bar(done, total, width int) string {
	if total <= 0 || width <= 0 {
		return ""
	}
	full := min(width, done*width/total)
	out := ""
	for i := range width {
		if i < full {
			out += l.glyph("▰", "#")
		} else {
			out += l.glyph("▱", ".")
		}
	}
	return l.Busy.Render(out)
}

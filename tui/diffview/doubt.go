package diffview

import (
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// doubt says that an application could not be compared since, how old the differences are that are shown all the same, and why;
// nothing where the application is compared as ever.
func doubt(l widget.Look, v engine.View, asOf, now time.Time, w int) []string {
	st := &v.App.Status
	away := widget.Unreachable(v, now)
	known := st.Sync.Status == app.Synced || st.Sync.Status == app.OutOfSync
	if known && away == "" {
		return nil
	}
	lines := []string{" " + l.Cut(l.Sync(app.SyncUnknown).String()+"  "+l.Warn.Render("as "+widget.Compared(asOf, now)), w-2)}
	for _, c := range st.Conditions {
		switch c.Type {
		case app.ConditionComparisonError, app.ConditionInvalidSpec, app.ConditionClusterChanged:
			lines = append(lines, widget.Paragraph(l.Bad, l.Warning()+" "+string(c.Type)+": "+c.Message, w)...)
		default:
		}
	}
	if away != "" {
		lines = append(lines, widget.Paragraph(l.Bad, l.Warning()+" "+away, w)...)
	}
	return lines
}

// doubts is what is said above the differences in a pane of h lines: they themselves have the most of it.
func (s *Screen) doubts(w, h int) []string {
	if !s.follow || !s.loaded || s.err != nil {
		return nil
	}
	v, ok := s.Engine.View(s.key)
	if !ok {
		return nil
	}
	lines := doubt(s.Look, v, s.found.AsOf, s.Now(), w)
	lines = lines[:min(len(lines), max(1, h/3))]
	if len(lines) > 0 && h >= 6 {
		lines = append(lines, "")
	}
	return lines
}

// nothing says that there are no differences, or that there were none when it was compared last.
func nothing(l widget.Look, past bool) string {
	if past {
		return l.Muted.Render("Nothing differed then.")
	}
	return l.Good.Render("Nothing differs.")
}

package apps

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// row is one application, or one document that cannot be read.
type row struct {
	key    app.Key
	view   engine.View
	broken error
}

// columns are the widths of a list of this width; 0 leaves a column out.
type columns struct{ name, sync, health, marks, revision, destination, last int }

func columnsFor(w int) columns {
	c := columns{sync: 12, health: 14, marks: 3}
	switch {
	case w >= 112:
		c.revision, c.destination, c.last = 28, 24, 12
	case w >= 74:
		c.revision, c.last = 14, 13
	case w < 44:
		c.marks, c.health = 0, 2
	}
	c.name = max(8, w-c.sync-c.health-c.marks-c.revision-c.destination-c.last)
	if c.name > 34 && c.revision > 0 {
		c.revision += c.name - 34
		c.name = 34
	}
	return c
}

// head draws the names of the columns.
func (c columns) head(l widget.Look) string {
	return " " + l.Muted.Render(l.Fit("NAME", c.name)+l.Fit("SYNC", c.sync)+l.Fit("HEALTH", c.health)+l.Fit("", c.marks)+
		l.Fit("REVISION", c.revision)+l.Fit("DESTINATION", c.destination)+l.Fit("LAST", c.last))
}

// draw draws a row.
func (c columns) draw(l widget.Look, r row, now time.Time) string {
	if r.broken != nil {
		return l.Fit(r.key.String(), c.name) + l.Bad.Render(l.Cut(l.Health(app.Degraded).Glyph+" the document cannot be read", 60))
	}
	v := r.view
	sync := l.Sync(v.App.Status.Sync.Status)
	if v.Released {
		sync = widget.Mark{Glyph: l.Dot(), Word: "Released", Style: l.Muted}
	}
	out := l.Fit(r.key.String(), c.name-1) + " " + l.Fit(sync.String(), c.sync)
	health := l.Health(cmp.Or(v.App.Status.Health.Status, app.HealthUnknown))
	if c.health < 6 {
		out += l.Fit(health.Icon(), c.health)
	} else {
		out += l.Fit(health.String(), c.health)
	}
	out += l.Fit(marks(l, v), c.marks)
	if c.revision > 0 {
		out += l.Fit(revision(l, v, c.revision-1, now), c.revision)
	}
	if c.destination > 0 {
		out += l.Fit(l.Cut(v.App.Spec.Destination.String(), c.destination-1), c.destination)
	}
	if c.last > 0 {
		out += l.Fit(last(l, v, c.last, now), c.last)
	}
	return out
}

func marks(l widget.Look, v engine.View) string {
	s := ""
	if v.Pin != nil {
		s += l.Warn.Render(l.Pin())
	}
	if _, on := v.App.Spec.AutomatedOn(); on {
		s += l.Muted.Render(l.Auto())
	}
	return s
}

// revision names the followed revision and what it resolved to.
func revision(l widget.Look, v engine.View, w int, now time.Time) string {
	sources := v.App.Spec.AllSources()
	if len(sources) == 0 {
		return ""
	}
	wanted := sources[0].Revision()
	if len(v.Commits) == 0 {
		id := app.Commit{ID: v.App.Status.Sync.Revision}
		return l.Cut(strings.TrimSpace(widget.Line(wanted)+" "+l.Muted.Render(id.Short())), w)
	}
	c := v.Commits[0]
	if w < 20 {
		return l.Cut(widget.Line(wanted)+" "+l.Muted.Render(c.Short()), w)
	}
	return l.Cut(fmt.Sprintf("%s %s", widget.Line(wanted), l.Muted.Render(strings.TrimSpace(
		c.Short()+" "+widget.Age(c.Date, now)+" "+widget.Line(c.Author)))), w)
}

// last draws the running or the last operation.
func last(l widget.Look, v engine.View, w int, now time.Time) string {
	if p := v.Progress; p != nil && !p.Phase.Done() {
		done, total := p.Counts()
		return l.Bar(done, total, min(6, w-7)) + fmt.Sprintf(" %d/%d", done, total)
	}
	op := v.App.Status.OperationState
	if op == nil {
		return ""
	}
	word := string(op.Operation.Kind())
	if op.Operation.Kind() == app.KindRollback {
		word = "back"
	}
	if op.Operation.InitiatedBy.Automated {
		word = "auto"
	}
	at := op.StartedAt
	if op.FinishedAt != nil {
		at = *op.FinishedAt
	}
	return word + " " + l.Phase(op.Phase).Icon() + " " + l.Muted.Render(widget.Age(at, now))
}

package apps

import (
	"fmt"
	"strings"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// why tells in a few lines what there is to know about the selected application, the most pressing first.
func why(l widget.Look, r row, w int, now time.Time) []string {
	p := pen{look: l, width: w}
	if r.broken != nil {
		p.say(l.Health(app.Degraded).Icon(), r.broken.Error())
		return p.lines
	}
	v := r.view
	if v.Released {
		p.say(l.Warn.Render(l.Warning()), "its document is gone from the store; its objects are still in the cluster. x plans their deletion")
	}
	running(&p, v)
	failure := widget.Failure(v)
	for _, c := range v.App.Status.Conditions {
		if !strings.Contains(failure, c.Message) {
			p.say(l.Bad.Render(l.Warning()), string(c.Type)+": "+c.Message)
		}
	}
	if away := widget.Unreachable(v, now); away != "" {
		p.say(l.Bad.Render(l.Warning()), away)
	}
	if failure != "" {
		p.say(l.Phase(app.OperationFailed).Icon(), failure)
	}
	objects(&p, v)
	if v.Pin != nil {
		p.say(l.Warn.Render(l.Pin()), "pinned at "+v.Pin.Record+": "+v.Pin.Reason)
	}
	if len(p.lines) == 0 {
		rest(&p, v, now)
	}
	return p.lines
}

// pen writes lines with a mark before them.
type pen struct {
	look  widget.Look
	width int
	lines []string
}

func (p *pen) say(mark, text string) {
	for i, line := range widget.Wrapped(text, p.width-3) {
		if i > 0 {
			mark = " "
		}
		p.lines = append(p.lines, " "+p.look.Fit(mark, 1)+" "+line)
	}
}

func running(p *pen, v engine.View) {
	switch {
	case v.Held != nil:
		p.say(p.look.Busy.Render(p.look.Phase(app.OperationRunning).Glyph), "another process works on it: "+v.Held.String())
	case v.Progress != nil && !v.Progress.Phase.Done():
		text := string(v.Progress.Plan.Kind) + " is running"
		if v.Progress.Waiting != "" {
			text += "; waiting for " + v.Progress.Waiting
		}
		p.say(p.look.Busy.Render(p.look.Phase(app.OperationRunning).Glyph), text)
	}
}

// objects names what is not well and what is not in sync.
func objects(p *pen, v engine.View) {
	for _, r := range v.App.Status.Resources {
		if r.Health == nil || r.Health.Status == app.Healthy || r.Health.Status == "" || r.Health.Status == app.Missing {
			continue
		}
		text := r.Ref().String()
		if r.Health.Message != "" {
			text += "  " + widget.Line(r.Health.Message)
		}
		p.say(p.look.Health(r.Health.Status).Icon(), text)
	}
	for _, r := range v.App.Status.Resources {
		if r.Status != app.OutOfSync {
			continue
		}
		text := r.Ref().String() + " differs from git"
		switch {
		case r.RequiresPruning:
			text = r.Ref().String() + " is no longer in git"
		case r.Health != nil && r.Health.Status == app.Missing:
			text = r.Ref().String() + " is not in the cluster"
		}
		p.say(p.look.Sync(app.OutOfSync).Icon(), text)
	}
}

// rest tells about an application that needs nobody.
func rest(p *pen, v engine.View, now time.Time) {
	if v.App.Status.ReconciledAt == nil {
		p.say(p.look.Unknown.Render("?"), "not compared with the cluster yet")
		return
	}
	p.say(p.look.Sync(app.Synced).Icon(), fmt.Sprintf("%s as git has them",
		widget.Count(len(v.App.Status.Resources), "object")))
	for _, c := range v.Commits {
		p.say(" ", fmt.Sprintf("%s  %s  %s %s", c.Short(), widget.Line(c.Message), widget.Line(c.Author), widget.Age(c.Date, now)))
	}
	for _, image := range v.App.Status.Summary.Images {
		p.say(" ", "image "+image)
	}
}

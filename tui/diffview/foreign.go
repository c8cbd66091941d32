package diffview

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// foreign adds the fields that git does not name, object by object, after the differences: they are none.
func (t *Text) foreign(l widget.Look, objects []engine.ObjectFields, o Options) {
	if len(objects) == 0 {
		return
	}
	p := t.behind(l, o)
	n := 0
	for _, object := range objects {
		n += len(object.Fields)
	}
	p.line(l.Title.Render(widget.Count(n, "field")+" that git does not name") + l.Muted.Render(", which a sync leaves alone"))
	for _, object := range objects {
		p.line("  " + l.Strong.Render(object.Ref.String()))
		for _, f := range object.Fields {
			about := []string{"by " + f.Manager}
			if f.Operation == string(metav1.ManagedFieldsOperationApply) {
				about[0] += ", who applies it"
			}
			if !f.Time.IsZero() {
				about = append(about, widget.Age(f.Time, o.Now))
			}
			p.line("    " + l.Text.Render(widget.Line(f.Path)) + "  " + l.Muted.Render(widget.Line(strings.Join(about, " "))))
		}
	}
	*t = p.out
}

// behind returns a painter that goes on behind the differences, which it says there are none of where nothing is painted.
func (t *Text) behind(l widget.Look, o Options) painter {
	p := painter{look: l, o: o, out: *t}
	if len(p.out.Lines) == 0 {
		p.line(nothing(l, o.Past))
	}
	p.line("")
	p.stop()
	return p
}

// writer is a field manager with what it wrote without an apply, which is what can be taken over.
type writer struct {
	name            string
	fields, objects int
}

// writers lists the managers whose fields can be taken over, by name.
func writers(objects []engine.ObjectFields) []writer {
	var out []writer
	for _, object := range objects {
		seen := map[string]bool{}
		for _, f := range object.Fields {
			if f.Operation != string(metav1.ManagedFieldsOperationUpdate) {
				continue
			}
			i := slices.IndexFunc(out, func(w writer) bool { return w.name == f.Manager })
			if i < 0 {
				i, out = len(out), append(out, writer{name: f.Manager})
			}
			out[i].fields++
			if !seen[f.Manager] {
				seen[f.Manager] = true
				out[i].objects++
			}
		}
	}
	slices.SortFunc(out, func(a, b writer) int { return strings.Compare(a.name, b.name) })
	return out
}

// offerWriters asks whose fields to take over; a plan shows then what that comes to.
func (s *Screen) offerWriters() tea.Cmd {
	menu := screen.Menu{Title: "Take over the fields of"}
	for _, w := range writers(s.found.Foreign) {
		menu.Choices = append(menu.Choices, screen.Choice{
			Title: w.name, Note: fmt.Sprintf("%s of %s", widget.Count(w.fields, "field"), widget.Count(w.objects, "object")),
			Choose: func() tea.Cmd { return s.doors.TakeOver(w.name) },
		})
	}
	return screen.Offer(menu)
}

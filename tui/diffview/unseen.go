package diffview

import (
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// unseen adds the Secrets whose data was not compared.
func (t *Text) unseen(l widget.Look, secrets []object.Ref, o Options) {
	if len(secrets) == 0 {
		return
	}
	p := t.behind(l, o)
	p.line(l.Title.Render("Not compared") + l.Muted.Render(": records hold no data of Secrets"))
	for _, ref := range secrets {
		p.line("  " + l.Strong.Render(ref.String()))
	}
	*t = p.out
}

package detail

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/action"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// An action of an object goes through four hands: the menu of what it offers, the values that the action takes, the
// server's check of what it would do, and a question. Only then is anything written.

// offered is the answer to what an object offers.
type offered struct {
	ref    object.Ref
	offers []action.Offer
}

// askActions asks what the object under the cursor offers.
func (s *Screen) askActions(n *engine.TreeNode) tea.Cmd {
	ref := n.Ref
	return s.Ask("actions", func(ctx context.Context) (any, error) {
		offers, err := s.Engine.Actions(ctx, s.key, ref)
		return offered{ref, offers}, err
	})
}

// offer opens the menu.
func (s *Screen) offer(o offered) tea.Cmd {
	menu := screen.Menu{Title: "Actions of " + o.ref.String()}
	for _, a := range o.offers {
		why := a.Disabled
		if why == "" {
			why = s.May(s.Engine.Allowed(s.Principal, engine.ActOfAction(a.Action)))
		}
		menu.Choices = append(menu.Choices, screen.Choice{
			Title: a.Title, Note: a.Help, Disabled: why, Choose: func() tea.Cmd { return s.askValues(o.ref, a.Action) },
		})
	}
	return screen.Offer(menu)
}

// askValues asks for the values that an action takes, if it takes any.
func (s *Screen) askValues(ref object.Ref, a action.Action) tea.Cmd {
	if len(a.Parameters) == 0 {
		return s.check(engine.ActionRequest{Ref: ref, Action: a.Name})
	}
	d := screen.Dialog{Title: a.Title + " " + ref.String(), Yes: "check", Lines: []string{a.Help, "The server checks it first; you are asked once more."}}
	for _, p := range a.Parameters {
		d.Lines = append(d.Lines, p.Name+": "+p.Help)
		f := screen.Field{Label: p.Name, Needed: true}
		if n := s.tree.selected(); p.Default != nil && n != nil && n.Ref == ref && n.Object != nil {
			f.Value = p.Default(n.Object)
		}
		d.Fields = append(d.Fields, f)
	}
	d.Accept = func(texts []string) tea.Cmd {
		values := map[string]string{}
		for i, p := range a.Parameters {
			values[p.Name] = texts[i]
		}
		return s.check(engine.ActionRequest{Ref: ref, Action: a.Name, Values: values})
	}
	return screen.Question(d)
}

// check has the server check an action.
func (s *Screen) check(req engine.ActionRequest) tea.Cmd {
	return s.Ask("action", func(ctx context.Context) (any, error) { return s.Engine.PlanAction(ctx, s.Principal, s.key, req) })
}

// confirm asks whether to do what was checked. What deletes or is guarded wants the object's name, which confirms the
// guards too.
func (s *Screen) confirm(pl engine.ActionPlan) tea.Cmd {
	var confirmed []string
	d := screen.Dialog{
		Title: pl.Action.Title + " " + pl.Ref.String() + "?", Yes: pl.Action.Title,
		Lines: []string{pl.Action.Help, "It " + pl.Write.Says + "; the server has checked it."},
		Accept: func([]string) tea.Cmd {
			return s.Act("act", func(ctx context.Context) (any, error) { return nil, s.Engine.Act(ctx, s.Principal, pl, confirmed) })
		},
	}
	for _, g := range pl.Guards {
		confirmed = append(confirmed, g.Name)
		d.Lines = append(d.Lines, s.Look.Warning()+" It "+g.Message+".")
	}
	for _, c := range pl.Diff.Changes {
		d.Lines = append(d.Lines, fmt.Sprintf("%s: %s %s %s", c.Path, orNone(c.Old, c.HasOld), s.Look.Arrow(), orNone(c.New, c.HasNew)))
	}
	if pl.Action.Class == action.Remove || len(pl.Guards) > 0 {
		d.Must = pl.Ref.Name
	}
	return screen.Question(d)
}

func orNone(v any, has bool) string {
	if !has {
		return "none"
	}
	return widget.Clean(fmt.Sprint(v))
}

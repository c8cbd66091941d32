package planview

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/tui/screen"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// cannotApply says why the plan cannot be carried out.
func (s *Screen) cannotApply() string {
	for _, g := range s.plan.Guards {
		if g.Refuse {
			return "the plan is refused: " + g.Message
		}
	}
	act := map[app.OperationKind]engine.Act{
		app.KindSync: engine.ActSync, app.KindRollback: engine.ActRollback, app.KindUndo: engine.ActUndo, app.KindDelete: engine.ActDelete,
	}[s.kind()]
	if why := s.May(s.Engine.Allowed(s.Principal, act)); why != "" {
		return why
	}
	v, _ := s.Engine.View(s.key)
	if v.Pin != nil && s.kind() == app.KindSync {
		return "it is pinned at " + v.Pin.Record + "; U on the application lets it follow git again"
	}
	// An operation without steps is worth carrying out only where it mends the record of a failed one.
	if s.plan.Empty() && s.kind() == app.KindSync && !s.mends(&v.App.Status) {
		return "there is nothing to do"
	}
	return ""
}

// mends reports whether the plan, which may have no steps, is of what failed last: of all objects too, if some were synced since, or if
// a deletion failed.
func (s *Screen) mends(st *app.Status) bool {
	last := st.OperationState
	return last != nil && last.Phase != app.OperationSucceeded || len(s.plan.Options.Resources) == 0 && st.Owed()
}

// questions are asked before the plan is carried out: the application's name for a deletion, and each guard.
func (s *Screen) questions() []screen.Dialog {
	var out []screen.Dialog
	if s.kind() == deletion {
		c := s.plan.Counts()
		lines := []string{fmt.Sprintf("%s will be deleted from the cluster, and the application from the store.", widget.Count(c.Prune, "object"))}
		if s.plan.Options.Orphan {
			lines = []string{"The application is deleted from the store; its objects stay in the cluster, with this store's mark."}
		}
		if s.plan.Options.HandBack {
			lines = []string{fmt.Sprintf("The application is deleted from the store; %s of it stay in the cluster, without its mark.", widget.Count(c.HandBack, "object"))}
		}
		out = append(out, screen.Dialog{Title: "Delete " + s.key.String() + "?", Lines: lines, Yes: "delete", Must: s.key.Name})
	}
	left := map[string]bool{}
	for _, st := range s.plan.Steps {
		left[st.ID] = st.Left
	}
	for _, g := range s.plan.Guards {
		if left[g.Step] {
			continue
		}
		out = append(out, screen.Dialog{
			Title: "This is guarded", Yes: "do it", Must: lastName(g.Name), Lines: []string{s.Look.Warning() + " It " + g.Message + "."},
		})
	}
	return out
}

// lastName is the part of a guard's name that is typed to confirm it: the object's name.
func lastName(guard string) string {
	return guard[strings.LastIndexAny(guard, "/:")+1:]
}

// approve asks one question after the other and then carries the plan out. Whoever leaves one question has approved
// nothing.
func (s *Screen) approve(questions []screen.Dialog) tea.Cmd {
	if len(questions) == 0 {
		return s.execute()
	}
	q := questions[0]
	q.Accept = func([]string) tea.Cmd { return s.approve(questions[1:]) }
	return screen.Question(q)
}

func (s *Screen) execute() tea.Cmd {
	if s.operating() {
		return nil
	}
	s.sent = true
	pl := s.plan
	approval := engine.Approval{Why: "approved in the console"}
	for _, g := range pl.Guards {
		approval.Confirmed = append(approval.Confirmed, g.Name)
	}
	if policy, ok := s.retries(); ok {
		approval.Retry = engine.Retry{Retry: policy}
	}
	return s.Act("execute", func(ctx context.Context) (any, error) { return s.Engine.Execute(ctx, s.Principal, pl, approval) })
}

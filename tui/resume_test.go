package tui

import (
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// interrupted is the shop where an operation of payments stopped half-way; its rest is a plan of a kind, with these options.
func interrupted(kind app.OperationKind, o plan.Options) *fakeEngine {
	e := rolledBack()
	st := &e.views[payments(e)].App.Status
	st.Conditions = []app.Condition{{Type: app.ConditionInterrupted, Message: "its process died"}}
	e.plan.Kind, e.plan.Options = kind, o
	e.plan.Commits, e.plan.Sources = e.records[1].Commits, e.records[1].Sources
	return e
}

// plain is the screen without its last line, in which messages are.
func plain(c *console) string {
	s := c.screen()
	return s[:strings.LastIndex(s, "\n")]
}

// TestAResumedOperationHasNoWishes refuses what nobody would listen to: the rest of an operation is as its journal has it.
func TestAResumedOperationHasNoWishes(t *testing.T) {
	t.Parallel()
	for kind, keys := range map[app.OperationKind]map[string]string{
		app.KindDelete:   {"O": "keep objects", "P": "prune", "ctrl+g": "commit too"},
		app.KindRollback: {"ctrl+g": "commit too", "P": "prune"},
		app.KindUndo:     {"P": "prune"},
		app.KindSync:     {"P": "prune", "M": "take over", "F": "replace", "O": "keep objects"},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			c := open(t, interrupted(kind, plan.Options{}), 120, 40)
			c.press("C").shows("rest of the interrupted operation").hides("restores it in git too", "git has moved on")
			before := plain(c)
			for key, title := range keys {
				c.press(key).shows("cannot " + title + ": a resumed operation goes on as it was approved")
			}
			c.press("ctrl+r")
			if after := plain(c); after != before {
				t.Errorf("the plan was\n%s\nand is\n%s", before, after)
			}
			c.acted()
		})
	}
}

func TestAResumedOperationSaysWhatItWasApprovedWith(t *testing.T) {
	t.Parallel()
	for kind, wishes := range map[app.OperationKind]map[string]plan.Options{
		app.KindSync: {
			"prune, take over, fields of kubectl-edit, replace": {Prune: true, Adopt: true, TakeOver: []string{"kubectl-edit"}, Force: true},
		},
		app.KindRollback: {"prune, commit": {Prune: true, Commit: &plan.CommitOptions{Message: "back"}}},
		app.KindDelete:   {"keep objects": {Orphan: true}, "hand objects back": {HandBack: true}},
	} {
		for want, o := range wishes {
			open(t, interrupted(kind, o), 120, 40).press("C").shows(want)
		}
	}
}

func TestAResumedDeletionAsksAboutWhatItDoes(t *testing.T) {
	t.Parallel()
	claim := plan.Step{ID: "1", Ref: ref("ConfigMap", "payments", "config"), Verb: plan.Delete}
	free := claim
	free.Verb = plan.HandBack
	for want, c := range map[string]struct {
		options plan.Options
		steps   []plan.Step
	}{
		"1 object will be deleted from the cluster": {steps: []plan.Step{claim}},
		"its objects stay in":                       {options: plan.Options{Orphan: true}},
		"1 object of it":                            {options: plan.Options{HandBack: true}, steps: []plan.Step{free}},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			e := interrupted(app.KindDelete, c.options)
			e.plan.Steps = c.steps
			open(t, e, 120, 40).press("C", "O", "S").shows("Delete payments?", want).
				write("payments").press("enter").acted("ada delete payments confirmed ")
		})
	}
}

package tui

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// rolledBack is the shop with records that can be committed, whose plan has one step.
func rolledBack() *fakeEngine {
	e := shop()
	e.plan.Steps, e.plan.Guards = e.plan.Steps[:1], nil
	for i := range e.records {
		e.records[i].Sources = []app.Source{{RepoURL: "https://git.example.com/payments", Path: "web", TargetRevision: "main"}}
	}
	return e
}

func TestARollbackIsCommittedToo(t *testing.T) {
	t.Parallel()
	e := rolledBack()
	c := open(t, e, 120, 40)
	c.press("R", "j", "enter").shows("rollback to r1", "ctrl+g restores it in git too").hides("commits to main")
	c.press("ctrl+g").shows("Restore it in git too?", "Nothing is pushed before the plan is applied", "payments: restore as of a81d0f2", "main")
	c.press("enter", "enter", "enter").shows("prune, commit", "commits to main of https://git.example.com/payments: 1 file, +1 -2", "changed web/values.yaml +1 -2", "not pinned")
	c.acted()
	c.press("S").acted("ada rollback payments confirmed  with payments: restore as of a81d0f2 on main")
}

func TestARollbackIsCommittedToAnotherBranch(t *testing.T) {
	t.Parallel()
	c := open(t, rolledBack(), 120, 40)
	c.press("R", "j", "enter", "ctrl+g").write(", please").press("tab").write("tenance").press("enter", "enter")
	c.shows("commits to maintenance of", "the application stays pinned: it does not follow maintenance")
	c.press("S").acted("ada rollback payments confirmed  with payments: restore as of a81d0f2, please on maintenance")
}

func TestACommitIsTakenOutOfThePlan(t *testing.T) {
	t.Parallel()
	c := open(t, rolledBack(), 120, 40)
	c.press("R", "j", "enter", "ctrl+g", "enter", "enter", "enter").shows("commits to main").press("ctrl+g").hides("commits to main")
	c.press("S").acted("ada rollback payments confirmed ")
}

func TestWhatCannotBeCommittedSaysWhy(t *testing.T) {
	t.Parallel()
	for want, edit := range map[string]func(e *fakeEngine){
		"cannot commit too: the record names no commit":           func(e *fakeEngine) { e.records[1].Commits = nil },
		"cannot commit too: its sources are in no git repository": func(e *fakeEngine) { e.records[1].Sources[0].Chart = "web" },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			e := rolledBack()
			edit(e)
			open(t, e, 120, 40).press("R", "j", "enter").hides("restores it in git").press("ctrl+g").shows(want)
		})
	}
	open(t, rolledBack(), 120, 40).press("s", "ctrl+g").shows("cannot commit too: only a rollback can be committed")
}

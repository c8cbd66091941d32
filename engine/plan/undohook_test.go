package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestAnUndoAsksAboutHooksWhoseOutcomeIsNotKnown undoes an interrupted operation that has left one hook running and another in doubt.
func TestAnUndoAsksAboutHooksWhoseOutcomeIsNotKnown(t *testing.T) {
	t.Parallel()
	s := situate()
	s.in.Kind = app.KindUndo
	p := s.build(t)
	running, claim := alive("Job/web/migrate", "hook=PreSync"), alive("PersistentVolumeClaim/web/data", "hook=PreSync")
	err := plan.UndoHooks(&p, []plan.OpenHook{
		{Ref: object.Of(running), Why: "Job/web/migrate still runs", Running: running},
		{Ref: object.Of(claim), Why: "the claim still runs", Running: claim},
		{Ref: object.Ref{Group: "batch", Kind: "Job", Namespace: "web", Name: "gone"}, Why: "nobody knows"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"Sync/0/prune/Job/web/migrate", "Sync/0/keep/PersistentVolumeClaim/web/data"}, ids(p)); d != "" {
		t.Errorf("steps (-want +got):\n%s", d)
	}
	const later = "; what it did is not undone, and the next sync runs it again"
	want := []string{
		"Sync/0/prune/Job/web/migrate hook:Job/web/migrate: Job/web/migrate still runs" + later,
		" hook:PersistentVolumeClaim/web/data: the claim still runs" + later,
		" hook:Job/web/gone: nobody knows" + later,
	}
	if d := cmp.Diff(want, questions(p)); d != "" {
		t.Errorf("guards (-want +got):\n%s", d)
	}
}

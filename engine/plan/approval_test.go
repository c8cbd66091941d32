package plan_test

import (
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestApprovedDeletions goes by the annotation deletion-approved of the application.
func TestApprovedDeletions(t *testing.T) {
	t.Parallel()
	at := func(d time.Duration) string { return noon.Add(d).Format(time.RFC3339Nano) }
	running := app.OperationState{Phase: app.OperationRunning, StartedAt: noon}
	finished := app.OperationState{Phase: app.OperationSucceeded, StartedAt: noon, FinishedAt: &noon}
	for name, c := range map[string]struct {
		approval string
		last     *app.OperationState
		kind     string
		options  string
		policy   []string
		approved bool
	}{
		"none":                               {},
		"before any operation":               {approval: at(0), approved: true},
		"after the last operation":           {approval: at(time.Second), last: &finished, approved: true},
		"used up by the last operation":      {approval: at(-time.Second), last: &finished},
		"as old as the last operation":       {approval: at(0), last: &finished},
		"while an operation runs":            {approval: at(time.Second), last: &running},
		"that is no time":                    {approval: "yes"},
		"of a claim that is asked about":     {approval: at(0), kind: "PersistentVolumeClaim", approved: true},
		"of a claim that says nothing":       {approval: at(0), kind: "PersistentVolumeClaim", options: "PruneLast=true"},
		"of all that the application has":    {approval: at(0), options: "PruneLast=true", policy: []string{"Prune=confirm", "Delete=confirm"}, approved: true},
		"of a claim among all of them":       {approval: at(0), kind: "PersistentVolumeClaim", options: "PruneLast=true", policy: []string{"Prune=confirm", "Delete=confirm"}},
		"of a claim that asks as all others": {approval: at(0), kind: "PersistentVolumeClaim", policy: []string{"Prune=confirm", "Delete=confirm"}, approved: true},
		"of an object that is not guarded":   {options: "Prune=true,Delete=true", approved: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.kind == "" {
				c.kind = "ConfigMap"
			}
			if c.options == "" {
				c.options = "Prune=confirm,Delete=confirm"
			}
			live := alive(c.kind+"/web/old", "sync-options="+c.options)
			a := shop()
			a.Metadata.Annotations = map[string]string{"argocd.argoproj.io/deletion-approved": c.approval}
			a.Status.OperationState = c.last
			a.Spec.SyncPolicy = &app.SyncPolicy{SyncOptions: c.policy}
			s := situate().want(diff.InSync, thing("ConfigMap/web/kept")).extra(live)
			s.in.App = a
			in := ending(live)
			in.App = a
			for what, p := range map[string]plan.Plan{"prune": s.build(t), "deletion": deletion(t, in)} {
				step := only(t, p)
				if approved := step.Guard == ""; approved != c.approved || step.Verb != plan.Delete || step.Ref != object.Of(live) {
					t.Errorf("the %s is %s with guard %q (%s), want that it is approved: %v", what, step.Verb, step.Guard, step.Reason, c.approved)
				}
			}
		})
	}
}

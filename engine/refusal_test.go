package engine

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestWhatAPlanDoesNotShowIsNotSent decides about one step that the plan shows as refused.
func TestWhatAPlanDoesNotShowIsNotSent(t *testing.T) {
	t.Parallel()
	live := &unstructured.Unstructured{}
	for name, c := range map[string]struct {
		step plan.Step
		// after is true when other steps were carried out before, automated when nobody was shown the plan.
		after, automated, sent bool
		dry                    bool
	}{
		"what is not refused is sent":                            {step: plan.Step{Diff: diff.Diff{Verdict: diff.Differs}}, sent: true},
		"a refused change is not":                                {step: plan.Step{Refused: "no", Live: live, Diff: diff.Diff{Verdict: diff.Refused}}, after: true},
		"a refused creation is not":                              {step: plan.Step{Refused: "no", Diff: diff.Diff{Verdict: diff.Refused}}},
		"a refused creation is when others may have made way":    {step: plan.Step{Refused: "no", Diff: diff.Diff{Verdict: diff.Refused}}, after: true, sent: true},
		"a change without the right is not":                      {step: plan.Step{Refused: "no", Live: live, Diff: diff.Diff{Verdict: diff.Differs}}},
		"a change without the right, but shown, is after others": {step: plan.Step{Refused: "no", Live: live, Diff: diff.Diff{Verdict: diff.Differs}}, after: true, sent: true},
		"an immutable one is not":                                {step: plan.Step{Refused: "no", Live: live, Diff: diff.Diff{Verdict: diff.Immutable}}, after: true},
		"one of a missing kind is not":                           {step: plan.Step{Refused: "no", Diff: diff.Diff{Verdict: diff.MissingKind}}, after: true},
		"one that its definition in git refuses is":              {step: plan.Step{Refused: "no", Diff: diff.Diff{Verdict: diff.Refused, How: diff.Schema}}, after: true, sent: true},
		"but not by a dry run, which does not write that":        {step: plan.Step{Refused: "no", Diff: diff.Diff{Verdict: diff.Refused, How: diff.Schema}}, after: true, dry: true},
		"automation asks the server":                             {step: plan.Step{Refused: "no", Live: live, Diff: diff.Diff{Verdict: diff.Refused}}, automated: true, sent: true},
		"what was not compared is not sent by it either":         {step: plan.Step{Refused: "no", Live: live, Diff: diff.Diff{Verdict: diff.NotCompared}}, automated: true, after: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := &operation{principal: app.Principal{Automated: c.automated}, plan: plan.Plan{Options: plan.Options{DryRun: c.dry}}}
			op.wrote.Store(c.after)
			err := op.refused(&c.step)
			if (err == nil) != c.sent {
				t.Fatalf("sent: %v, want %v", err == nil, c.sent)
			}
			if err != nil && (err.Error() != "no" || hint.Of(err) != remedyOf(&c.step)) {
				t.Errorf("it says %q and %q", err, hint.Of(err))
			}
		})
	}
}

func TestRemediesOfRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		verdict diff.Verdict
		kind    string
		want    string
	}{
		"what is not valid":                   {diff.Refused, "Deployment", "change the manifest in git, or what refuses it, then look at a new plan and approve that"},
		"what has no name":                    {diff.Create, "ConfigMap", "change the manifest in git, or what refuses it, then look at a new plan and approve that"},
		"what may be made anew":               {diff.Immutable, "Job", "change it back in git, or have it deleted and made anew: --force, or Replace=true,Force=true in its sync-options"},
		"what holds data":                     {diff.Immutable, "PersistentVolumeClaim", "change it back in git: it is never deleted to be made anew, for what it holds"},
		"a kind that nobody has defined":      {diff.MissingKind, "Widget", "install what defines the kind, declare its definition beside it, or write the object in a version that the cluster serves"},
		"what may be another thing next time": {diff.NotCompared, "Widget", "look at a new plan and approve that"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := remedyOf(&plan.Step{Ref: object.Ref{Kind: c.kind, Name: "a"}, Diff: diff.Diff{Verdict: c.verdict}}); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

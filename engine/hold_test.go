package engine

import (
	"context"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// serving is a cluster that serves every kind, or none.
type serving struct {
	Cluster
	all bool
}

func (s serving) Resource(context.Context, schema.GroupVersionKind) (object.Resource, error) {
	if s.all {
		return object.Resource{}, nil
	}
	return object.Resource{}, object.ErrNoKind
}

// TestNothingIsBegunThatCannotSucceed has a hook beside a step that the plan shows as refused.
func TestNothingIsBegunThatCannotSucceed(t *testing.T) {
	t.Parallel()
	widget := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "example.com/v1", "kind": "Widget"}}
	for name, c := range map[string]struct {
		step                             plan.Step
		automated, served, dryRun, begun bool
		// starts and hooks are false where that is refused to begin.
		starts, hooks bool
	}{
		"what succeeds":                             {starts: true, hooks: true},
		"what may be accepted by then":              {step: plan.Step{Refused: "no", Diff: diff.Diff{Verdict: diff.Refused}}, starts: true, hooks: true},
		"what is not valid":                         {step: plan.Step{Refused: "no", Diff: diff.Diff{Verdict: diff.Refused, Invalid: true}}, starts: true},
		"what is not valid, left out":               {step: plan.Step{Refused: "no", Left: true, Diff: diff.Diff{Verdict: diff.Refused, Invalid: true}}, starts: true, hooks: true},
		"what is not valid, in a dry run":           {step: plan.Step{Refused: "no", Diff: diff.Diff{Verdict: diff.Refused, Invalid: true}}, dryRun: true, starts: true, hooks: true},
		"what is not valid, with a hook that runs":  {step: plan.Step{Refused: "no", Diff: diff.Diff{Verdict: diff.Refused, Invalid: true}}, begun: true, starts: true, hooks: true},
		"what cannot be changed, also by itself":    {step: plan.Step{Refused: "no", Diff: diff.Diff{Verdict: diff.Immutable}}, automated: true, starts: true},
		"a kind that nobody serves":                 {step: plan.Step{Refused: "no", Diff: diff.Diff{Verdict: diff.MissingKind}}, hooks: true},
		"a kind that was not served, as approved":   {step: plan.Step{Refused: "no", Diff: diff.Diff{Verdict: diff.MissingKind}}, served: true, hooks: true},
		"a kind that nobody serves, in a dry run":   {step: plan.Step{Refused: "no", Diff: diff.Diff{Verdict: diff.MissingKind}}, dryRun: true, starts: true, hooks: true},
		"a kind that nobody serves, by itself":      {step: plan.Step{Refused: "no", Diff: diff.Diff{Verdict: diff.MissingKind}}, automated: true, hooks: true},
		"a kind that is served by now, by itself":   {step: plan.Step{Refused: "no", Diff: diff.Diff{Verdict: diff.MissingKind}}, automated: true, served: true, starts: true, hooks: true},
		"a kind that the application itself brings": {step: plan.Step{Diff: diff.Diff{Verdict: diff.MissingKind}}, starts: true, hooks: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, op := acting(t, 2)
			op.cluster, op.principal = serving{all: c.served}, app.Principal{Automated: c.automated}
			op.plan.Options.DryRun = c.dryRun
			c.step.Desired = widget
			op.plan.Steps = []plan.Step{{Verb: plan.RunHook, Phase: plan.PreSync, Begun: c.begun}, c.step}
			starts := op.unserved(t.Context())
			hooks := op.held(plan.Group{Phase: plan.PreSync, Steps: []int{0}})
			if (starts == nil) != c.starts || (hooks == nil) != c.hooks {
				t.Fatalf("it may begin: %v, and its hooks: %v", starts, hooks)
			}
			for i, err := range []error{hooks, starts} {
				if err == nil {
					continue
				}
				if s := op.run.Progress().Steps[i]; !isUnbegun(err) || s.State != StepFailed || !strings.Contains(s.Message, remedyOf(&c.step)) {
					t.Errorf("it is told as %v, the step as %+v", err, s)
				}
			}
			op.plan.Resumes = &plan.Resumption{Entries: 1}
			held := op.held(plan.Group{Phase: plan.PreSync, Steps: []int{0}})
			if err := op.unserved(t.Context()); err != nil || isUnbegun(held) {
				t.Errorf("the rest of an interrupted operation ends as one that did nothing: %v, %v", err, held)
			}
			if fails := op.plan.Steps[1].Fails() && !c.begun && !c.dryRun; fails != (held != nil) {
				t.Errorf("its hooks may begin: %v", held)
			}
			op.plan.Resumes = nil
			if op.wrote.Store(true); hooks != nil && isUnbegun(op.held(plan.Group{Phase: plan.PreSync, Steps: []int{0}})) {
				t.Error("after other steps nothing is begun yet")
			}
		})
	}
}

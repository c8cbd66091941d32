package command

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestTheExitStatusOfAPlan asks what --exit-code makes of plans: what is not known counts more than what differs.
func TestTheExitStatusOfAPlan(t *testing.T) {
	t.Parallel()
	step := func(verb plan.Verb, verdict diff.Verdict, refused string) plan.Step {
		ref := object.Ref{Kind: "ConfigMap", Namespace: "web", Name: "settings"}
		return plan.Step{Ref: ref, Verb: verb, Refused: refused, Diff: diff.Diff{Ref: ref, Verdict: verdict, Reason: "why"}}
	}
	missing, changed := step(plan.Create, diff.Create, ""), step(plan.Change, diff.Differs, "")
	unread, unasked := step(plan.Create, diff.NotCompared, "not compared: why"), step(plan.Change, diff.NotCompared, "not compared: why")
	for name, c := range map[string]struct {
		steps  []plan.Step
		status int
	}{
		"nothing to do":                        {nil, ExitDone},
		"what is kept":                         {[]plan.Step{step(plan.Keep, diff.Foreign, "")}, ExitDone},
		"a creation and a change":              {[]plan.Step{missing, changed}, ExitDifferent},
		"a change that the server refuses":     {[]plan.Step{step(plan.Change, diff.Refused, "denied")}, ExitDifferent},
		"what cannot be read":                  {[]plan.Step{unread}, ExitError},
		"what the server could not answer for": {[]plan.Step{unasked}, ExitError},
		"what cannot be read beside a change":  {[]plan.Step{changed, unread}, ExitError},
	} {
		if got := ExitStatus(comesTo(&plan.Plan{Steps: c.steps})); got != c.status {
			t.Errorf("%s: exit status %d, want %d", name, got, c.status)
		}
	}
}

package plan

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestWhatOfARetryWasNotSeen(t *testing.T) {
	t.Parallel()
	step := func(v Verb, value, uid string) Step {
		u := &unstructured.Unstructured{Object: map[string]any{"data": map[string]any{"value": value}}}
		live := &unstructured.Unstructured{Object: map[string]any{}}
		live.SetUID(types.UID(uid))
		return Step{Ref: object.Ref{Kind: "ConfigMap", Namespace: "web", Name: "a"}, Verb: v, Desired: u, Live: live}
	}
	left := step(Change, "one", "1")
	left.Left = true
	for name, c := range map[string]struct {
		approved, again []Step
		unseen          bool
	}{
		"nothing is left":                 {[]Step{step(Create, "one", "")}, nil, false},
		"the same":                        {[]Step{step(Change, "one", "1")}, []Step{step(Change, "one", "1")}, false},
		"made, and differs by now":        {[]Step{step(Create, "one", "")}, []Step{step(Change, "one", "1")}, false},
		"taken away to be made anew":      {[]Step{step(Replace, "one", "1")}, []Step{step(Create, "one", "")}, false},
		"another value":                   {[]Step{step(Change, "one", "1")}, []Step{step(Change, "two", "1")}, true},
		"another object":                  {nil, []Step{step(Create, "one", "")}, true},
		"replaced where it was changed":   {[]Step{step(Change, "one", "1")}, []Step{step(Replace, "one", "1")}, true},
		"a deletion of the same":          {[]Step{step(Delete, "", "1")}, []Step{step(Delete, "", "1")}, false},
		"a deletion of a new one":         {[]Step{step(Delete, "", "1")}, []Step{step(Delete, "", "2")}, true},
		"a deletion of what was changed":  {[]Step{step(Change, "one", "1")}, []Step{step(Delete, "", "1")}, true},
		"a hook again":                    {[]Step{step(RunHook, "one", "")}, []Step{step(RunHook, "one", "1")}, false},
		"another hook":                    {[]Step{step(RunHook, "one", "")}, []Step{step(RunHook, "two", "1")}, true},
		"what is kept":                    {nil, []Step{step(Keep, "one", "1")}, false},
		"what was left out":               {[]Step{left}, []Step{step(Change, "one", "1")}, true},
		"what was left out and stays out": {[]Step{left}, []Step{left}, false},
	} {
		if _, unseen := Unseen(&Plan{Steps: c.approved}, &Plan{Steps: c.again}); unseen != c.unseen {
			t.Errorf("%s: unseen is %t", name, unseen)
		}
	}
	again := &Plan{Steps: []Step{step(Change, "two", "1")}}
	LeaveOut(&Plan{Steps: []Step{left}}, again)
	if !again.Steps[0].Left {
		t.Error("a step that was left out is done by the retry")
	}
}

func TestWhatIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limit, failures int64
		phase           app.OperationPhase
		message         string
		again           bool
	}{
		"the first failure":      {1, 1, app.OperationFailed, "denied", true},
		"one too many":           {1, 2, app.OperationFailed, "denied", false},
		"without end":            {-1, 100, app.OperationFailed, "denied", true},
		"never":                  {0, 1, app.OperationFailed, "denied", false},
		"what succeeded":         {5, 1, app.OperationSucceeded, "", false},
		"what somebody ended":    {5, 1, app.OperationFailed, "operation terminated by bob", false},
		"an end that is unknown": {5, 1, app.OperationError, InterruptedAtHook + ": look", false},
	} {
		pause, again := Again(app.Retry{Limit: c.limit}, &app.OperationState{Phase: c.phase, Message: c.message}, c.failures)
		if again != c.again || again != (pause > 0) {
			t.Errorf("%s: %t after %s", name, again, pause)
		}
	}
}

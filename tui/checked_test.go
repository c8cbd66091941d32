package tui

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestScreensSayHowWhatTheyShowWasChecked(t *testing.T) {
	t.Parallel()
	e := shop()
	e.plan.Steps[0].Diff.Unchecked = "a hook is created when its turn comes"
	e.plan.Steps[0].Diff.Ref = e.plan.Steps[0].Ref
	e.diffs[0].Unchecked = "the server was not asked: no right"
	c := open(t, e, 120, 40)
	c.press("s").shows("the server checked 1 step in 400 ms, 1 not checked", "not checked: a hook is created when its turn comes")
	c.press("esc", "d").shows("not checked: the server was not asked: no right")
}

func TestWhatIsAppliedAndNotSettledIsSaid(t *testing.T) {
	t.Parallel()
	e := shop()
	for i := range e.views {
		if e.views[i].App.Metadata.Name == "ledger" {
			op := *e.views[i].App.Status.OperationState
			op.SettledAt = nil
			e.views[i].App.Status.OperationState = &op
		}
	}
	c := open(t, e, 120, 40)
	c.press("/").write("ledger").press("enter", "enter").shows("by ada 5m, not settled yet")
}

func TestKindsThatAreNotWatchedAreNamed(t *testing.T) {
	t.Parallel()
	e := shop()
	for i := range e.views {
		e.views[i].Knowledge.Skipped = map[object.Place]string{
			{Kind: schema.GroupKind{Kind: "Secret"}, Namespace: e.views[i].App.Spec.Destination.Namespace}: "secrets is forbidden",
			{Kind: schema.GroupKind{Kind: "Secret"}, Namespace: "elsewhere"}:                               "secrets is forbidden",
			{Kind: schema.GroupKind{Group: "example.com", Kind: "Thing"}}:                                  "no",
		}
	}
	open(t, e, 120, 40).press("enter").shows("unseen 2 kinds are not watched, for want of a right: Secret in payments, Thing.example.com")
	open(t, shop(), 120, 40).press("enter").hides("not watched")
}

func TestKindsThatFailAreNamed(t *testing.T) {
	t.Parallel()
	e := shop()
	for i := range e.views {
		e.views[i].Knowledge.Failing = map[object.Place]object.Failure{
			{Kind: schema.GroupKind{Group: "metrics.k8s.io", Kind: "*"}}: {Err: "stale GroupVersion discovery", Since: noon.Add(-5 * time.Minute)},
		}
	}
	open(t, e, 120, 40).press("enter").shows("unknown*.metrics.k8s.io, for 5m: stale GroupVersion discovery")
	open(t, shop(), 120, 40).press("enter").hides("metrics.k8s.io")
}

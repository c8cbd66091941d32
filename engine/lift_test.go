package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestTheReasonOfAPodIsItsWorkloads(t *testing.T) {
	t.Parallel()
	pod := func(name, waiting string) TreeNode {
		u := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": name, "namespace": "shop"},
			"spec": map[string]any{"containers": []any{map[string]any{"name": "web"}}},
			"status": map[string]any{"containerStatuses": []any{map[string]any{
				"name": "web", "ready": waiting == "", "state": map[string]any{"waiting": map[string]any{"reason": waiting}},
			}}},
		}}
		return TreeNode{Ref: object.Of(u), Object: u, Depth: 2}
	}
	node := func(kind, name string, depth int) TreeNode {
		return TreeNode{Ref: object.Ref{Group: "apps", Kind: kind, Namespace: "shop", Name: name}, Depth: depth, Managed: depth == 0}
	}
	api, jobs := node("Deployment", "api", 0), node("Deployment", "jobs", 0)
	got := reasons([]TreeNode{
		api, node("ReplicaSet", "api-1", 1), pod("api-1-a", ""), pod("api-1-b", "CrashLoopBackOff"), pod("api-1-c", "ErrImagePull"),
		jobs, node("ReplicaSet", "jobs-1", 1), pod("jobs-1-a", ""),
	})
	want := map[object.Ref]string{api.Ref: "Pod api-1-b: web: CrashLoopBackOff"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("reasons (-want +got):\n%s", d)
	}
}

// TestWhatIsOwnedSaysWhyNoPodRuns has no Pod that failed: one has no node, and for another workload there is none at all.
func TestWhatIsOwnedSaysWhyNoPodRuns(t *testing.T) {
	t.Parallel()
	node := func(kind, name string, depth int, h app.Health) TreeNode {
		return TreeNode{Ref: object.Ref{Group: "apps", Kind: kind, Namespace: "shop", Name: name}, Depth: depth, Managed: depth == 0, Health: h}
	}
	waits := app.Health{Status: app.Progressing, Message: "waits"}
	homeless := node("Pod", "big-1-a", 2, waits)
	homeless.Object = &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Pod", "status": map[string]any{"phase": "Pending", "conditions": []any{
			map[string]any{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no node is large enough"},
		}},
	}}
	big, denied, well := node("Deployment", "big", 0, waits), node("Deployment", "denied", 0, waits), node("Deployment", "well", 0, waits)
	got := reasons([]TreeNode{
		big, node("ReplicaSet", "big-1", 1, waits), homeless,
		denied, node("ReplicaSet", "denied-1", 1, app.Health{Status: app.Degraded, Message: "the quota is exceeded"}),
		well, node("ReplicaSet", "well-1", 1, app.Health{Status: app.Healthy}),
	})
	want := map[object.Ref]string{
		big.Ref: "Pod big-1-a: Unschedulable: no node is large enough", denied.Ref: "ReplicaSet denied-1: the quota is exceeded",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("reasons (-want +got):\n%s", d)
	}
}

// eventful is a cluster in which a Deployment owns one unwell ReplicaSet, about which there are events.
type eventful struct {
	Cluster
	events map[object.Ref][]*unstructured.Unstructured
	err    error
	asked  atomic.Int32
}

func (c *eventful) Tree(_ context.Context, roots []*unstructured.Unstructured) ([]object.Node, error) {
	var out []object.Node
	for _, u := range roots {
		out = append(out, object.Node{Ref: object.Of(u), UID: u.GetUID(), Object: u})
		owned := replicaSetOf(u)
		out = append(out, object.Node{Ref: object.Of(owned), UID: owned.GetUID(), Parent: u.GetUID(), Object: owned})
	}
	return out, nil
}

func (c *eventful) Events(_ context.Context, ref object.Ref) ([]*unstructured.Unstructured, error) {
	c.asked.Add(1)
	if c.err != nil {
		return nil, c.err
	}
	return c.events[ref], nil
}

// replicaSetOf is the ReplicaSet of a Deployment, which nobody has looked at.
func replicaSetOf(u *unstructured.Unstructured) *unstructured.Unstructured {
	owned := deployment(u.GetName()+"-1", 2, 1)
	owned.SetKind("ReplicaSet")
	owned.SetUID(u.GetUID() + "-1")
	return owned
}

func eventAbout(uid types.UID, kind, message string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"type": kind, "reason": "FailedCreate", "message": message, "involvedObject": map[string]any{"uid": string(uid)},
	}}
}

func TestAWarningIsAReasonWhereNothingElseIs(t *testing.T) {
	t.Parallel()
	var unwell []*unstructured.Unstructured
	live := map[object.Ref]*unstructured.Unstructured{}
	c := &eventful{events: map[object.Ref][]*unstructured.Unstructured{}}
	for i := range eventsAsked + 4 {
		u := deployment(fmt.Sprintf("web-%02d", i), 2, 1)
		u.SetUID(types.UID(u.GetName()))
		unwell, live[object.Of(u)] = append(unwell, u), u
		owned := replicaSetOf(u)
		c.events[object.Of(owned)] = []*unstructured.Unstructured{
			eventAbout(owned.GetUID(), "Warning", "an old one"), eventAbout(owned.GetUID(), "Warning", "it is\nforbidden"),
			eventAbout("an earlier one", "Warning", "it was forbidden"), eventAbout(owned.GetUID(), "Normal", "all is well"),
		}
	}
	e := &Engine{opts: Options{Log: slog.New(slog.DiscardHandler)}}
	look := func(before *rows, asks bool) (*examination, map[object.Ref]string) {
		x := accounted(unwell, live, make([]diff.Verdict, len(unwell)), nil)
		x.cluster, x.at = c, time.Now()
		return x, e.lift(t.Context(), x, before, asks)
	}
	first, got := look(nil, true)
	ref := object.Of(unwell[0])
	if got[ref] != "ReplicaSet web-00-1: FailedCreate: it is forbidden" || len(got) != eventsAsked || c.asked.Load() != eventsAsked {
		t.Errorf("after %d questions %d have a reason, the first %q", c.asked.Load(), len(got), got[ref])
	}
	next, again := look(&first.rows, false)
	if !next.askedAt.Equal(first.askedAt) || !first.askedAt.Equal(first.at) {
		t.Errorf("the cluster was asked at %s, and then at %s", first.askedAt, next.askedAt)
	}
	if d := cmp.Diff(got, again); d != "" || c.asked.Load() != eventsAsked {
		t.Errorf("after a change of a live object (-before +after):\n%s and %d questions", d, c.asked.Load())
	}
	c.err = errors.New("may not be read")
	if _, got := look(nil, true); len(got) != 0 {
		t.Errorf("events that cannot be read give %v", got)
	}
	if _, kept := look(&first.rows, true); len(kept) != len(got) {
		t.Errorf("events that can be read no more leave %v", kept)
	}
}

func TestEventsAreAskedForNowAndThen(t *testing.T) {
	t.Parallel()
	asked := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	before := &examination{rows: rows{askedAt: asked}}
	for name, c := range map[string]struct {
		l      level
		before *examination
		after  time.Duration
		due    bool
	}{
		"for a live change":             {levelCompare, before, time.Hour, false},
		"for the first look":            {levelResolve, nil, 0, true},
		"for a look soon after":         {levelResolve, before, 5 * time.Second, false},
		"for a look later":              {levelResolve, before, 30 * time.Second, true},
		"for somebody who asks":         {levelHard, before, 0, true},
		"for somebody who asks for all": {levelAnew, before, 0, true},
	} {
		if eventsDue(c.l, c.before, asked.Add(c.after)) != c.due {
			t.Errorf("%s they are due: %t", name, !c.due)
		}
	}
}

package engine

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func node(kind string, depth int, h app.HealthCode) TreeNode {
	return TreeNode{Ref: object.Ref{Kind: kind, Name: "x"}, Depth: depth, Managed: depth == 0, Health: app.Health{Status: h}}
}

// itemOf is what counts for the health of an application of a live object in the tree.
func itemOf(n TreeNode, edits ...func(*health.Item)) *health.Item {
	it := &health.Item{Ref: n.Ref, Object: &unstructured.Unstructured{}, Health: n.Health}
	for _, edit := range edits {
		edit(it)
	}
	return it
}

func TestTheObjectThatDecidesIsFollowedDown(t *testing.T) {
	t.Parallel()
	ignored, hook := func(it *health.Item) { it.Ignored = true }, func(it *health.Item) { it.Hook = true }
	pod, replicas := node("Pod", 2, app.Degraded), node("ReplicaSet", 1, app.Progressing)
	waiting, failed := node("Deployment", 0, app.Progressing), node("StatefulSet", 0, app.Degraded)
	claim, batch := node("PersistentVolumeClaim", 0, app.Progressing), node("CronJob", 0, app.Healthy)
	for name, c := range map[string]struct {
		nodes []TreeNode
		items []*health.Item
		want  []string
	}{
		"nothing is wrong":              {[]TreeNode{node("Service", 0, app.Healthy)}, []*health.Item{itemOf(node("Service", 0, app.Healthy))}, nil},
		"a Pod is worse than its owner": {[]TreeNode{waiting, replicas, pod}, []*health.Item{itemOf(waiting)}, []string{"Deployment", "ReplicaSet", "Pod"}},
		"the deepest of the unwell": {
			[]TreeNode{failed, node("ReplicaSet", 1, app.Healthy), pod}, []*health.Item{itemOf(failed)}, []string{"StatefulSet", "ReplicaSet", "Pod"},
		},
		"one that owns nothing":                   {[]TreeNode{waiting, failed}, []*health.Item{itemOf(waiting), itemOf(failed)}, []string{"StatefulSet"}},
		"the Pod of another is as unwell":         {[]TreeNode{waiting, replicas, pod, failed}, []*health.Item{itemOf(waiting), itemOf(failed)}, []string{"StatefulSet"}},
		"one before it does not count":            {[]TreeNode{waiting, replicas, pod, claim}, []*health.Item{itemOf(waiting, ignored), itemOf(claim)}, []string{"PersistentVolumeClaim"}},
		"a hook before it":                        {[]TreeNode{waiting, claim}, []*health.Item{itemOf(waiting, hook), itemOf(claim)}, []string{"PersistentVolumeClaim"}},
		"all is healthy but one of what is owned": {[]TreeNode{batch, node("Job", 1, app.Degraded)}, []*health.Item{itemOf(batch)}, []string{"CronJob", "Job"}},
		"all that is unwell does not count":       {[]TreeNode{waiting, replicas, pod}, []*health.Item{itemOf(waiting, ignored)}, nil},
	} {
		var got []string
		for _, n := range worstPath(c.nodes, suspects(c.items)) {
			got = append(got, n.Ref.Kind)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func TestAnExplanationBeginsWithWhatTheApplicationSays(t *testing.T) {
	t.Parallel()
	v := &View{App: app.Application{Status: app.Status{
		Health: app.Health{Status: app.Degraded}, Sync: app.SyncStatus{Status: app.OutOfSync},
		Conditions:     []app.Condition{{Type: app.ConditionSyncError, Message: "no"}},
		OperationState: &app.OperationState{Phase: app.OperationFailed, Message: "refused"},
		Resources: []app.ResourceStatus{
			{Kind: "Secret", Name: "a", Status: app.OutOfSync, RequiresPruning: true},
			{Kind: "Job", Name: "b", Status: app.OutOfSync},
			{Kind: "Job", Name: "c", Status: app.OutOfSync, Health: &app.Health{Status: app.Missing}},
			{Kind: "Job", Name: "d", Status: app.Synced},
		},
	}}}
	v.App.Metadata.Name = "shop"
	want := []Cause{
		{"application", v.App.Key().String(), "Degraded, OutOfSync"},
		{"condition", "", "SyncError: no"},
		{"operation", "", "Failed: refused"},
		{"difference", "Secret/a", "is no longer in git"},
		{"difference", "Job/b", "differs from git"},
		{"difference", "Job/c", "is not in the cluster"},
	}
	if d := cmp.Diff(want, stateCauses(v)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestWhatCannotBeReadIsToldOnce(t *testing.T) {
	t.Parallel()
	v := &View{App: app.Application{Status: app.Status{Conditions: []app.Condition{{Type: app.ConditionComparisonError, Message: "render web: no such folder (mend it)"}}}}}
	for name, c := range map[string]struct {
		unread error
		want   []Cause
	}{
		"nothing":                  {nil, nil},
		"what a condition says":    {errors.New("render web: no such folder"), nil},
		"what a condition is from": {fmt.Errorf("look at web: %w", errors.New("render web: no such folder (mend it)")), nil},
		"what no condition says":   {errors.New("read tree of web: no answer"), []Cause{{Step: "object", Says: "cannot be read: read tree of web: no answer"}}},
	} {
		if d := cmp.Diff(c.want, unreadCauses(v, c.unread)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// TestWhatALogHas reads logs that are whole, cut off, and of one very long line.
func TestWhatALogHas(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", explainedBytes)
	broken := errors.New("the line broke")
	for name, c := range map[string]struct {
		log  io.Reader
		want string
	}{
		"lines":                   {strings.NewReader("a\nb\n"), "a\nb"},
		"nothing":                 {strings.NewReader(""), "wrote nothing"},
		"no more than it can say": {strings.NewReader(long + "y\nz\n"), long},
		"a line that broke":       {iotest.ErrReader(broken), "cannot be read on: the line broke"},
		"after some lines":        {io.MultiReader(strings.NewReader("a\n"), iotest.ErrReader(broken)), "a\ncannot be read on: the line broke"},
	} {
		if got := wroteIn(c.log); got != c.want {
			t.Errorf("%s: it has %.80q, want %.80q", name, got, c.want)
		}
	}
}

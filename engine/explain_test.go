package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func node(kind string, depth int, h app.HealthCode) TreeNode {
	return TreeNode{Ref: object.Ref{Kind: kind, Name: "x"}, Depth: depth, Managed: depth == 0, Health: app.Health{Status: h}}
}

func TestTheWorstObjectIsFollowedDown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		nodes []TreeNode
		want  []string
	}{
		"nothing is wrong":              {[]TreeNode{node("Service", 0, app.Healthy), node("Secret", 0, "")}, nil},
		"a Pod is worse than its owner": {[]TreeNode{node("Service", 0, app.Healthy), node("Deployment", 0, app.Progressing), node("ReplicaSet", 1, app.Progressing), node("Pod", 2, app.Degraded)}, []string{"Deployment", "ReplicaSet", "Pod"}},
		"the deepest of the unwell":     {[]TreeNode{node("Deployment", 0, app.Degraded), node("ReplicaSet", 1, app.Healthy), node("Pod", 2, app.Degraded), node("Job", 0, app.Degraded)}, []string{"Deployment", "ReplicaSet", "Pod"}},
		"one that owns nothing":         {[]TreeNode{node("Deployment", 0, app.Progressing), node("Job", 0, app.Degraded)}, []string{"Job"}},
	} {
		var got []string
		for _, n := range worstPath(c.nodes) {
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

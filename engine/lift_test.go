package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

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

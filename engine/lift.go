package engine

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// lift reads what the unwell workloads of an application own, and returns what their Pods say, by workload: a Deployment
// knows only that it waits. When all is well the cluster is not asked, and what cannot be read lifts nothing.
func (e *Engine) lift(ctx context.Context, x *examination) map[object.Ref]string {
	var roots []*unstructured.Unstructured
	managed := map[object.Ref]*diff.Diff{}
	for i := range x.diffs {
		if r := &x.rows.rows[i]; r.live != nil && unwell(r.health.Status) {
			roots = append(roots, r.live)
			managed[x.diffs[i].Ref] = &x.diffs[i]
		}
	}
	if len(roots) == 0 {
		return nil
	}
	nodes, err := x.cluster.Tree(ctx, roots)
	if err != nil {
		e.opts.Log.Info("reasons not read", "app", x.app.Key().String(), "error", err)
		return nil
	}
	return reasons(arrange(nodes, managed, x.checks))
}

func unwell(s app.HealthCode) bool { return s == app.Progressing || s == app.Degraded }

// reasons returns for each managed object of a tree what the first failing container says among the Pods that it owns.
func reasons(nodes []TreeNode) map[object.Ref]string {
	out := map[object.Ref]string{}
	owners := make([]object.Ref, 0, 4)
	for _, n := range nodes {
		owners = append(owners[:min(n.Depth, len(owners))], n.Ref)
		failing := health.Failing(n.Object)
		if len(failing) == 0 || n.Depth == 0 {
			continue
		}
		root := owners[0]
		at := slices.IndexFunc(nodes, func(r TreeNode) bool { return r.Ref == root && r.Managed })
		if _, known := out[root]; !known && at >= 0 {
			out[root] = n.Ref.Kind + " " + n.Ref.Name + ": " + failing[0].Says
		}
	}
	return out
}

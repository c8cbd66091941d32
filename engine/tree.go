package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Tree returns an application's objects with everything that came of them, down to Pods. Objects that are desired and
// missing are in it too.
func (e *Engine) Tree(ctx context.Context, key app.Key) ([]TreeNode, error) {
	x, err := e.lastLook(ctx, key)
	if err != nil {
		return nil, err
	}
	return e.treeOf(ctx, x)
}

// treeOf returns the tree of the objects of an examination.
func (e *Engine) treeOf(ctx context.Context, x *examination) ([]TreeNode, error) {
	var roots []*unstructured.Unstructured
	managed := map[object.Ref]*diff.Diff{}
	var missing []*diff.Diff
	for i := range x.diffs {
		d := x.diffs[i]
		live := x.live.Objects[d.Ref]
		switch {
		case live != nil:
			roots = append(roots, live)
			managed[d.Ref] = d
		case i < len(x.want.objects) && !x.want.isHook(i):
			missing = append(missing, d)
		}
	}
	generated, err := e.generatedHooks(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("read tree of %s: %w", x.app.Key(), err)
	}
	nodes, err := x.cluster.Tree(ctx, append(roots, generated...))
	if err != nil {
		return nil, fmt.Errorf("read tree of %s: %w", x.app.Key(), err)
	}
	t := arrange(x.cluster.Endpoints(ctx, nodes), managed, e.opts.Checks)
	for _, d := range missing {
		n := TreeNode{Ref: d.Ref, Managed: true, Sync: app.OutOfSync, Health: x.healthOf(d)}
		if d.Verdict == diff.NotCompared {
			n.Sync = app.SyncUnknown
		}
		t = append(t, n)
	}
	return t, nil
}

// generatedHooks returns the live hooks of the last operation that git names no name for: theirs were made when they ran.
func (e *Engine) generatedHooks(ctx context.Context, x *examination) ([]*unstructured.Unstructured, error) {
	last := x.app.Status.OperationState
	if last == nil || last.SyncResult == nil {
		return nil, nil
	}
	var refs []object.Ref
	for _, r := range last.SyncResult.Resources {
		ref := object.Ref{Group: r.Group, Kind: r.Kind, Namespace: r.Namespace, Name: r.Name}
		if _, named := x.want.at[ref]; r.HookType != "" && !named && !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	if len(refs) == 0 {
		return nil, nil
	}
	live, err := x.cluster.Live(ctx, object.LiveQuery{Refs: refs})
	var out []*unstructured.Unstructured
	for _, ref := range refs {
		if u := live.Objects[ref]; u != nil && plan.IsHook(u) && object.Owned(u, x.app.Key().Tracking(), e.ports.Store.Installation()) {
			out = append(out, u)
		}
	}
	return out, err
}

// lastLook returns the last examination of an application; when there is none it makes one without asking its
// repository for news.
func (e *Engine) lastLook(ctx context.Context, key app.Key) (*examination, error) {
	en := e.entry(key)
	en.mu.Lock()
	x := en.last
	en.mu.Unlock()
	if x != nil {
		return x, nil
	}
	if err := e.refresh(ctx, key, levelResolve); err != nil {
		return nil, err
	}
	en.mu.Lock()
	defer en.mu.Unlock()
	if en.last == nil {
		return nil, errors.Join(e.Unknown(key))
	}
	return en.last, nil
}

// arrange puts nodes into display order: managed objects by kind and name, each followed by what it owns.
func arrange(nodes []object.Node, managed map[object.Ref]*diff.Diff, checks *health.Checks) []TreeNode {
	children := map[types.UID][]object.Node{}
	present := map[types.UID]bool{}
	for _, n := range nodes {
		present[n.UID] = true
	}
	var roots []object.Node
	for _, n := range nodes {
		if n.Parent != "" && n.Parent != n.UID && present[n.Parent] {
			children[n.Parent] = append(children[n.Parent], n)
			continue
		}
		roots = append(roots, n)
	}
	var out []TreeNode
	seen := map[types.UID]bool{}
	var add func(list []object.Node, depth int)
	add = func(list []object.Node, depth int) {
		slices.SortFunc(list, func(a, b object.Node) int {
			if c := object.KindRank(a.Ref.Kind) - object.KindRank(b.Ref.Kind); c != 0 {
				return c
			}
			return a.Ref.Compare(b.Ref)
		})
		for _, n := range list {
			if seen[n.UID] {
				continue
			}
			seen[n.UID] = true
			out = append(out, treeNode(n, depth, managed[n.Ref], checks))
			add(children[n.UID], depth+1)
		}
	}
	add(roots, 0)
	return out
}

func treeNode(n object.Node, depth int, d *diff.Diff, checks *health.Checks) TreeNode {
	t := TreeNode{
		Ref: n.Ref, UID: n.UID, Depth: depth, Health: checks.Assess(n.Object), Info: health.Info(n.Object),
		Created: n.Object.GetCreationTimestamp().Time, Object: diff.MaskObject(n.Object), Managed: d != nil,
		Hook: plan.IsHook(n.Object), Wave: object.Wave(n.Object),
	}
	if d == nil {
		return t
	}
	t.Sync = app.Synced
	if d.OutOfSync() {
		t.Sync = app.OutOfSync
	}
	return t
}

package engine

import (
	"context"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// eventsAsked bounds the objects about whose events one refresh asks.
const eventsAsked = 8

// eventsPause is the pause until an application that is looked at by itself has events asked for again: the server has no
// cache of them, and reads all of a namespace for each question.
const eventsPause = 30 * time.Second

// eventsDue reports whether a refresh of a level asks for events: where somebody asked for the refresh, and now and then where a
// look at the repository is due.
func eventsDue(l level, before *examination, now time.Time) bool {
	return l > levelResolve || l == levelResolve && (before == nil || now.Sub(before.askedAt) >= eventsPause)
}

// lift reads what the unwell objects of an application own, and returns why they are unwell, by managed object: a Deployment
// knows only that it waits. What its Pods say comes first, then what else it owns says, then the newest warning about the
// deepest of these. Events are asked for where asks is true, for nothing tells that there are new ones; else those of before
// serve. When all is well the cluster is not asked, and what cannot be read lifts nothing.
func (e *Engine) lift(ctx context.Context, x *examination, before *rows, asks bool) map[object.Ref]string {
	var roots []*unstructured.Unstructured
	managed := map[object.Ref]*diff.Diff{}
	for i := range x.diffs {
		if r := x.rows.rows[i]; r.live != nil && unwell(r.health.Status) {
			roots = append(roots, r.live)
			managed[x.diffs[i].Ref] = x.diffs[i]
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
	tree := arrange(nodes, managed, x.checks)
	out := reasons(tree)
	subjects := silent(tree, out)
	x.warnings = e.warnings(ctx, x, subjects, before, asks)
	for root, n := range subjects {
		if says := x.warnings[n.Ref]; says != "" {
			out[root] = from(n, says)
		}
	}
	return out
}

func unwell(s app.HealthCode) bool { return s == app.Progressing || s == app.Degraded }

// reasons returns for each managed object of a tree what the first failing container says among the Pods that it owns, or else
// what the first of them says that found no node, or the first other object that is Degraded.
func reasons(nodes []TreeNode) map[object.Ref]string {
	out := map[object.Ref]string{}
	for _, says := range []func(TreeNode) string{containersSay, ownedSays} {
		eachOwned(nodes, func(root, n TreeNode) {
			if _, known := out[root.Ref]; known {
				return
			}
			if text := says(n); text != "" {
				out[root.Ref] = from(n, text)
			}
		})
	}
	return out
}

func containersSay(n TreeNode) string {
	if failing := health.Failing(n.Object); len(failing) > 0 {
		return failing[0].Says
	}
	return ""
}

func ownedSays(n TreeNode) string {
	if text := health.Unscheduled(n.Object); text != "" || n.Health.Status != app.Degraded {
		return text
	}
	return n.Health.Message
}

// eachOwned calls see for what the managed objects of a tree own, in the tree's order.
func eachOwned(nodes []TreeNode, see func(root, n TreeNode)) {
	var root TreeNode
	for _, n := range nodes {
		if n.Depth == 0 {
			root = n
			continue
		}
		if root.Managed {
			see(root, n)
		}
	}
}

// silent returns the managed objects of a tree for which there is no reason, each with the deepest unwell object that it leads
// to: the one that events are about.
func silent(nodes []TreeNode, known map[object.Ref]string) map[object.Ref]TreeNode {
	out := map[object.Ref]TreeNode{}
	for _, n := range nodes {
		if _, said := known[n.Ref]; n.Depth == 0 && n.Managed && !said {
			out[n.Ref] = n
		}
	}
	eachOwned(nodes, func(root, n TreeNode) {
		if deepest, ok := out[root.Ref]; ok && unwell(n.Health.Status) && n.Depth > deepest.Depth {
			out[root.Ref] = n
		}
	})
	return out
}

// warnings returns what the newest warnings about objects say, of the first few from the cluster if it may be asked.
func (e *Engine) warnings(
	ctx context.Context, x *examination, subjects map[object.Ref]TreeNode, before *rows, asks bool,
) map[object.Ref]string {
	out := map[object.Ref]string{}
	if before != nil {
		x.askedAt = before.askedAt
		for _, n := range subjects {
			if says := before.warnings[n.Ref]; says != "" {
				out[n.Ref] = says
			}
		}
	}
	if !asks {
		return out
	}
	x.askedAt = x.at
	roots := slices.SortedFunc(maps.Keys(subjects), object.Ref.Compare)
	roots = roots[:min(len(roots), eventsAsked)]
	says := make([]string, len(roots))
	var g errgroup.Group
	for i, root := range roots {
		n := subjects[root]
		says[i] = out[n.Ref]
		g.Go(func() error {
			events, err := x.cluster.Events(ctx, n.Ref)
			if err != nil {
				e.opts.Log.Info("events not read", "object", n.Ref.String(), "error", err)
				return nil
			}
			says[i] = newestWarning(events, n)
			return nil
		})
	}
	_ = g.Wait()
	for i, root := range roots {
		out[subjects[root].Ref] = says[i]
	}
	return out
}

// newestWarning returns what the last of some events says that is a warning about an object, and not about an earlier one of its
// name.
func newestWarning(events []*unstructured.Unstructured, n TreeNode) string {
	for _, event := range slices.Backward(events) {
		about, _, _ := unstructured.NestedString(event.Object, "involvedObject", "uid")
		if kind, reason, message := eventText(event); kind == "Warning" && (about == "" || about == string(n.UID)) {
			return reason + ": " + message
		}
	}
	return ""
}

// from says what an object says, with its name unless it is the one that is spoken of.
func from(n TreeNode, text string) string {
	if n.Depth == 0 {
		return text
	}
	return n.Ref.Kind + " " + n.Ref.Name + ": " + text
}

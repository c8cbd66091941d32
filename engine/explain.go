package engine

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Cause is one link of the chain that leads from an application's state to what is behind it.
type Cause struct {
	// Step says what the link is: application, condition, operation, difference, object, container, event, log, commit.
	Step string `json:"step"`
	// Object is kind/namespace/name, where the link is about one.
	Object string `json:"object,omitempty"`
	Says   string `json:"says"`
}

// explainedLines is how many of a container's last lines are part of an explanation.
const explainedLines = 5

// Explain leads from an application's state to the first cause that is known: its conditions and failed operation, what
// differs from git, the object that decides its health and what it owns down to a Pod, that Pod's containers, newest warning and
// last lines, and the commit that the application follows. What cannot be read is a link that says so.
func (e *Engine) Explain(ctx context.Context, key app.Key) ([]Cause, error) {
	path, unread := e.worst(ctx, key)
	v, ok := e.View(key)
	switch {
	case !ok:
		return nil, e.Unknown(key)
	case unread != nil && ctx.Err() != nil:
		return nil, unread
	}
	out := append(stateCauses(&v), unreadCauses(&v, unread)...)
	for _, n := range path {
		out = append(out, Cause{"object", n.Ref.String(), strings.TrimSpace(string(n.Health.Status) + " " + n.Health.Message)})
	}
	if len(path) > 0 {
		out = append(out, e.deepest(ctx, key, path[len(path)-1])...)
	}
	for _, c := range v.Commits {
		out = append(out, Cause{Step: "commit", Says: strings.TrimSpace(c.Short() + " " + c.Message + " (" + c.Author + ")")})
	}
	return out, nil
}

// worst returns the path to what is behind an application's health, from what was last seen of its objects.
func (e *Engine) worst(ctx context.Context, key app.Key) ([]TreeNode, error) {
	x, err := e.lastLook(ctx, key)
	if err != nil {
		return nil, err
	}
	nodes, err := e.treeOf(ctx, x)
	if err != nil {
		return nil, err
	}
	return worstPath(nodes, suspects(x.items)), nil
}

// unreadCauses tells why nothing is known of the objects, unless a condition does.
func unreadCauses(v *View, unread error) []Cause {
	if unread == nil || slices.ContainsFunc(v.App.Status.Conditions, func(c app.Condition) bool {
		return strings.Contains(c.Message, unread.Error()) || c.Message != "" && strings.Contains(unread.Error(), c.Message)
	}) {
		return nil
	}
	return []Cause{{Step: "object", Says: "cannot be read: " + unread.Error()}}
}

// stateCauses tells what the application itself says.
func stateCauses(v *View) []Cause {
	st := &v.App.Status
	out := []Cause{{"application", v.App.Key().String(), fmt.Sprintf("%s, %s", orElse(string(st.Health.Status), "no health"), orElse(string(st.Sync.Status), "not compared"))}}
	for _, c := range st.Conditions {
		out = append(out, Cause{Step: "condition", Says: string(c.Type) + ": " + c.Message})
	}
	if op := st.OperationState; op != nil && op.Phase.Done() && op.Phase != app.OperationSucceeded {
		out = append(out, Cause{Step: "operation", Says: string(op.Phase) + ": " + op.Message})
	}
	for _, r := range st.Resources {
		switch {
		case r.Status != app.OutOfSync:
		case r.RequiresPruning:
			out = append(out, Cause{"difference", r.Ref().String(), "is no longer in git"})
		case r.Health != nil && r.Health.Status == app.Missing:
			out = append(out, Cause{"difference", r.Ref().String(), "is not in the cluster"})
		default:
			out = append(out, Cause{"difference", r.Ref().String(), "differs from git"})
		}
	}
	return out
}

// suspects are the objects to look for a cause at: the one that decides the application's health, and when none does, so that it is
// healthy, all that count.
func suspects(items []*health.Item) map[object.Ref]bool {
	if worst := health.Decisive(items); worst != nil {
		return map[object.Ref]bool{worst.Ref: true}
	}
	out := map[object.Ref]bool{}
	for i := range items {
		if items[i].Counts() {
			out[items[i].Ref] = true
		}
	}
	return out
}

// worstPath returns the first of the worst objects among the suspects and what they own, down to the deepest that is as unwell: a
// workload may only wait for a Pod that cannot run. It is empty when all is well.
func worstPath(nodes []TreeNode, suspects map[object.Ref]bool) []TreeNode {
	target, start, follows := -1, 0, false
	for i, n := range nodes {
		if n.Depth == 0 {
			start, follows = i, n.Managed && suspects[n.Ref]
		}
		if !follows || n.Health.Status == app.Missing || !health.Worse(n.Health.Status, app.Suspended) {
			continue
		}
		worse := target < 0 || health.Worse(n.Health.Status, nodes[target].Health.Status)
		deeper := target >= start && target >= 0 && n.Health.Status == nodes[target].Health.Status && n.Depth > nodes[target].Depth
		if worse || deeper {
			target = i
		}
	}
	if target < 0 {
		return nil
	}
	path := []TreeNode{nodes[target]}
	for i, depth := target-1, nodes[target].Depth; i >= 0 && depth > 0; i-- {
		if nodes[i].Depth < depth {
			depth = nodes[i].Depth
			path = append([]TreeNode{nodes[i]}, path...)
		}
	}
	return path
}

// deepest asks the cluster about the last object of the path.
func (e *Engine) deepest(ctx context.Context, key app.Key, n TreeNode) []Cause {
	ref := n.Ref.String()
	var out []Cause
	for _, c := range health.Failing(n.Object) {
		out = append(out, Cause{"container", ref, c.Says})
	}
	events, err := e.Events(ctx, key, n.Ref)
	if err != nil {
		out = append(out, Cause{"event", ref, "cannot be read: " + err.Error()})
	}
	if says := newestWarning(events, n); says != "" {
		out = append(out, Cause{"event", ref, says})
	}
	for _, c := range health.Failing(n.Object) {
		if c.Ran {
			out = append(out, e.lastLines(ctx, key, n.Ref, c))
		}
	}
	return out
}

func eventText(u *unstructured.Unstructured) (kind, reason, message string) {
	field := func(name string) string {
		s, _, _ := unstructured.NestedString(u.Object, name)
		return s
	}
	return field("type"), field("reason"), strings.Join(strings.Fields(field("message")), " ")
}

func (e *Engine) lastLines(ctx context.Context, key app.Key, ref object.Ref, c health.Container) Cause {
	out := Cause{"log", ref.String(), ""}
	stream, err := e.Logs(ctx, key, object.LogRequest{
		Namespace: ref.Namespace, Pod: ref.Name, Container: c.Name, Previous: c.Previous, Tail: explainedLines,
	})
	if err != nil {
		out.Says = c.Name + ": cannot be read: " + err.Error()
		return out
	}
	defer func() { _ = stream.Close() }()
	out.Says = c.Name + ": " + wroteIn(stream)
	return out
}

// explainedBytes bounds what is read of a log.
const explainedBytes = 1 << 16

// wroteIn says what a log has. One that broke off is no log of a container that wrote nothing.
func wroteIn(log io.Reader) string {
	var lines []string
	s := bufio.NewScanner(io.LimitReader(log, explainedBytes))
	s.Buffer(nil, explainedBytes+1)
	for s.Scan() {
		lines = append(lines, s.Text())
	}
	if err := s.Err(); err != nil {
		lines = append(lines, "cannot be read on: "+err.Error())
	}
	return orElse(strings.Join(lines, "\n"), "wrote nothing")
}

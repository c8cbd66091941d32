package detail

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/tui/widget"
)

// identity tells a node from all others, also one that does not exist yet.
type identity struct {
	ref object.Ref
	uid types.UID
}

func idOf(n *engine.TreeNode) identity { return identity{n.Ref, n.UID} }

// tree is an application's resource tree with what is folded and filtered away.
type tree struct {
	nodes   []engine.TreeNode
	shown   []int
	folded  map[identity]bool
	filter  string
	trouble bool
	list    widget.List
	current identity
}

// set takes new nodes; the cursor stays on its object.
func (t *tree) set(nodes []engine.TreeNode) {
	t.nodes = nodes
	t.arrange()
}

// arrange decides which nodes are shown. A node that a filter hides is shown all the same when one below it is not.
func (t *tree) arrange() {
	keep := make([]bool, len(t.nodes))
	for i := len(t.nodes) - 1; i >= 0; i-- {
		keep[i] = keep[i] || t.wanted(&t.nodes[i])
		if p := t.parent(i); keep[i] && p >= 0 {
			keep[p] = true
		}
	}
	t.shown = t.shown[:0]
	hiddenBelow := -1
	for i := range t.nodes {
		n := &t.nodes[i]
		if hiddenBelow >= 0 && n.Depth > hiddenBelow {
			continue
		}
		hiddenBelow = -1
		if !keep[i] {
			continue
		}
		t.shown = append(t.shown, i)
		if t.folded[idOf(n)] {
			hiddenBelow = n.Depth
		}
	}
	for row, i := range t.shown {
		if idOf(&t.nodes[i]) == t.current {
			t.list.To(row, len(t.shown))
			return
		}
	}
	t.list.Move(0, len(t.shown))
	t.note()
}

func (t *tree) wanted(n *engine.TreeNode) bool {
	if t.trouble && !troubled(n) {
		return false
	}
	return strings.Contains(strings.ToLower(n.Ref.String()+" "+string(n.Health.Status)+" "+string(n.Sync)), strings.ToLower(t.filter))
}

func troubled(n *engine.TreeNode) bool {
	return n.Sync == app.OutOfSync || n.Sync == app.SyncUnknown || n.Health.Status != "" && n.Health.Status != app.Healthy
}

// parent is the index of a node's parent, -1 for a root.
func (t *tree) parent(i int) int {
	for p := i - 1; p >= 0; p-- {
		if t.nodes[p].Depth < t.nodes[i].Depth {
			return p
		}
	}
	return -1
}

func (t *tree) note() {
	if n := t.selected(); n != nil {
		t.current = idOf(n)
	}
}

// selected is the node under the cursor, nil without one.
func (t *tree) selected() *engine.TreeNode {
	if t.list.Cursor >= len(t.shown) {
		return nil
	}
	return &t.nodes[t.shown[t.list.Cursor]]
}

func (t *tree) move(n int) {
	t.list.Move(n, len(t.shown))
	t.note()
}

// fold hides what is below the selected node; on a node with nothing to hide it goes to the parent.
func (t *tree) fold() {
	n := t.selected()
	if n == nil {
		return
	}
	i := t.shown[t.list.Cursor]
	if t.hasChildren(i) && !t.folded[idOf(n)] {
		t.folded[idOf(n)] = true
		t.arrange()
		return
	}
	if p := t.parent(i); p >= 0 {
		t.current = idOf(&t.nodes[p])
		t.arrange()
	}
}

// unfold shows what is below the selected node.
func (t *tree) unfold() {
	if n := t.selected(); n != nil {
		delete(t.folded, idOf(n))
		t.arrange()
	}
}

func (t *tree) hasChildren(i int) bool {
	return i+1 < len(t.nodes) && t.nodes[i+1].Depth > t.nodes[i].Depth
}

// draw draws the rows that are seen.
func (t *tree) draw(l widget.Look, w, h int, now time.Time) []string {
	var out []string
	first, last := t.list.Window(len(t.shown), h)
	for row := first; row < last; row++ {
		out = append(out, l.Row(t.row(l, t.shown[row], w-1, now), row == t.list.Cursor, w))
	}
	return out
}

// row draws one node: its place in the tree, its name, and its state at the right.
func (t *tree) row(l widget.Look, i, w int, now time.Time) string {
	n := &t.nodes[i]
	handle := " "
	if t.hasChildren(i) {
		handle = fold(l, t.folded[idOf(n)])
	}
	name := strings.Repeat("  ", n.Depth) + l.Faint.Render(handle) + " " + l.Muted.Render(n.Ref.Kind) + " " + l.Text.Render(n.Ref.Name)
	if n.Hook {
		name += l.Muted.Render(" hook")
	}
	state := ""
	if n.Sync != "" && n.Sync != app.Synced {
		state = l.Sync(n.Sync).String()
	}
	health := l.Health(n.Health.Status).String()
	switch {
	case w >= 90:
		return l.Ends(name, l.Fit(state, 12)+l.Fit(health, 14)+l.Fit(l.Muted.Render(widget.Line(n.Info)), 20)+
			l.Fit(l.Muted.Render(widget.Age(n.Created, now)), 4), w)
	case w >= 70:
		return l.Ends(name, l.Fit(state, 12)+l.Fit(health, 14)+l.Fit(l.Muted.Render(widget.Age(n.Created, now)), 4), w)
	case w >= 56:
		return l.Ends(name, l.Fit(state, 12)+l.Fit(health, 14), w)
	}
	icons := l.Health(n.Health.Status).Icon()
	if state != "" {
		icons = l.Sync(n.Sync).Icon() + " " + icons
	}
	return l.Ends(name, icons, w)
}

func fold(l widget.Look, folded bool) string {
	switch {
	case l.ASCII && folded:
		return "+"
	case l.ASCII:
		return "-"
	case folded:
		return "▸"
	}
	return "▾"
}

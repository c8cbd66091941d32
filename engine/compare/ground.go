package compare

import (
	"context"
	"maps"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
)

// Ground is what the verdicts of an application rest on beside the objects and its spec. The zero Ground never holds.
type Ground struct {
	whole  bool
	rules  string
	epochs map[schema.GroupVersionKind]string
	// learned counts what the Memo was told of real applies, and until is when the first answer of the server comes of age.
	learned uint64
	until   time.Time
}

// Ground returns what the verdicts of a comparison that has ended rest on.
func (c *Comparer) Ground(diffs []*diff.Diff) Ground {
	if c.Memo == nil || c.Plan {
		return Ground{}
	}
	g := Ground{whole: true, rules: c.RulesID, epochs: map[schema.GroupVersionKind]string{}}
	for i := range diffs {
		if diffs[i].Verdict == diff.NotCompared {
			return Ground{}
		}
	}
	c.mu.Lock()
	for gvk, e := range c.epochs {
		g.epochs[gvk] = e.ID
		// An epoch that could not be found out is looked for each time.
		g.whole = g.whole && e.ID != ""
	}
	c.mu.Unlock()
	g.learned, g.until = c.Memo.state()
	return g
}

// Holds reports whether a comparison would find the same ground.
func (g Ground) Holds(ctx context.Context, c *Comparer) bool {
	if !g.whole || c.Memo == nil || g.rules != c.RulesID || !g.until.IsZero() && c.Now.After(g.until) || g.learned != c.Memo.count() {
		return false
	}
	for gvk, id := range g.epochs {
		if c.epoch(ctx, gvk).ID != id {
			return false
		}
	}
	return true
}

// count returns how many answers to real applies the Memo has been told of.
func (m *Memo) count() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.learned
}

// state returns that and when the first verdict that the server gave comes of age; zero is never.
func (m *Memo) state() (learned uint64, until time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for v := range maps.Values(m.verdicts) {
		if end := v.until(); v.asked && (until.IsZero() || end.Before(until)) {
			until = end
		}
	}
	return m.learned, until
}

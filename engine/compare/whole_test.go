package compare_test

import (
	"errors"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestWhatAComparisonRestsOn changes each thing that the verdicts of an application were reached from, the objects apart.
func TestWhatAComparisonRestsOn(t *testing.T) {
	t.Parallel()
	later := func(d time.Duration) func(*compare.Comparer, *cluster) {
		return func(by *compare.Comparer, _ *cluster) { by.Now = noon.Add(d) }
	}
	for name, c := range map[string]struct {
		change func(*compare.Comparer, *cluster)
		holds  bool
	}{
		"nothing has changed":             {func(*compare.Comparer, *cluster) {}, true},
		"the rules have changed":          {func(by *compare.Comparer, _ *cluster) { by.RulesID = "other" }, false},
		"the epoch of a kind has changed": {func(_ *compare.Comparer, c *cluster) { c.epoch.ID = "next" }, false},
		"the epoch cannot be found out":   {func(_ *compare.Comparer, c *cluster) { c.epochErr = errors.New("no answer") }, false},
		"the answer has not come of age":  {later(10 * time.Minute), true},
		"the answer has come of age":      {later(11 * time.Minute), false},
		"the object was applied meanwhile": {func(by *compare.Comparer, _ *cluster) {
			by.Memo.Learn(configMap("", "green"), object.Answer{Object: configMap("1", "green")}, object.Epoch{}, noon)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &cluster{answer: configMap("1", "green")}
			server.epoch.ID = "first"
			by := comparer(server, compare.NewMemo(), noon)
			d, _ := verdict(t, by, server, configMap("", "green"), configMap("1", "red"))
			ground := by.Ground([]*diff.Diff{&d})
			next := comparer(server, by.Memo, noon)
			c.change(next, server)
			if ground.Holds(t.Context(), next) != c.holds {
				t.Errorf("it holds: %t", !c.holds)
			}
		})
	}
	t.Run("a proof does not age", func(t *testing.T) {
		t.Parallel()
		server := &cluster{proof: 1}
		server.epoch.ID = "first"
		by := comparer(server, compare.NewMemo(), noon)
		d, asked := verdict(t, by, server, configMap("", "red"), configMap("1", "red"))
		if asked != 0 {
			t.Fatalf("it was reached by %d questions", asked)
		}
		if !by.Ground([]*diff.Diff{&d}).Holds(t.Context(), comparer(server, by.Memo, noon.Add(time.Hour))) {
			t.Error("it does")
		}
	})
	t.Run("what was not compared is asked about again", func(t *testing.T) {
		t.Parallel()
		by := comparer(&cluster{}, compare.NewMemo(), noon)
		if by.Ground([]*diff.Diff{{Verdict: diff.NotCompared}}).Holds(t.Context(), by) {
			t.Error("it is not")
		}
	})
	t.Run("a plan takes nothing over", func(t *testing.T) {
		t.Parallel()
		by := comparer(&cluster{}, compare.NewMemo(), noon)
		by.Plan = true
		if by.Ground(nil).Holds(t.Context(), by) || (compare.Ground{}).Holds(t.Context(), by) {
			t.Error("it does")
		}
	})
}

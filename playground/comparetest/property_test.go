package comparetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// seeds are the series that every run goes through, 100 cases each; one more series has a random seed, which is printed.
var seeds = []uint64{1, 20, 300}

const series = 100

// found are single cases that were false once.
var found = map[uint64][]int{3118707731: {2497}, 3703276006: {771}, 4232190702: {4171, 5286, 9369}}

// atOnce is the number of cases that run at the same time.
const atOnce = 12

// tally counts verdicts and grounds.
type tally struct {
	mu       sync.Mutex
	cases    int
	stirred  int
	verdicts map[diff.Verdict]int
	grounds  map[string]int
}

func (c *tally) add(d diff.Diff, stirred bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cases++
	if stirred {
		c.stirred++
	}
	c.verdicts[d.Verdict]++
	c.grounds[d.Verdict.String()+" by "+d.How.String()]++
}

// run goes through cases from number begin to end, and returns all that turned out false.
func run(ctx context.Context, b *bench, under compare.Cluster, c *tally, seed uint64, begin, end int) []error {
	var mu sync.Mutex
	var wrong []error
	g := new(errgroup.Group)
	g.SetLimit(atOnce)
	for n := begin; n < end; n++ {
		g.Go(func() error {
			one := newTrial(b, under, seed, n)
			d, err := one.run(ctx)
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				wrong = append(wrong, fmt.Errorf("seed %d case %d: %w", seed, n, err))
				return nil
			}
			c.add(d, one.stirred)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		wrong = append(wrong, err)
	}
	return wrong
}

// TestVerdictsAreTrue compares random objects and applies them. WHEELHOUSE_SOAK makes it a long run of so many cases, and
// WHEELHOUSE_SEED chooses the seed of the random series, or with WHEELHOUSE_CASE the one case that is run.
func TestVerdictsAreTrue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.store = newStore(t, b.cluster)
	c := &tally{verdicts: map[diff.Verdict]int{}, grounds: map[string]int{}}
	seed := number(t, "WHEELHOUSE_SEED", rand.Uint64N(1<<32))
	t.Logf("the random seed is %d", seed)
	if one := number(t, "WHEELHOUSE_CASE", 0); os.Getenv("WHEELHOUSE_CASE") != "" {
		for _, err := range run(t.Context(), b, b.cluster, c, seed, int(one), int(one)+1) {
			t.Error(err)
		}
		return
	}
	soak := int(number(t, "WHEELHOUSE_SOAK", 0))
	var wrong []error
	if soak == 0 {
		for _, fixed := range seeds {
			wrong = append(wrong, run(t.Context(), b, b.cluster, c, fixed, 0, series)...)
		}
		for seed, cases := range found {
			for _, n := range cases {
				wrong = append(wrong, run(t.Context(), b, b.cluster, c, seed, n, n+1)...)
			}
		}
		soak = series
	}
	wrong = append(wrong, run(t.Context(), b, b.cluster, c, seed, 0, soak)...)
	for _, err := range wrong[:min(len(wrong), 20)] {
		t.Error(err)
	}
	t.Logf("%d cases, %d false", c.cases+len(wrong), len(wrong))
	for _, v := range []diff.Verdict{
		diff.InSync, diff.OwnershipOnly, diff.Differs, diff.Create, diff.Prune, diff.Conflict, diff.Immutable, diff.Refused, diff.MissingKind, diff.Foreign,
	} {
		share := 100 * float64(c.verdicts[v]) / float64(max(c.cases, 1))
		t.Logf("%-15s %5d  %4.1f %%", v, c.verdicts[v], share)
		if share < 3 {
			t.Errorf("%s occurred in %.1f %% of the cases: too rarely to be tested", v, share)
		}
	}
	// It is rare; were it not, much that is called in sync would have been proven by nothing.
	if share := 100 * float64(c.stirred) / float64(max(c.cases, 1)); share > 2 {
		t.Errorf("%.1f %% of the objects were written without a change", share)
	}
	t.Logf("grounds: %v; written without a change: %d", c.grounds, c.stirred)
}

func number(t *testing.T, name string, fallback uint64) uint64 {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return fallback
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// liar is a cluster whose every merge is said to change nothing.
type liar struct{ *kube.Cluster }

func (liar) Prove(context.Context, *unstructured.Unstructured, *unstructured.Unstructured) (object.Proof, error) {
	return object.Unchanged, nil
}

func TestAFalseProofIsFound(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.store = newStore(t, b.cluster)
	c := &tally{verdicts: map[diff.Verdict]int{}, grounds: map[string]int{}}
	wrong := errors.Join(run(t.Context(), b, liar{b.cluster}, c, 7, 0, 100)...)
	if wrong == nil || !strings.Contains(wrong.Error(), "the verdict is in sync by proof") {
		t.Errorf("100 cases do not tell that every proof is a lie: %v", wrong)
	}
}

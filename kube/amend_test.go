package kube

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// answerOf is what a question finds when every object is looked up.
func answerOf(c *cache, q object.LiveQuery) map[object.Ref]string {
	out := map[object.Ref]string{}
	for r, record := range c.objects {
		if slices.Contains(q.Refs, r) || record.app == q.App {
			out[r] = record.version
		}
	}
	return out
}

func versions(objects map[object.Ref]*unstructured.Unstructured) map[object.Ref]string {
	out := map[object.Ref]string{}
	for r, u := range objects {
		out[r] = u.GetResourceVersion()
	}
	return out
}

// TestAnAnswerIsBroughtUpToDate has objects come, change, get a mark, lose it and go, in kinds of which some are asked for: whatever has
// moved since, the next answer is the one that looking at all of them would give, and it says what may differ from the one before.
func TestAnAnswerIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 11))
	kinds := []string{"ConfigMap", "Secret", "Pod"}
	c := newCache()
	for _, kind := range kinds {
		p := ref(kind, "").Place().Wide()
		c.listed(p)
	}
	q := object.LiveQuery{App: "shop"}
	for i := range 5 {
		q.Refs = append(q.Refs, ref("ConfigMap", fmt.Sprint("ConfigMap-", i)))
	}
	first, _ := c.live(q)
	amended, same, anew, version := 0, 0, 0, 2
	lives := map[object.Ref]int{}
	for range 1000 {
		moves := random.IntN(4)
		if random.IntN(60) == 0 {
			moves = trailLength + 10
		}
		for range moves {
			kind := kinds[random.IntN(len(kinds))]
			u := sent(kind, fmt.Sprint(kind, "-", random.IntN(10)), fmt.Sprint(version))
			version++
			r := object.Of(u)
			u.SetUID(types.UID(fmt.Sprint(r, lives[r])))
			switch random.IntN(5) {
			case 0:
				c.remove(r)
				lives[r]++
			case 1:
				c.upserted(of("shop", u))
			case 2:
				c.upserted(of("other", u))
			default:
				c.upserted(u)
			}
		}
		next, bodiless := c.live(q)
		if len(bodiless) > 0 || next.Edition == 0 {
			t.Fatalf("before version %d the answer is number %d, and %v are to be read", version, next.Edition, bodiless)
		}
		want, got := answerOf(c, q), versions(next.Objects)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("before version %d (-want +got):\n%s", version, d)
		}
		switch {
		case next.Edition == first.Edition:
			same++
			if !maps.Equal(next.Objects, first.Objects) {
				t.Fatalf("before version %d the same answer has other objects", version)
			}
		case next.Since == first.Edition:
			amended++
			for r := range want {
				if next.Objects[r] != first.Objects[r] && !slices.Contains(next.Changed, r) {
					t.Fatalf("%s has changed, and %v are said to", r, next.Changed)
				}
			}
			for r := range first.Objects {
				if next.Objects[r] == nil && !slices.Contains(next.Changed, r) {
					t.Fatalf("%s is gone, and %v are said to have changed", r, next.Changed)
				}
			}
		default:
			anew++
		}
		first = next
	}
	if amended < 200 || same < 200 || anew < 5 {
		t.Errorf("%d answers were brought up to date, %d were the same, %d were found anew", amended, same, anew)
	}
}

package engine

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// installed is a store that says which it is.
type installed struct{ Store }

func (installed) Installation() string { return "here" }

// merging is a cluster that merges as a server does, and is not there.
type merging struct {
	Cluster
	mu     sync.Mutex
	looked map[string]bool
}

func (m *merging) Epoch(ctx context.Context, gvk schema.GroupVersionKind) (object.Epoch, error) {
	return m.offline().Epoch(ctx, gvk)
}

func (m *merging) Prove(ctx context.Context, want, live *unstructured.Unstructured) (object.Proof, error) {
	m.mu.Lock()
	m.looked[want.GetName()] = true
	m.mu.Unlock()
	return m.offline().Prove(ctx, want, live)
}

func (m *merging) Predict(ctx context.Context, want, live *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	return m.offline().Predict(ctx, want, live)
}

func (m *merging) Apply(ctx context.Context, req object.ApplyRequest) (object.Answer, error) {
	return m.offline().Apply(ctx, req)
}

func (m *merging) ReadAs(ctx context.Context, gvk schema.GroupVersionKind, ref object.Ref) (*unstructured.Unstructured, error) {
	return m.offline().ReadAs(ctx, gvk, ref)
}

func (*merging) offline() kube.Offline { return kube.Offline{} }

// settings is a ConfigMap with a value; one that is marked is the application's.
func settings(name, value string, marked bool) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "data": map[string]any{"value": value}}}
	u.SetNamespace("web")
	u.SetName(name)
	if marked {
		object.SetMark(u, "web", "here")
	}
	return u
}

// TestWhatHasMovedIsComparedAlone has live objects of an application change, come, go, get a mark and lose it: what is found of the few
// that moved, and taken over of the rest, is what a comparison of all finds.
func TestWhatHasMovedIsComparedAlone(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 5))
	e := New(Ports{Store: installed{}}, Options{})
	t.Cleanup(e.Close)
	var want []*unstructured.Unstructured
	for i := range 12 {
		want = append(want, settings(fmt.Sprint("want-", i), "git", true))
	}
	index := indexOf(want)
	look := func(live object.LiveSet, last *examination, memo *compare.Memo, looked map[string]bool) *examination {
		t.Helper()
		x := &examination{app: app.Application{Metadata: app.Metadata{Name: "web"}}, id: "here", live: live, cluster: &merging{looked: looked}}
		if last != nil {
			x.cluster = last.cluster
		}
		x.want.objects, x.want.index = want, index
		if err := e.findDifferences(x)(t.Context(), question{memo: memo, last: last}); err != nil {
			t.Fatal(err)
		}
		e.account(t.Context(), last, x, false)
		if x.base != nil {
			t.Fatal("the examination before is kept")
		}
		return x
	}
	said := func(x *examination) any {
		verdicts := map[object.Ref]diff.Verdict{}
		for _, d := range x.diffs {
			verdicts[d.Ref] = d.Verdict
		}
		return []any{verdicts, x.resources, x.owned, x.conclude().sync, len(x.diffs), len(x.rows.rows)}
	}
	memo, looked := compare.NewMemo(), map[string]bool{}
	live := object.LiveSet{Objects: map[object.Ref]*unstructured.Unstructured{}, Edition: 1}
	last := look(live, nil, memo, looked)
	alone, kept := 0, 0
	for step := range 400 {
		next := object.LiveSet{Objects: maps.Clone(live.Objects), Edition: live.Edition + 1, Since: live.Edition}
		for range 1 + random.IntN(3) {
			u := settings(fmt.Sprint("want-", random.IntN(len(want))), []string{"git", "hand"}[random.IntN(2)], random.IntN(4) > 0)
			if random.IntN(5) == 0 {
				u.SetName(fmt.Sprint("extra-", random.IntN(3)))
				object.SetMark(u, []string{"web", "shop"}[random.IntN(2)], "here")
			}
			if random.IntN(4) == 0 {
				u.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "owner", UID: "owner"}})
			}
			ref := object.Of(u)
			next.Objects[ref] = u
			if random.IntN(5) == 0 {
				delete(next.Objects, ref)
			}
			if !slices.Contains(next.Changed, ref) {
				next.Changed = append(next.Changed, ref)
			}
		}
		clear(looked)
		x := look(next, last, memo, looked)
		anew := look(object.LiveSet{Objects: next.Objects, Edition: next.Edition}, nil, compare.NewMemo(), map[string]bool{})
		if d := cmp.Diff(said(anew), said(x), cmp.AllowUnexported(object.Ref{})); d != "" {
			t.Fatalf("step %d, after %v moved (-anew +alone):\n%s", step, next.Changed, d)
		}
		if len(looked) <= len(next.Changed) {
			alone++
		}
		untouched := 0
		for i := range want {
			if x.diffs[i] == last.diffs[i] && x.rows.rows[i] == last.rows.rows[i] {
				untouched++
			}
		}
		if untouched >= len(want)-len(next.Changed) {
			kept++
		}
		live, last = next, x
	}
	if alone < 390 || kept < 100 {
		t.Errorf("of 400 times only what moved was looked at %d times, and all else kept %d times", alone, kept)
	}
}

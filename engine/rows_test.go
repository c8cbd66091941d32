package engine

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// accounted returns an examination whose rows are written down, with those of the one before.
func accounted(want []*unstructured.Unstructured, live map[object.Ref]*unstructured.Unstructured, verdicts []diff.Verdict, before *examination) *examination {
	return accountedFor(want, live, verdicts, nil, before)
}

// accountedFor is accounted with reasons why objects are unwell.
func accountedFor(
	want []*unstructured.Unstructured, live map[object.Ref]*unstructured.Unstructured, verdicts []diff.Verdict,
	reasons map[object.Ref]string, before *examination,
) *examination {
	x := &examination{app: app.Application{Metadata: app.Metadata{Name: "web"}}}
	x.want.objects, x.want.index = want, indexOf(want)
	x.live.Objects = live
	for i, ref := range x.want.refs {
		x.diffs = append(x.diffs, &diff.Diff{Ref: ref, Verdict: verdicts[i]})
	}
	for ref, u := range live {
		if _, wanted := x.want.at[ref]; !wanted {
			x.diffs = append(x.diffs, new(diff.Extra(u)))
		}
	}
	x.reasons = reasons
	var known *rows
	if before != nil {
		known = &before.rows
	}
	x.judge(known)
	x.tell(known)
	x.own(before, "here")
	return x
}

func deployment(name string, generation, observed int64) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": map[string]any{"name": name, "namespace": "web", "generation": generation},
		"spec":     map[string]any{"replicas": int64(0)},
		"status":   map[string]any{"observedGeneration": observed},
	}}
	object.SetMark(u, "web", "here")
	return u
}

// saidBy are the rows of an examination as they are now.
func saidBy(x *examination) (out []row) {
	if x == nil {
		return nil
	}
	for _, r := range x.rows.rows {
		out = append(out, *r)
	}
	return out
}

// What is taken over from the examination before is what would be found out again.
func TestRowsTakenOverAreAsFoundOutAnew(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 7))
	var want []*unstructured.Unstructured
	live := map[object.Ref]*unstructured.Unstructured{}
	for i := range 12 {
		u := deployment(fmt.Sprint("web-", i), 1, 1)
		if i%5 == 4 {
			u.SetAnnotations(map[string]string{object.AnnotationHook: "PreSync"})
		}
		want = append(want, u)
	}
	verdicts, reasons := make([]diff.Verdict, len(want)), map[object.Ref]string{}
	shared, changed, kept := 0, 0, 0
	var before *examination
	for range 400 {
		live = func() map[object.Ref]*unstructured.Unstructured {
			next := map[object.Ref]*unstructured.Unstructured{}
			for ref, u := range live {
				next[ref] = u
			}
			return next
		}()
		reasons, want = maps.Clone(reasons), slices.Clone(want)
		switch i := random.IntN(len(want)); random.IntN(9) {
		case 0:
			live[object.Of(want[i])] = deployment(want[i].GetName(), 2, random.Int64N(3))
		case 1:
			delete(live, object.Of(want[i]))
		case 2:
			verdicts[i] = []diff.Verdict{diff.InSync, diff.Differs, diff.NotCompared, diff.Create}[random.IntN(4)]
		case 3:
			extra := deployment("extra", 1, 1)
			live[object.Of(extra)] = extra
		case 4:
			delete(live, object.Of(deployment("extra", 1, 1)))
		case 5:
			lost := deployment(want[i].GetName(), 1, 1)
			lost.SetAnnotations(nil)
			live[object.Of(lost)] = lost
		case 6:
			reasons[object.Of(want[i])] = fmt.Sprint("Pod: it waits for ", random.IntN(3))
		case 7:
			u := deployment(want[i].GetName(), 1, 1)
			if random.IntN(2) == 0 {
				u.SetAnnotations(map[string]string{object.AnnotationHook: "PreSync"})
			}
			want[i] = u
		case 8:
		}
		was := saidBy(before)
		x, anew := accountedFor(want, live, verdicts, reasons, before), accountedFor(want, live, verdicts, reasons, nil)
		if !slices.Equal(saidBy(before), was) {
			t.Fatal("what was said before is changed")
		}
		if d := cmp.Diff(anew.resources, x.resources); d != "" {
			t.Fatal(d)
		}
		if d := cmp.Diff(anew.items, x.items); d != "" {
			t.Fatal(d)
		}
		if d := cmp.Diff(anew.owned, x.owned); d != "" {
			t.Fatal(d)
		}
		if before != nil && len(x.resources) > 0 {
			if &x.resources[0] == &before.resources[0] {
				shared++
			} else {
				changed++
			}
			if len(x.owned) > 0 && len(before.owned) > 0 && &x.owned[0] == &before.owned[0] && !maps.Equal(x.live.Objects, before.live.Objects) {
				kept++
			}
		}
		before = x
	}
	if shared < 40 || changed < 40 {
		t.Errorf("the lists were shared %d times and made anew %d times, want both", shared, changed)
	}
	if kept < 10 {
		t.Errorf("what is owned was taken over %d times while an object had changed", kept)
	}
}

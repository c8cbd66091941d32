package engine

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestAComparisonIsTakenOver changes each thing that a comparison was made of.
func TestAComparisonIsTakenOver(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*examination, *compare.Comparer)
		taken  bool
	}{
		"nothing has changed":       {func(*examination, *compare.Comparer) {}, true},
		"a commit of no meaning":    {func(x *examination, _ *compare.Comparer) { x.want.commits = []app.Commit{{ID: "next"}} }, true},
		"the rendering has changed": {func(x *examination, _ *compare.Comparer) { x.want.index = indexOf(x.want.objects) }, false},
		"the cluster answers anew":  {func(x *examination, _ *compare.Comparer) { x.live.Edition++ }, false},
		"no watch runs":             {func(x *examination, _ *compare.Comparer) { x.live.Edition = 0 }, false},
		"another cluster":           {func(x *examination, _ *compare.Comparer) { x.id = "other" }, false},
		"what is ignored": {func(x *examination, _ *compare.Comparer) {
			x.app.Spec.IgnoreDifferences = []app.IgnoreDifference{{Kind: "Deployment", JSONPointers: []string{"/spec/replicas"}}}
		}, false},
		"an option of syncs": {func(x *examination, _ *compare.Comparer) {
			x.app.Spec.SyncPolicy = &app.SyncPolicy{SyncOptions: []string{"Validate=false"}}
		}, false},
		"the configured rules": {func(_ *examination, by *compare.Comparer) { by.RulesID = "other" }, false},
		"a plan":               {func(_ *examination, by *compare.Comparer) { by.Plan = true }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			front := deployment("front", 1, 1)
			memo := compare.NewMemo()
			last := accounted([]*unstructured.Unstructured{front}, map[object.Ref]*unstructured.Unstructured{object.Of(front): front}, []diff.Verdict{diff.InSync}, nil)
			last.live.Edition, last.id = 7, "here"
			last.ground = (&compare.Comparer{Memo: memo}).Ground(last.diffs)
			next := &examination{app: last.app, id: last.id, want: last.want, live: last.live}
			by := &compare.Comparer{Memo: memo}
			c.change(next, by)
			if taken := next.takeOver(t.Context(), last, by); taken != c.taken || next.same != taken || (len(next.diffs) == 1) != taken {
				t.Errorf("it is taken over: %t, with %d diffs", taken, len(next.diffs))
			}
			if !c.taken {
				return
			}
			(&Engine{}).account(t.Context(), last, next, true)
			if &next.resources[0] != &last.resources[0] || next.conclude() != last.conclude() || len(next.owned) != 1 {
				t.Error("what is said of the objects is written down anew")
			}
		})
	}
}

// TestAnUnwellApplicationIsLookedAt wants Pods asked what a workload lacks, whose own object says nothing of it.
func TestAnUnwellApplicationIsLookedAt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		observed int64
		unwell   bool
	}{"a workload that waits": {1, true}, "one that is well": {2, false}} {
		front := deployment("front", 2, c.observed)
		x := accounted([]*unstructured.Unstructured{front}, map[object.Ref]*unstructured.Unstructured{object.Of(front): front}, []diff.Verdict{diff.InSync}, nil)
		if x.conclude().unwell != c.unwell {
			t.Errorf("%s is unwell: %t", name, !c.unwell)
		}
	}
}

func TestWhatIsAskedForIsOneListWhileItIsTheSame(t *testing.T) {
	t.Parallel()
	namespace, old := object.Ref{Kind: "Namespace", Name: "web"}, []object.Ref{{Kind: "Secret", Namespace: "web", Name: "old"}}
	want := []*unstructured.Unstructured{deployment("front", 1, 1)}
	last := &examination{namespace: namespace, previous: old}
	last.want.index = indexOf(want)
	last.refs = last.asks(nil, namespace, old)
	if len(last.refs) != 3 {
		t.Fatalf("asked for is %v", last.refs)
	}
	next := &examination{want: last.want}
	if !object.SameList(next.asks(last, namespace, old), last.refs) {
		t.Error("the same question is another list")
	}
	for name, refs := range map[string][]object.Ref{
		"another namespace": next.asks(last, object.Ref{Kind: "Namespace", Name: "shop"}, old),
		"another inventory": next.asks(last, namespace, append(old, object.Ref{Kind: "Secret", Namespace: "web", Name: "other"})),
		"another rendering": (&examination{want: desired{index: indexOf(want)}}).asks(last, namespace, old),
	} {
		if object.SameList(refs, last.refs) {
			t.Errorf("%s is the same list", name)
		}
	}
}

func TestWhatAnApplicationSaysOfComparisonsIsToldApart(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for name, a := range map[string]app.Application{
		"nothing":                 {},
		"a difference ignored":    {Spec: app.Spec{IgnoreDifferences: []app.IgnoreDifference{{Kind: "Deployment", JSONPointers: []string{"/spec/replicas"}}}}},
		"no migration":            {Spec: app.Spec{SyncPolicy: &app.SyncPolicy{SyncOptions: []string{"ClientSideApplyMigration=false"}}}},
		"unknown fields let pass": {Spec: app.Spec{SyncPolicy: &app.SyncPolicy{SyncOptions: []string{"Validate=false"}}}},
		"a manager that is named": {Metadata: app.Metadata{Annotations: map[string]string{object.AnnotationMigrate: "flux"}}},
		"another manager":         {Metadata: app.Metadata{Annotations: map[string]string{object.AnnotationMigrate: "kapp"}}},
	} {
		id, err := rulesID(&a)
		if err != nil || seen[id] != "" {
			t.Errorf("%s is the same as %s (%v)", name, seen[id], err)
		}
		seen[id] = name
	}
	same, err := rulesID(&app.Application{Spec: app.Spec{SyncPolicy: &app.SyncPolicy{SyncOptions: []string{"CreateNamespace=true"}}}})
	if err != nil || seen[same] != "nothing" {
		t.Errorf("another option is not the same as nothing (%v)", err)
	}
}

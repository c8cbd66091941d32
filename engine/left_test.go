package engine

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// version is a ConfigMap as it was rendered at some time.
func version(name, value string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{"data": map[string]any{"value": value}}}
	u.SetAPIVersion("v1")
	u.SetKind("ConfigMap")
	u.SetNamespace("web")
	u.SetName(name)
	return u
}

// hookVersion is a ConfigMap that is a hook of a phase.
func hookVersion(name, value, phase string) *unstructured.Unstructured {
	u := version(name, value)
	u.SetAnnotations(map[string]string{"argocd.argoproj.io/hook": phase})
	return u
}

// TestWhatAnOperationLeaves says of plans and what was done of them which objects the application consists of afterwards, as
// "name=value", and which of them git does not ask for.
func TestWhatAnOperationLeaves(t *testing.T) {
	t.Parallel()
	a1, a2, z1 := version("a", "1"), version("a", "2"), version("z", "1")
	z, a := object.Of(z1), object.Of(a1)
	ours, foreign := version("z", "live"), version("z", "live")
	object.SetMark(ours, "shop", "store-1")
	object.SetMark(foreign, "other", "store-1")
	before := []*unstructured.Unstructured{a1, z1}
	extra := func(v plan.Verb, live *unstructured.Unstructured) plan.Step {
		return plan.Step{Ref: z, Verb: v, Live: live}
	}
	for name, c := range map[string]struct {
		before, desired []*unstructured.Unstructured

		steps  []plan.Step
		had    []object.Ref
		done   map[object.Ref]plan.Verb
		partly bool
		want   []string
		kept   []object.Ref
	}{
		"what was not to be pruned is as it was": {
			before: before, steps: []plan.Step{extra(plan.Keep, ours)}, want: []string{"a=2", "z=1"}, kept: []object.Ref{z},
		},
		"what was pruned is gone": {
			before: before, steps: []plan.Step{extra(plan.Delete, ours)}, done: map[object.Ref]plan.Verb{z: plan.Delete}, want: []string{"a=2"},
		},
		"what was to be pruned and left out is as it was": {
			before: before, steps: []plan.Step{{Ref: z, Verb: plan.Delete, Live: ours, Left: true}}, want: []string{"a=2", "z=1"}, kept: []object.Ref{z},
		},
		"what carries another mark is no part of it": {
			before: before, steps: []plan.Step{extra(plan.Keep, foreign)}, want: []string{"a=2"},
		},
		"what was not there any more is gone": {before: before, want: []string{"a=2"}},
		"what no record tells of is named": {
			before: []*unstructured.Unstructured{a1}, steps: []plan.Step{extra(plan.Keep, ours)}, want: []string{"a=2"}, kept: []object.Ref{z},
		},
		"a hook that git has no more is none": {
			before: []*unstructured.Unstructured{a1, hookVersion("z", "1", "PreDelete")}, want: []string{"a=2"},
		},
		"what a record had beside git is named again": {
			before: before, had: []object.Ref{a}, done: map[object.Ref]plan.Verb{a: plan.Change}, want: []string{"a=2"}, kept: []object.Ref{a},
		},
		"what failed leaves the others as they were": {
			before: before, partly: true, steps: []plan.Step{extra(plan.Delete, ours)}, want: []string{"a=1", "z=1"}, kept: []object.Ref{z},
		},
		"what failed leaves what it has done": {
			before: before, partly: true, steps: []plan.Step{extra(plan.Delete, ours)},
			done: map[object.Ref]plan.Verb{a: plan.Change, z: plan.Delete}, want: []string{"a=2"},
		},
		"what failed has the hooks of what it was about to bring": {
			before:  []*unstructured.Unstructured{a1, hookVersion("drain", "1", "PreDelete"), hookVersion("bye", "1", "PostDelete")},
			desired: []*unstructured.Unstructured{a2, version("b", "2"), hookVersion("drain", "2", "PreDelete")},
			partly:  true, done: map[object.Ref]plan.Verb{a: plan.Change}, want: []string{"a=2", "drain=2"},
		},
		"what failed before it did anything leaves the hooks as they were": {
			before:  []*unstructured.Unstructured{a1, hookVersion("drain", "1", "PreDelete")},
			desired: []*unstructured.Unstructured{a2, hookVersion("drain", "2", "PreDelete")},
			partly:  true, want: []string{"a=1", "drain=1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.desired == nil {
				c.desired = []*unstructured.Unstructured{a2}
			}
			p := plan.Plan{App: app.Key{Name: "shop"}, Desired: c.desired, Steps: c.steps, Kept: c.had}
			objects, kept := remains(&p, sparedBy(&p, "store-1", c.done), c.before, c.done, !c.partly)
			var got []string
			for _, u := range objects {
				value, _, _ := unstructured.NestedString(u.Object, "data", "value")
				got = append(got, u.GetName()+"="+value)
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, got) + cmp.Diff(c.kept, kept); diff != "" {
				t.Error(diff)
			}
		})
	}
}

package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// hashed builds a plan that changes one object, after the edit.
func hashed(t *testing.T, kind string, edit func(o *plan.Object, live *unstructured.Unstructured)) string {
	t.Helper()
	u := thing(kind + "/web/a")
	u.Object["data"] = map[string]any{"key": "value"}
	s := situate().want(diff.Differs, u)
	o := &s.in.Objects[0]
	o.Diff.Changes = []diff.Change{{Path: ".data.key", Old: "was", New: "value", HasOld: true, HasNew: true}}
	edit(o, s.in.Live[object.Of(u)])
	return s.build(t).Hash
}

func same(*plan.Object, *unstructured.Unstructured) {}

func TestHashStaysTheSame(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*plan.Object, *unstructured.Unstructured){
		"for equal content":          same,
		"when live's version moves":  func(_ *plan.Object, live *unstructured.Unstructured) { live.SetResourceVersion("99") },
		"when live's status moves":   func(_ *plan.Object, live *unstructured.Unstructured) { live.Object["status"] = map[string]any{"a": 1} },
		"when somebody else is last": func(o *plan.Object, _ *unstructured.Unstructured) { o.Diff.Changes[0].Manager = "kubectl" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if a, b := hashed(t, "ConfigMap", same), hashed(t, "ConfigMap", edit); a != b {
				t.Errorf("hash went from %s to %s", a, b)
			}
		})
	}
}

func TestHashChanges(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*plan.Object, *unstructured.Unstructured){
		"with the desired content": func(o *plan.Object, _ *unstructured.Unstructured) {
			o.Desired.Object["data"] = map[string]any{"key": "x"}
		},
		"with the live object":    func(_ *plan.Object, live *unstructured.Unstructured) { live.SetUID(types.UID("another")) },
		"with a live value":       func(o *plan.Object, _ *unstructured.Unstructured) { o.Diff.Changes[0].Old = "another" },
		"with the changed fields": func(o *plan.Object, _ *unstructured.Unstructured) { o.Diff.Changes = nil },
		"with the verb":           func(o *plan.Object, _ *unstructured.Unstructured) { o.Diff.Verdict = diff.OwnershipOnly },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if a, b := hashed(t, "ConfigMap", same), hashed(t, "ConfigMap", edit); a == b {
				t.Errorf("hash stayed %s", a)
			}
		})
	}
}

// TestHashChangesWithHowAPlanIsCarriedOut has a plan that changes one object and prunes another.
func TestHashChangesWithHowAPlanIsCarriedOut(t *testing.T) {
	t.Parallel()
	build := func(edit func(*situation)) string {
		s := situate().want(diff.Differs, thing("ConfigMap/web/a")).extra(alive("ConfigMap/web/old"))
		edit(s)
		return s.build(t).Hash
	}
	propagation := func(policy string) func(*situation) {
		return func(s *situation) { s.in.Options.Propagation = policy }
	}
	nothingPruned := func(policy string) string {
		s := situate().want(diff.Differs, thing("ConfigMap/web/a"))
		s.in.Options.Propagation = policy
		return s.build(t).Hash
	}
	plain := build(func(*situation) {})
	for name, edit := range map[string]func(*situation){
		"with the propagation of deletions":        propagation("orphan"),
		"with the propagation that the spec names": func(s *situation) { s.options("PrunePropagationPolicy=background") },
		"with the validation of what is applied":   func(s *situation) { s.options("Validate=false") },
		"with the cluster":                         func(s *situation) { s.in.Cluster = "another" },
	} {
		if build(edit) == plain {
			t.Errorf("it stays the same %s", name)
		}
	}
	if build(propagation("foreground")) != plain {
		t.Error("it changes with the propagation that is the default")
	}
	if a, b := nothingPruned(""), nothingPruned("orphan"); a != b {
		t.Error("it changes with the propagation of deletions that are none")
	}
}

func TestHashTellsNothingOfSecrets(t *testing.T) {
	t.Parallel()
	values := func(text string) func(*plan.Object, *unstructured.Unstructured) {
		return func(o *plan.Object, _ *unstructured.Unstructured) {
			o.Desired.Object["data"] = map[string]any{"key": text}
			o.Desired.SetAnnotations(map[string]string{"kubectl.kubernetes.io/last-applied-configuration": text})
		}
	}
	if a, b := hashed(t, "Secret", values("hunter1")), hashed(t, "Secret", values("hunter2")); a != b {
		t.Errorf("the hashes %s and %s tell two texts apart, so a text can be guessed from one", a, b)
	}
	if a, b := hashed(t, "Secret", same), hashed(t, "Secret", func(o *plan.Object, _ *unstructured.Unstructured) {
		o.Desired.Object["data"] = map[string]any{"another": "value"}
	}); a == b {
		t.Error("another key is not seen")
	}
}

func TestDesiredObjectsAreNotTouched(t *testing.T) {
	t.Parallel()
	u := thing("Secret/web/a", "kubectl.kubernetes.io/last-applied-configuration={}")
	u.Object["data"] = map[string]any{"key": "value"}
	before := u.DeepCopy()
	situate().want(diff.Create, u).build(t)
	if d := cmp.Diff(before.Object, u.Object); d != "" {
		t.Errorf("planning changed the object that is to be applied:\n%s", d)
	}
}

package diff

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

const scaled = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, annotations: {note: a}}
spec:
  replicas: 5
  paused: false
  template: {spec: {containers: [{name: web, image: one, tty: true}, {name: side, image: one}]}}
`

// TestFieldsThatAnApplyWritesThoughTheyAreIgnored has ignored fields differ alone, and beside one that counts.
func TestFieldsThatAnApplyWritesThoughTheyAreIgnored(t *testing.T) {
	t.Parallel()
	rules, err := NewRules([]app.IgnoreDifference{{
		Group: "apps", Kind: "Deployment",
		JSONPointers:      []string{"/spec/replicas", "/metadata/annotations/note", "/spec/template/spec/containers/0/tty"},
		JQPathExpressions: []string{`.spec.template.spec.containers[] | select(.name == "side") | .image`},
	}})
	if err != nil {
		t.Fatal(err)
	}
	live := marked(of(t, scaled))
	set := func(value any, path ...string) func(*unstructured.Unstructured) {
		return func(u *unstructured.Unstructured) {
			if err := unstructured.SetNestedField(u.Object, value, path...); err != nil {
				t.Fatal(err)
			}
		}
	}
	replicas, paused := set(int64(7), "spec", "replicas"), set(true, "spec", "paused")
	note := set("b", "metadata", "annotations", "note")
	images := set([]any{
		map[string]any{"name": "web", "image": "one", "tty": false}, map[string]any{"name": "side", "image": "two"},
	}, "spec", "template", "spec", "containers")
	for name, c := range map[string]struct {
		edits   []func(*unstructured.Unstructured)
		verdict Verdict
		ignored []string
	}{
		"alone they are not written":      {[]func(*unstructured.Unstructured){replicas, note, images}, InSync, nil},
		"nothing that is ignored differs": {[]func(*unstructured.Unstructured){paused}, Differs, nil},
		"beside one that counts": {[]func(*unstructured.Unstructured){replicas, note, images, paused}, Differs, []string{
			".metadata.annotations.note", ".spec.replicas", ".spec.template.spec.containers[web].tty", ".spec.template.spec.containers[side].image",
		}},
	} {
		want := with(live, func(u *unstructured.Unstructured) {
			for _, edit := range c.edits {
				edit(u)
			}
		})
		d := Compare(t.Context(), Input{Desired: want, Live: live, Asked: true, Predicted: want, Rules: rules, App: "shop", Installation: "here"})
		if d.Verdict != c.verdict || d.Verdict == Differs && len(d.Changes) != 1 {
			t.Errorf("%s: %s with changes %+v", name, d.Verdict, d.Changes)
		}
		var got []string
		for _, i := range d.Ignored {
			got = append(got, i.Path)
		}
		if diff := cmp.Diff(c.ignored, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestIgnoredDataOfASecretIsMasked(t *testing.T) {
	t.Parallel()
	rules, err := NewRules([]app.IgnoreDifference{{Kind: "Secret", JSONPointers: []string{"/data/password"}}})
	if err != nil {
		t.Fatal(err)
	}
	a := secret(t, canary)
	b := with(secret(t, canary+"-two"), func(u *unstructured.Unstructured) { u.SetLabels(map[string]string{"team": "red"}) })
	d := Compare(t.Context(), Input{Desired: b, Live: a, Asked: true, Predicted: b, Rules: rules, App: "shop", Installation: "here"})
	want := []Change{{Path: ".data.password", Old: "•••••••• (1)", New: "•••••••• (2)", HasOld: true, HasNew: true}}
	if diff := cmp.Diff(want, d.Ignored); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

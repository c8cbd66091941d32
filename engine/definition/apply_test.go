package definition_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/engine/definition"
)

func TestRefusalsOfNewObjects(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ version, spec, want string }{
		"an unknown field":           {"v1", "size: 1, weight: 2", "failed to create typed patch object (shop/one; example.com/v1, Kind=Widget): .spec.weight: field not declared in schema"},
		"another type":               {"v1", "size: many", ".spec.size: expected numeric (int or float), got string"},
		"a field that is required":   {"v1", "mode: slow", `Widget.example.com "one" is invalid: [spec.size: Required value`},
		"too little":                 {"v1", "size: 0", "spec.size in body should be greater than or equal to 1"},
		"twice in a set":             {"v1", "size: 1, tags: [a, a]", "duplicate"},
		"an object without a kind":   {"v1", "size: 1, template: {apiVersion: v1}", "spec.template.kind: Required value"},
		"a version that is no more":  {"v0", "size: 1", "the definition of Widget.example.com serves no v0, but v1, v2"},
		"a version that never was":   {"v3", "size: 1", "the definition of Widget.example.com serves no v3, but v1, v2"},
		"nothing, what is all right": {"v2", "size: 1, model: a, tags: [a], template: {apiVersion: v1, kind: Pod}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := define(t, nil).Apply(t.Context(), widget(t, c.version, c.spec), nil)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("it says %v, want %q", err, c.want)
			}
			var status apierrors.APIStatus
			if err != nil && !errors.As(err, &status) {
				t.Error("it is no answer of a server")
			}
		})
	}
	t.Run("a name that is none", func(t *testing.T) {
		t.Parallel()
		u := widget(t, "v1", "size: 1")
		u.SetName("One_")
		if _, err := define(t, nil).Apply(t.Context(), u, nil); !apierrors.IsInvalid(err) {
			t.Errorf("it says %v", err)
		}
	})
	t.Run("a namespace where the scope has one", func(t *testing.T) {
		t.Parallel()
		u := widget(t, "v1", "size: 1")
		u.SetNamespace("")
		if _, err := define(t, nil).Apply(t.Context(), u, nil); !apierrors.IsInvalid(err) {
			t.Errorf("without one it says %v", err)
		}
		whole := define(t, func(u *unstructured.Unstructured) { set(u, "Cluster", "spec", "scope") })
		if _, err := whole.Apply(t.Context(), u, nil); err != nil {
			t.Errorf("a cluster-scoped one: %v", err)
		}
	})
}

func TestANewObjectGetsItsDefaults(t *testing.T) {
	t.Parallel()
	want := widget(t, "v1", "size: 1")
	set(want, map[string]any{"seen": int64(1)}, "status")
	before := want.DeepCopy()
	made, err := define(t, nil).Apply(t.Context(), want, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]any{"size": int64(1), "mode": "auto"}, made.Object["spec"]); d != "" {
		t.Errorf("its spec (-want +got):\n%s", d)
	}
	if made.Object["status"] != nil {
		t.Errorf("it has a status: %v", made.Object["status"])
	}
	if d := cmp.Diff(before.Object, want.Object); d != "" {
		t.Errorf("what was applied is changed (-before +after):\n%s", d)
	}
}

// lived is what a server has of a widget after an apply.
func lived(t *testing.T, version, spec string) *unstructured.Unstructured {
	t.Helper()
	u, err := define(t, nil).Apply(t.Context(), widget(t, version, spec), nil)
	if err != nil {
		t.Fatal(err)
	}
	u.SetResourceVersion("7")
	u.SetUID("uid")
	set(u, map[string]any{"seen": int64(1)}, "status")
	return u
}

func TestChanges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		was, version, spec string
		want               map[string]any
		refused            string
	}{
		"a field that changes":          {"v1", "v1", "size: 2, model: a", map[string]any{"size": int64(2), "model": "a", "mode": "auto"}, ""},
		"a field that is no more named": {"v1", "v1", "size: 1", map[string]any{"size": int64(1), "mode": "auto"}, ""},
		"a version that was not there":  {"v1", "v2", "size: 1, model: a", map[string]any{"size": int64(1), "model": "a", "mode": "auto"}, ""},
		"against a rule":                {"v1", "v1", "size: 1, model: b", nil, "a widget keeps its model"},
		"against a rule, by a version":  {"v1", "v2", "size: 1, model: b", nil, "a widget keeps its model"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			live := lived(t, c.was, "size: 1, model: a")
			made, err := define(t, nil).Apply(t.Context(), widget(t, c.version, c.spec), live)
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Errorf("it says %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, made.Object["spec"]); d != "" {
				t.Errorf("its spec (-want +got):\n%s", d)
			}
			if d := cmp.Diff(live.Object["status"], made.Object["status"]); d != "" || made.GetAPIVersion() != "example.com/"+c.version {
				t.Errorf("it is of %s, and its status (-live +made):\n%s", made.GetAPIVersion(), d)
			}
		})
	}
}

func TestWhatADefinitionDoesNotTell(t *testing.T) {
	t.Parallel()
	converts := define(t, func(u *unstructured.Unstructured) {
		set(u, map[string]any{"strategy": "Webhook"}, "spec", "conversion")
	})
	if _, err := converts.Apply(t.Context(), widget(t, "v2", "size: 1"), lived(t, "v1", "size: 1")); !errors.Is(err, definition.ErrUnknown) {
		t.Errorf("of a version that a webhook converts: %v", err)
	}
	if _, err := converts.Apply(t.Context(), widget(t, "v1", "size: 1"), lived(t, "v1", "size: 1")); err != nil {
		t.Errorf("of the version that it has: %v", err)
	}
	broken := define(t, func(u *unstructured.Unstructured) {
		set(u, []any{map[string]any{"name": "v1", "served": true, "schema": map[string]any{"openAPIV3Schema": map[string]any{
			"type": "object", "properties": map[string]any{"spec": map[string]any{}},
		}}}}, "spec", "versions")
	})
	if _, err := broken.Apply(t.Context(), widget(t, "v1", "size: 1"), nil); !errors.Is(err, definition.ErrUnknown) {
		t.Errorf("of a definition that is no sound one: %v", err)
	}
}

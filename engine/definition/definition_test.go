package definition_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/engine/definition"
)

func TestIs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n":      true,
		"apiVersion: apiextensions.k8s.io/v1beta1\nkind: CustomResourceDefinition\n": false,
		"apiVersion: example.com/v1\nkind: CustomResourceDefinition\n":               false,
		"apiVersion: apiextensions.k8s.io/v1\nkind: Other\n":                         false,
	} {
		if definition.Is(read(t, text)) != want {
			t.Errorf("it is one: %v, of\n%s", !want, text)
		}
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	d := define(t, nil)
	if want := (schema.GroupKind{Group: "example.com", Kind: "Widget"}); d.Kind() != want {
		t.Errorf("it defines %s", d.Kind())
	}
	for name, c := range map[string]struct {
		change func(*unstructured.Unstructured)
		same   bool
	}{
		"a label":  {func(u *unstructured.Unstructured) { u.SetLabels(map[string]string{"a": "b"}) }, true},
		"the spec": {func(u *unstructured.Unstructured) { set(u, "Cluster", "spec", "scope") }, false},
	} {
		if (define(t, c.change).ID() == d.ID()) != c.same {
			t.Errorf("with %s changed it is the same: %v", name, !c.same)
		}
	}
	if _, err := definition.Read(read(t, "kind: CustomResourceDefinition\nmetadata: {name: none}\nspec: {versions: none}\n")); err == nil {
		t.Error("what is no definition is read as one")
	}
}

func set(u *unstructured.Unstructured, value any, path ...string) {
	if err := unstructured.SetNestedField(u.Object, value, path...); err != nil {
		panic(err)
	}
}

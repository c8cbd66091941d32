package definition_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/engine/definition"
)

// widgets defines a kind in two versions that are served and one that is not.
const widgets = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  names: {kind: Widget, plural: widgets}
  scope: Namespaced
  versions:
  - &v1
    name: v1
    served: true
    storage: false
    subresources: {status: {}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          status: {type: object, properties: {seen: {type: integer}}}
          spec:
            type: object
            required: [size]
            properties:
              size: {type: integer, minimum: 1}
              mode: {type: string, default: auto}
              model: {type: string, x-kubernetes-validations: [{rule: self == oldSelf, message: a widget keeps its model}]}
              tags: {type: array, x-kubernetes-list-type: set, items: {type: string}}
              template: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}
  - {<<: *v1, name: v2, storage: true}
  - {<<: *v1, name: v0, served: false}
`

func read(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	u := &unstructured.Unstructured{}
	js, err := yaml.YAMLToJSON([]byte(text))
	if err == nil {
		err = u.UnmarshalJSON(js)
	}
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// define reads a definition, changed.
func define(t *testing.T, change func(*unstructured.Unstructured)) *definition.Definition {
	t.Helper()
	u := read(t, widgets)
	if change != nil {
		change(u)
	}
	d, err := definition.Read(u)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// widget is an object of the kind in a version, with a spec as YAML in braces.
func widget(t *testing.T, version, spec string) *unstructured.Unstructured {
	t.Helper()
	return read(t, "apiVersion: example.com/"+version+"\nkind: Widget\nmetadata: {name: one, namespace: shop}\nspec: {"+spec+"}\n")
}

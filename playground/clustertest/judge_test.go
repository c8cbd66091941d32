package clustertest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/engine/definition"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// gauges is a definition with every sort of rule.
const gauges = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gauges.GROUP}
spec:
  group: GROUP
  names: {kind: Gauge, plural: gauges}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          status: {type: object, properties: {seen: {type: integer}}}
          spec:
            type: object
            required: [size]
            x-kubernetes-validations:
            - {rule: "!has(self.most) || self.size <= self.most", message: it is over its most}
            properties:
              size: {type: integer, minimum: 1}
              most: {type: integer}
              colour: {type: string, enum: [red, green], maxLength: 5}
              code: {type: string, pattern: "^[a-z]+$"}
              address: {type: string, format: ipv4}
              mode: {type: string, default: auto}
              model: {type: string, x-kubernetes-validations: [{rule: self == oldSelf, message: a gauge keeps its model}]}
              port: {x-kubernetes-int-or-string: true}
              note: {type: string, nullable: true}
              tags: {type: array, maxItems: 3, x-kubernetes-list-type: set, items: {type: string}}
              limits: {type: object, maxProperties: 2, additionalProperties: {type: integer}}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
              either: {type: object, properties: {a: {type: string}, b: {type: string}}, oneOf: [{required: [a]}, {required: [b]}]}
              template: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}
              parts:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items:
                  type: object
                  required: [name]
                  properties: {name: {type: string}, count: {type: integer, default: 1}}
`

// gauge is an object of that kind; what is said of its spec and metadata is YAML in braces.
func (b *bench) gauge(metadata, spec string) *unstructured.Unstructured {
	u := b.object("apiVersion: " + b.group() + "/v1\nkind: Gauge\nmetadata: {" + metadata + "}\nspec: {" + spec + "}\n")
	if u.GetName() == "" {
		u.SetName("one")
	}
	return u
}

// TestADefinitionJudgesAsTheServerDoes applies objects to a server that has the definition of their kind, and to the definition
// alone.
func TestADefinitionJudgesAsTheServerDoes(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	crd := b.object(strings.ReplaceAll(gauges, "GROUP", b.group()))
	crd.SetNamespace("")
	d, err := definition.Read(crd)
	if err != nil {
		t.Fatal(err)
	}
	b.apply(crd)
	playtest.Eventually(t, playtest.Patience, "the kind is served", func() error {
		_, err := b.cluster.Resource(t.Context(), b.gauge("", "").GroupVersionKind())
		return err
	})
	live := b.apply(b.gauge("name: live", "size: 3, model: a, note: x, parts: [{name: a}]"))
	for name, c := range map[string]struct{ metadata, spec string }{
		"a good one":                    {"", "size: 1, most: 2, colour: red, code: abc, address: 10.0.0.1, port: 80, tags: [a, b], limits: {a: 1}"},
		"defaults of elements":          {"", "size: 1, parts: [{name: a}, {name: b, count: 2}]"},
		"what is free":                  {"", "size: 1, free: {a: {b: [1]}}, port: http"},
		"an object within":              {"", "size: 1, template: {apiVersion: v1, kind: Pod, metadata: {name: a, labels: {a: b}}, x: 1}"},
		"one way of two":                {"", "size: 1, either: {a: x}"},
		"labels and finalizers":         {"labels: {a: b}, finalizers: [example.com/held]", "size: 1"},
		"an unknown field":              {"", "size: 1, weight: 2"},
		"an unknown field of metadata":  {"colour: red", "size: 1"},
		"another type":                  {"", "size: many"},
		"another type in a list":        {"", "size: 1, tags: [1]"},
		"another type in a map":         {"", "size: 1, limits: {a: b}"},
		"a label that is a number":      {"labels: {a: 1}", "size: 1"},
		"a fraction":                    {"", "size: 1.5"},
		"an int or string that is none": {"", "size: 1, port: true"},
		"a field that is required":      {"", "colour: red"},
		"a key that is required":        {"", "size: 1, parts: [{count: 1}]"},
		"too little":                    {"", "size: 0"},
		"none of an enum":               {"", "size: 1, colour: blue"},
		"no match of a pattern":         {"", "size: 1, code: A1"},
		"no form":                       {"", "size: 1, address: nowhere"},
		"too long":                      {"", "size: 1, colour: yellow"},
		"too many":                      {"", "size: 1, tags: [a, b, c, d]"},
		"too many keys":                 {"", "size: 1, limits: {a: 1, b: 2, c: 3}"},
		"twice in a set":                {"", "size: 1, tags: [a, a]"},
		"twice in a list by key":        {"", "size: 1, parts: [{name: a}, {name: a}]"},
		"neither way of two":            {"", "size: 1, either: {}"},
		"both ways of two":              {"", "size: 1, either: {a: x, b: y}"},
		"an object within without kind": {"", "size: 1, template: {metadata: {name: a}}"},
		"a wrong label within":          {"", "size: 1, template: {apiVersion: v1, kind: Pod, metadata: {labels: {a: '-'}}}"},
		"a rule that is broken":         {"", "size: 3, most: 2"},
		"a rule that cannot be asked":   {"", "size: 3, most: 2, colour: blue"},
		"several faults":                {"", "size: 0, code: A1, address: nowhere"},
		"a name that is none":           {"name: One_", "size: 1"},
		"a label that is none":          {"labels: {a: '-'}", "size: 1"},
		"a finalizer that is none":      {"finalizers: [held/]", "size: 1"},
		"a change":                      {"name: live", "size: 4, model: a, parts: [{name: a, count: 2}, {name: b}]"},
		"a change that drops":           {"name: live", "size: 3, model: a"},
		"no change":                     {"name: live", "size: 3, model: a, note: x, parts: [{name: a}]"},
		"a change against a rule":       {"name: live", "size: 3, model: b, note: x, parts: [{name: a}]"},
		"a change to another type":      {"name: live", "size: many, model: a"},
		"a change to what is not in it": {"name: live", "size: 3, model: a, colour: blue"},
		"a change to a wrong label":     {"name: live, labels: {a: '-'}", "size: 3, model: a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, was := b.gauge(c.metadata, c.spec), (*unstructured.Unstructured)(nil)
			if want.GetName() == "live" {
				was = live
			}
			answer, serverErr := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: want, DryRun: true})
			made, err := d.Apply(t.Context(), want, was)
			if says(err) != says(serverErr) {
				t.Fatalf("the server says\n%v\nand the definition\n%v", serverErr, err)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(bare(answer.Object), bare(made)); diff != "" {
				t.Errorf("what the server makes and what the definition makes (-server +definition):\n%s", diff)
			}
		})
	}
}

// says is an error in words; several faults come in any order.
func says(err error) string {
	if err == nil {
		return ""
	}
	faults := strings.Split(strings.NewReplacer(": [", ", ", "]", "").Replace(err.Error()), ", ")
	slices.Sort(faults)
	return strings.Join(faults, "\n")
}

// bare is an object without what a server adds to it, the fields of managers included.
func bare(u *unstructured.Unstructured) map[string]any {
	out := u.DeepCopy()
	for _, f := range []string{"creationTimestamp", "uid", "generation", "resourceVersion"} {
		unstructured.RemoveNestedField(out.Object, "metadata", f)
	}
	managers := out.GetManagedFields()
	for i := range managers {
		managers[i].Time = nil
	}
	out.SetManagedFields(managers)
	return out.Object
}

package diff

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func TestIgnoredFieldsAreAppliedAsTheyAre(t *testing.T) {
	t.Parallel()
	const git = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 1
  template:
    spec:
      containers:
      - {name: web, image: "web:1", args: [a]}
      - {name: log, image: "log:1"}
`
	const live = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {by: others}}
spec:
  replicas: 5
  template:
    spec:
      containers:
      - {name: injected, image: "proxy:1"}
      - {name: web, image: "web:2", args: [b]}
`
	for name, c := range map[string]struct {
		rule        app.IgnoreDifference
		manager     string
		operation   metav1.ManagedFieldsOperationType
		subresource string
		fields      string
		takes       []string
		want        string
	}{
		"by a pointer": {
			rule: app.IgnoreDifference{JSONPointers: []string{"/spec/replicas"}},
			want: "{replicas: 5, template: {spec: {containers: [{name: web, image: 'web:1', args: [a]}, {name: log, image: 'log:1'}]}}}",
		},
		"by an expression, in the element of that name": {
			rule: app.IgnoreDifference{JQPathExpressions: []string{`.spec.template.spec.containers[] | select(.name == "web") | .image`}},
			want: "{replicas: 1, template: {spec: {containers: [{name: web, image: 'web:2', args: [a]}, {name: log, image: 'log:1'}]}}}",
		},
		"and not applied when they are not live": {
			rule: app.IgnoreDifference{JQPathExpressions: []string{".spec.template.spec.containers[]"}},
			want: "{replicas: 1, template: {spec: {containers: [{name: web, image: 'web:2', args: [b]}]}}}",
		},
		"as a list without keys": {
			rule: app.IgnoreDifference{JSONPointers: []string{"/spec/template/spec/containers/0/args"}},
			want: "{replicas: 1, template: {spec: {containers: [{name: web, image: 'web:1', args: [b]}, {name: log, image: 'log:1'}]}}}",
		},
		"unless git does not name them": {
			rule: app.IgnoreDifference{JSONPointers: []string{"/metadata/labels", "/spec/paused"}},
			want: "{replicas: 1, template: {spec: {containers: [{name: web, image: 'web:1', args: [a]}, {name: log, image: 'log:1'}]}}}",
		},
		"unless the rule means another kind": {
			rule: app.IgnoreDifference{Group: "batch", Kind: "Job", JSONPointers: []string{"/spec/replicas"}},
			want: "{replicas: 1, template: {spec: {containers: [{name: web, image: 'web:1', args: [a]}, {name: log, image: 'log:1'}]}}}",
		},
		"by the manager that owns them, which keeps them without us": {
			rule:    app.IgnoreDifference{ManagedFieldsManagers: []string{"autoscaler"}},
			manager: "autoscaler", fields: `{"f:spec":{"f:replicas":{}}}`,
			want: "{template: {spec: {containers: [{name: web, image: 'web:1', args: [a]}, {name: log, image: 'log:1'}]}}}",
		},
		"without us where somebody else has scaled it": {
			rule:    app.IgnoreDifference{JSONPointers: []string{"/spec/replicas"}},
			manager: "autoscaler", subresource: "scale", fields: `{"f:spec":{"f:replicas":{}}}`,
			want: "{template: {spec: {containers: [{name: web, image: 'web:1', args: [a]}, {name: log, image: 'log:1'}]}}}",
		},
		"without us where somebody else owns them": {
			rule:    app.IgnoreDifference{JQPathExpressions: []string{".spec.template.spec.containers[].image"}},
			manager: "keel", fields: `{"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{"f:image":{}}}}}}}`,
			want: "{replicas: 1, template: {spec: {containers: [{name: web, args: [a]}, {name: log}]}}}",
		},
		"without us where somebody else put them into a set": {
			rule:    app.IgnoreDifference{ManagedFieldsManagers: []string{"tuner"}},
			manager: "tuner", fields: `{"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{"f:args":{".":{},"v:\"a\"":{}}}}}}}}`,
			want: "{replicas: 1, template: {spec: {containers: [{name: web, image: 'web:1'}, {name: log, image: 'log:1'}]}}}",
		},
		"with us where those of whoever owns them are taken over": {
			rule:    app.IgnoreDifference{JSONPointers: []string{"/spec/replicas", "/spec/template/spec/containers/0/image"}},
			manager: "kubectl-client-side-apply",
			fields:  `{"f:spec":{"f:replicas":{},"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{"f:image":{}}}}}}}`,
			takes:   []string{"before-first-apply", "kubectl-client-side-apply"},
			want:    "{replicas: 5, template: {spec: {containers: [{name: web, image: 'web:2', args: [a]}, {name: log, image: 'log:1'}]}}}",
		},
		"without us where those of another are taken over": {
			rule:    app.IgnoreDifference{JSONPointers: []string{"/spec/replicas"}},
			manager: "autoscaler", fields: `{"f:spec":{"f:replicas":{}}}`, takes: []string{"kubectl-client-side-apply"},
			want: "{template: {spec: {containers: [{name: web, image: 'web:1', args: [a]}, {name: log, image: 'log:1'}]}}}",
		},
		"without us where it was scaled, which is not taken over": {
			rule:    app.IgnoreDifference{JSONPointers: []string{"/spec/replicas"}},
			manager: "kubectl", subresource: "scale", fields: `{"f:spec":{"f:replicas":{}}}`, takes: []string{"kubectl"},
			want: "{template: {spec: {containers: [{name: web, image: 'web:1', args: [a]}, {name: log, image: 'log:1'}]}}}",
		},
		"without us where another has applied it, which is not taken over": {
			rule:    app.IgnoreDifference{JSONPointers: []string{"/spec/replicas"}},
			manager: "kubectl", operation: metav1.ManagedFieldsOperationApply, fields: `{"f:spec":{"f:replicas":{}}}`, takes: []string{"kubectl"},
			want: "{template: {spec: {containers: [{name: web, image: 'web:1', args: [a]}, {name: log, image: 'log:1'}]}}}",
		},
		"with us where Argo CD has applied it, which is taken over": {
			rule:    app.IgnoreDifference{JSONPointers: []string{"/spec/replicas"}},
			manager: "argocd-controller", operation: metav1.ManagedFieldsOperationApply, fields: `{"f:spec":{"f:replicas":{}}}`, takes: []string{"argocd-controller"},
			want: "{replicas: 5, template: {spec: {containers: [{name: web, image: 'web:1', args: [a]}, {name: log, image: 'log:1'}]}}}",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.rule.Kind == "" {
				c.rule.Group, c.rule.Kind = "apps", "Deployment"
			}
			rules, err := NewRules([]app.IgnoreDifference{c.rule})
			if err != nil {
				t.Fatal(err)
			}
			want, there := of(t, git), of(t, live)
			if c.operation == "" {
				c.operation = metav1.ManagedFieldsOperationUpdate
			}
			if c.manager != "" {
				there.SetManagedFields([]metav1.ManagedFieldsEntry{{
					Manager: c.manager, Operation: c.operation, Subresource: c.subresource,
					FieldsV1: metav1.NewFieldsV1(c.fields),
				}})
			}
			before := want.DeepCopy()
			kept := rules.Keep(t.Context(), want, there, c.takes)
			if d := cmp.Diff(yamlOf(t, c.want), kept.Object["spec"]); d != "" {
				t.Errorf("the applied spec (-want +got):\n%s", d)
			}
			if d := cmp.Diff(before.GetLabels(), kept.GetLabels()); d != "" {
				t.Errorf("the labels (-want +got):\n%s", d)
			}
			if d := cmp.Diff(before, want); d != "" {
				t.Errorf("what is desired was changed:\n%s", d)
			}
			if rules.Keep(t.Context(), want, nil, c.takes) != want {
				t.Error("what is not there is created as git has it")
			}
		})
	}
}

// TestElementsOfASetAreLeftToTheirManager has another manager own some elements of a set that git names too.
func TestElementsOfASetAreLeftToTheirManager(t *testing.T) {
	t.Parallel()
	rules, err := NewRules([]app.IgnoreDifference{{Kind: "ConfigMap", ManagedFieldsManagers: []string{"cleaner"}}})
	if err != nil {
		t.Fatal(err)
	}
	object := func(sets string) *unstructured.Unstructured {
		t.Helper()
		b, err := yaml.YAMLToJSON([]byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\n" + sets))
		u := &unstructured.Unstructured{}
		// Numbers are of the type that they have in live objects.
		if err := errors.Join(err, u.UnmarshalJSON(b)); err != nil {
			t.Fatal(err)
		}
		return u
	}
	want, live := object("finalizers: [a, b, c]\nports: [8080, 1000000]"), object("finalizers: [c, a, b]\nports: [1000000, 8080]")
	live.SetManagedFields([]metav1.ManagedFieldsEntry{{
		Manager: "cleaner", Operation: metav1.ManagedFieldsOperationUpdate,
		FieldsV1: metav1.NewFieldsV1(`{"f:finalizers":{"v:\"a\"":{},"v:\"c\"":{},"v:\"gone\"":{}},"f:ports":{"v:1000000":{}}}`),
	}})
	kept := rules.Keep(t.Context(), want, live, nil)
	if d := cmp.Diff(object("finalizers: [b]\nports: [8080]"), kept); d != "" {
		t.Errorf("what is applied (-want +got):\n%s", d)
	}
	kept = rules.Keep(t.Context(), want, live, []string{"cleaner"})
	if d := cmp.Diff(want, kept); d != "" {
		t.Errorf("what is applied once they are taken over (-want +got):\n%s", d)
	}
}

// TestAPortIsKnownByItsNumber has another manager own a field of a port that git gives a name, and no protocol.
func TestAPortIsKnownByItsNumber(t *testing.T) {
	t.Parallel()
	const git = "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {ports: [{name: dns, port: 53, protocol: UDP, nodePort: 1}, {name: tcp, port: 53, nodePort: 2}]}}"
	for name, rule := range map[string]app.IgnoreDifference{
		"by an expression":  {Kind: "Service", JQPathExpressions: []string{".spec.ports[1].nodePort"}},
		"by who holds them": {Kind: "Service", ManagedFieldsManagers: []string{"allocator"}},
	} {
		rules, err := NewRules([]app.IgnoreDifference{rule})
		if err != nil {
			t.Fatal(err)
		}
		live := of(t, git)
		live.SetManagedFields([]metav1.ManagedFieldsEntry{{
			Manager: "allocator", Operation: metav1.ManagedFieldsOperationUpdate,
			FieldsV1: metav1.NewFieldsV1(`{"f:spec":{"f:ports":{"k:{\"port\":53,\"protocol\":\"TCP\"}":{".":{},"f:nodePort":{}}}}}`),
		}})
		kept := rules.Keep(t.Context(), of(t, git), live, nil)
		want := yamlOf(t, "{ports: [{name: dns, port: 53, protocol: UDP, nodePort: 1}, {name: tcp, port: 53}]}")
		if d := cmp.Diff(want, kept.Object["spec"]); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

func yamlOf(t *testing.T, text string) any {
	t.Helper()
	u := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte("spec: "+text), &u.Object); err != nil {
		t.Fatal(err)
	}
	return u.Object["spec"]
}

// TestTheSameElement finds the elements of a desired list in a live one.
func TestTheSameElement(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		want, live string
		at         []int
	}{
		"by name":                              {"[{name: a}, {name: b}]", "[{name: injected}, {name: b}, {name: a}]", []int{2, 1}},
		"mounts of one volume by their path":   {"[{name: data, mountPath: /b}, {name: data, mountPath: /c}]", "[{name: data, mountPath: /a}, {name: data, mountPath: /b}]", []int{1, -1}},
		"ports without names by their number":  {"[{containerPort: 80}, {containerPort: 81}]", "[{containerPort: 9, name: injected}, {containerPort: 81}, {containerPort: 80}]", []int{2, 1}},
		"by a name that only it has":           {"[{name: a}, {command: x}]", "[{command: x}, {name: a}]", []int{1, 1}},
		"by its place where names stand twice": {"[{name: a, v: 1}, {name: a, v: 2}]", "[{name: a, v: 3}]", []int{0, -1}},
		"by its place where they are no maps":  {"[x, y]", "[y]", []int{0, -1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want, live []any
			if err := errors.Join(yaml.Unmarshal([]byte(c.want), &want), yaml.Unmarshal([]byte(c.live), &live)); err != nil {
				t.Fatal(err)
			}
			for i := range want {
				if at := sameElement(want, i, live); at != c.at[i] {
					t.Errorf("element %d is at %d, want %d", i, at, c.at[i])
				}
			}
		})
	}
}

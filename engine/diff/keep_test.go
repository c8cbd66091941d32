package diff

import (
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
		rule    app.IgnoreDifference
		manager string
		fields  string
		want    string
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
		"without us where somebody else owns them": {
			rule:    app.IgnoreDifference{JQPathExpressions: []string{".spec.template.spec.containers[].image"}},
			manager: "keel", fields: `{"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{"f:image":{}}}}}}}`,
			want: "{replicas: 1, template: {spec: {containers: [{name: web, args: [a]}, {name: log}]}}}",
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
			if c.manager != "" {
				there.SetManagedFields([]metav1.ManagedFieldsEntry{{
					Manager: c.manager, Operation: metav1.ManagedFieldsOperationUpdate, FieldsV1: metav1.NewFieldsV1(c.fields),
				}})
			}
			before := want.DeepCopy()
			kept := rules.Keep(t.Context(), want, there)
			if d := cmp.Diff(yamlOf(t, c.want), kept.Object["spec"]); d != "" {
				t.Errorf("the applied spec (-want +got):\n%s", d)
			}
			if d := cmp.Diff(before.GetLabels(), kept.GetLabels()); d != "" {
				t.Errorf("the labels (-want +got):\n%s", d)
			}
			if d := cmp.Diff(before, want); d != "" {
				t.Errorf("what is desired was changed:\n%s", d)
			}
			if rules.Keep(t.Context(), want, nil) != want {
				t.Error("what is not there is created as git has it")
			}
		})
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

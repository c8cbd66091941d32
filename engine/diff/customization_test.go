package diff

import (
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

const rollout = `
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  template:
    spec:
      containers:
      - {name: web, image: "web:1", resources: {limits: {cpu: CPU, memory: MEMORY}}}
`

const backup = `
apiVersion: example.com/v1
kind: Backup
metadata: {name: nightly, namespace: shop}
spec:
  size: SIZE
  every: EVERY
  volumes: [{name: a, source: {emptyDir: {sizeLimit: LIMIT}}}, {name: b}]
`

const ownRules = `
apiVersion: v1
kind: ConfigMap
data:
  url: https://example.com
  resource.customizations.ignoreDifferences.all: |
    jsonPointers: [/metadata/labels/seen]
  resource.customizations.ignoreDifferences.apps_Deployment: |
    jqPathExpressions: [.spec.paused]
  resource.customizations.ignoreDifferences.*.example.com_*: |
    managedFieldsManagers: [controller]
  resource.customizations.knownTypeFields.example.com_Backup: |
    - {field: spec.size, type: core/Quantity}
    - {field: spec.every, type: meta/v1/Duration}
  resource.customizations: |
    example.com/Backup:
      health.lua: return {}
      knownTypeFields:
      - {field: spec.volumes.source, type: core/v1/VolumeSource}
    Service:
      ignoreDifferences: |
        jsonPointers: [/spec/clusterIP]
`

// verdict compares two objects with customizations and the rules of an application.
func (c *Customizations) verdict(t *testing.T, git, live string, own ...app.IgnoreDifference) Verdict {
	t.Helper()
	rules, err := c.Rules(own)
	if err != nil {
		t.Fatal(err)
	}
	want := marked(of(t, git))
	return Compare(t.Context(), Input{
		Desired: want, Live: marked(of(t, live)), Asked: true, Predicted: want, Rules: rules, App: "shop", Installation: "here",
	}).Verdict
}

func TestKnownFieldsAreComparedByTheirType(t *testing.T) {
	t.Parallel()
	c, err := ParseCustomizations([]byte(ownRules))
	if err != nil {
		t.Fatal(err)
	}
	spelled := func(text string, values ...string) string { return strings.NewReplacer(values...).Replace(text) }
	git := spelled(rollout, "CPU", "1000m", "MEMORY", "1Gi")
	kept := spelled(backup, "SIZE", "1024Mi", "EVERY", "60m", "LIMIT", "1000m")
	for name, x := range map[string]struct {
		of        *Customizations
		git, live string
		want      Verdict
	}{
		"a Rollout's quantities":              {nil, git, spelled(rollout, "CPU", "1", "MEMORY", "1024Mi"), InSync},
		"another quantity":                    {nil, git, spelled(rollout, "CPU", "2", "MEMORY", "1Gi"), Differs},
		"what is not of the type":             {nil, spelled(rollout, "CPU", "[1]", "MEMORY", "1Gi"), spelled(rollout, "CPU", "[2]", "MEMORY", "1Gi"), Differs},
		"fields that nobody knows":            {nil, kept, spelled(backup, "SIZE", "1Gi", "EVERY", "1h0m0s", "LIMIT", "1"), Differs},
		"fields that were made known":         {c, kept, spelled(backup, "SIZE", "1Gi", "EVERY", "1h0m0s", "LIMIT", "1"), InSync},
		"with another value":                  {c, kept, spelled(backup, "SIZE", "1Gi", "EVERY", "1h0m1s", "LIMIT", "1"), Differs},
		"with another value below an element": {c, kept, spelled(backup, "SIZE", "1Gi", "EVERY", "1h", "LIMIT", "2"), Differs},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := x.of.verdict(t, x.git, x.live); got != x.want {
				t.Errorf("got %s, want %s", got, x.want)
			}
		})
	}
}

func TestRulesForAllApplications(t *testing.T) {
	t.Parallel()
	c, err := ParseCustomizations([]byte(ownRules))
	if err != nil {
		t.Fatal(err)
	}
	labelled := strings.Replace(web, "namespace: shop}", "namespace: shop, labels: {seen: x}}", 1)
	for name, x := range map[string]struct {
		git, live string
		own       []app.IgnoreDifference
		want      Verdict
	}{
		"of all kinds":               {web, labelled, nil, InSync},
		"of one":                     {web, strings.Replace(web, "replicas", "paused: true\n  replicas", 1), nil, InSync},
		"and none beside":            {web, strings.Replace(web, "replicas: 3", "replicas: 4", 1), nil, Differs},
		"beside the application's":   {web, strings.Replace(labelled, "replicas: 3", "replicas: 4", 1), []app.IgnoreDifference{{Group: "apps", Kind: "Deployment", JSONPointers: []string{"/spec/replicas"}}}, InSync},
		"in the old form":            {"{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {}}", "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {clusterIP: 10.0.0.1}}", nil, InSync},
		"for the core group by kind": {"{apiVersion: x.io/v1, kind: Service, metadata: {name: a}, spec: {}}", "{apiVersion: x.io/v1, kind: Service, metadata: {name: a}, spec: {clusterIP: 10.0.0.1}}", nil, Differs},
		"by the manager, of a pattern": {
			"{apiVersion: db.example.com/v1, kind: Any, metadata: {name: a}, spec: {a: 1}}",
			`{apiVersion: db.example.com/v1, kind: Any, metadata: {name: a, managedFields: [{manager: controller, operation: Update, fieldsV1: {"f:spec": {"f:a": {}}}}]}, spec: {a: 2}}`,
			nil, InSync,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.verdict(t, x.git, x.live, x.own...); got != x.want {
				t.Errorf("got %s, want %s", got, x.want)
			}
		})
	}
}

func TestRulesForAllThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"- a": "comparison rules",
		"resource.customizations.ignoreDifferences.apps_Deployment: '{jsonPointer: [/a]}'":            "apps_Deployment",
		"resource.customizations.ignoreDifferences.all: '{jqPathExpressions: [\".a[\"]}'":             ".a[",
		"resource.customizations.knownTypeFields.x.io_A: '[{field: spec, type: core/v1/Nothing}]'":    "core/v1/Nothing",
		"resource.customizations.knownTypeFields.[x_A: '[{field: spec, type: core/v1/PodSpec}]'":      "[x",
		"resource.customizations: '{x.io/A: {knownTypeFields: [{field: spec, type: core/v1/None}]}}'": "core/v1/None",
	} {
		if _, err := ParseCustomizations([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: the error is %v", text, err)
		}
	}
}

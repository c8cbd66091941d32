package kube

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// admitting is what changes objects in a cluster.
type admitting struct{ webhooks, policies, bindings []unstructured.Unstructured }

// admits are two webhooks of one configuration, and a policy with its binding.
func admits(t *testing.T) *admitting {
	t.Helper()
	read := func(text string) []unstructured.Unstructured {
		var u unstructured.Unstructured
		if err := yaml.Unmarshal([]byte(text), &u.Object); err != nil {
			t.Fatal(err)
		}
		return []unstructured.Unstructured{u}
	}
	return &admitting{
		webhooks: read(`
kind: MutatingWebhookConfiguration
metadata: {name: injector}
webhooks:
- name: pods.example.com
  clientConfig: {service: {namespace: mesh, name: injector}, caBundle: b25l}
  rules: [{operations: [CREATE, UPDATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}]
- name: all.example.com
  clientConfig: {url: "https://hooks.example.com", caBundle: b25l}
  namespaceSelector: {matchLabels: {team: shop}}
  rules: [{operations: ["*"], apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"]}]
`),
		policies: read(`
kind: MutatingAdmissionPolicy
metadata: {name: labels, resourceVersion: "1"}
spec:
  matchConstraints: {resourceRules: [{operations: [UPDATE], apiGroups: [apps], apiVersions: [v1], resources: [deployments]}]}
  mutations: [{patchType: ApplyConfiguration, applyConfiguration: {expression: "Object{}"}}]
`),
		bindings: read(`
kind: MutatingAdmissionPolicyBinding
metadata: {name: labels, resourceVersion: "1"}
spec: {policyName: labels}
`),
	}
}

// hashes returns the hashes of the mutators by their names.
func (a *admitting) hashes(t *testing.T) map[string]string {
	t.Helper()
	mutators, err := mutatorsOf(a.webhooks, a.policies, a.bindings)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, m := range mutators {
		out[m.name] = m.hash
	}
	return out
}

// hook returns one of the webhooks, to be edited.
func (a *admitting) hook(i int) map[string]any {
	return a.webhooks[0].Object["webhooks"].([]any)[i].(map[string]any)
}

func TestAMutatorIsAnotherWithWhatItDependsOn(t *testing.T) {
	t.Parallel()
	const pods, all, labels = "webhook pods.example.com", "webhook all.example.com", "policy labels"
	for name, c := range map[string]struct {
		edit func(*admitting)
		// others are the mutators that are others then.
		others []string
	}{
		"the same":                         {edit: func(*admitting) {}},
		"another certificate of a service": {edit: func(a *admitting) { a.hook(0)["clientConfig"].(map[string]any)["caBundle"] = "dHdv" }},
		"no certificate yet":               {edit: func(a *admitting) { delete(a.hook(1)["clientConfig"].(map[string]any), "caBundle") }},
		"another version of policy and binding": {edit: func(a *admitting) {
			a.policies[0].SetResourceVersion("2")
			a.bindings[0].SetResourceVersion("2")
		}},
		"another service": {func(a *admitting) {
			a.hook(0)["clientConfig"].(map[string]any)["service"] = map[string]any{"name": "other"}
		}, []string{pods}},
		"another URL":      {func(a *admitting) { a.hook(1)["clientConfig"].(map[string]any)["url"] = "https://other.example.com" }, []string{all}},
		"another selector": {func(a *admitting) { delete(a.hook(1), "namespaceSelector") }, []string{all}},
		"other rules":      {func(a *admitting) { a.hook(0)["rules"] = []any{} }, []string{pods}},
		"a webhook less":   {func(a *admitting) { a.webhooks[0].Object["webhooks"] = []any{a.hook(1)} }, []string{pods}},
		"another mutation": {func(a *admitting) { a.policies[0].Object["spec"].(map[string]any)["mutations"] = []any{} }, []string{labels}},
		"another binding":  {func(a *admitting) { a.bindings[0].Object["spec"].(map[string]any)["paramRef"] = "p" }, []string{labels}},
		"no binding":       {func(a *admitting) { a.bindings = nil }, []string{labels}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			edited := admits(t)
			c.edit(edited)
			before, after := admits(t).hashes(t), edited.hashes(t)
			if len(before) != 3 {
				t.Fatalf("there are %v", before)
			}
			var others []string
			for _, m := range []string{pods, all, labels} {
				if before[m] != after[m] {
					others = append(others, m)
				}
			}
			if d := cmp.Diff(c.others, others); d != "" {
				t.Errorf("others are (-want +got):\n%s", d)
			}
		})
	}
}

func TestWhatAMutatorChanges(t *testing.T) {
	t.Parallel()
	pods, deployments := object.Resource{Plural: "pods"}, object.Resource{Group: "apps", Plural: "deployments"}
	rule := func(group, resource string, operations ...any) map[string]any {
		return map[string]any{"operations": operations, "apiGroups": []any{group}, "resources": []any{resource}}
	}
	for name, c := range map[string]struct {
		rules []any
		want  []object.Resource
	}{
		"nothing without rules":         {},
		"nothing with none that is one": {rules: []any{"text", map[string]any{}}},
		"what it names":                 {[]any{rule("", "pods", "UPDATE")}, []object.Resource{pods}},
		"what it names of several":      {[]any{rule("", "services", "UPDATE"), rule("apps", "deployments", "CREATE", "UPDATE")}, []object.Resource{deployments}},
		"every operation":               {[]any{rule("apps", "deployments", "*")}, []object.Resource{deployments}},
		"every group":                   {[]any{rule("*", "pods", "UPDATE")}, []object.Resource{pods}},
		"every resource of a group":     {[]any{rule("apps", "*", "UPDATE")}, []object.Resource{deployments}},
		"everything":                    {[]any{rule("*", "*/*", "*")}, []object.Resource{pods, deployments}},
		"what it names with all of it":  {[]any{rule("", "pods/*", "UPDATE")}, []object.Resource{pods}},
		"nothing but parts of all":      {rules: []any{rule("*", "*/status", "UPDATE")}},
		"nothing that is there":         {rules: []any{rule("", "pods", "CREATE", "DELETE")}},
		"nothing of another group":      {rules: []any{rule("example.com", "pods", "UPDATE")}},
		"nothing but a part of it":      {rules: []any{rule("", "pods/status", "UPDATE")}},
		"nothing by halves of rules":    {rules: []any{rule("", "deployments", "UPDATE"), rule("apps", "pods", "UPDATE")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []object.Resource
			for _, r := range []object.Resource{pods, deployments} {
				if (mutator{rules: c.rules}).changes(r) {
					got = append(got, r)
				}
			}
			if !slices.EqualFunc(c.want, got, func(a, b object.Resource) bool { return a.Plural == b.Plural }) {
				t.Errorf("it changes %v, want %v", got, c.want)
			}
		})
	}
}

// TestWhoAsksForAnEquivalent has webhooks and policies name another group or version than the one that an object is applied in.
func TestWhoAsksForAnEquivalent(t *testing.T) {
	t.Parallel()
	deployments := object.Resource{Group: "apps", Version: "v1", Plural: "deployments"}
	for name, c := range map[string]struct {
		// named is a group, a version and a resource, and match the matchPolicy.
		named   [3]string
		match   any
		applied object.Resource
		want    bool
	}{
		"another version":                      {[3]string{"apps", "v1beta1", "deployments"}, nil, deployments, true},
		"another version, in so many words":    {[3]string{"apps", "v1beta1", "deployments"}, "Equivalent", deployments, true},
		"another group":                        {[3]string{"extensions", "v1beta1", "deployments"}, nil, deployments, true},
		"another group, in so many words":      {[3]string{"extensions", "v1beta1", "deployments"}, "Equivalent", deployments, true},
		"another group, and exact":             {[3]string{"extensions", "v1beta1", "deployments"}, "Exact", deployments, false},
		"the same group, and exact":            {[3]string{"apps", "v1", "deployments"}, "Exact", deployments, true},
		"all of another group":                 {[3]string{"extensions", "v1beta1", "*"}, nil, deployments, true},
		"events by their newer group":          {[3]string{"events.k8s.io", "v1", "events"}, nil, object.Resource{Version: "v1", Plural: "events"}, true},
		"events by their older group":          {[3]string{"", "v1", "events"}, nil, object.Resource{Group: "events.k8s.io", Version: "v1", Plural: "events"}, true},
		"what else is of such a group":         {[3]string{"extensions", "v1beta1", "ingresses"}, nil, deployments, false},
		"a part of it in another group":        {[3]string{"extensions", "v1beta1", "deployments/scale"}, nil, deployments, false},
		"the same name in a group of its own":  {[3]string{"apps", "v1", "deployments"}, nil, object.Resource{Group: "example.com", Plural: "deployments"}, false},
		"a group that has the name by chance":  {[3]string{"example.com", "v1", "deployments"}, nil, deployments, false},
		"one that has it of what is not twice": {[3]string{"serving.knative.dev", "v1", "services"}, nil, object.Resource{Version: "v1", Plural: "services"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules := []any{map[string]any{
				"operations": []any{"UPDATE"}, "apiGroups": []any{c.named[0]}, "apiVersions": []any{c.named[1]}, "resources": []any{c.named[2]},
			}}
			a := admits(t)
			hook, constraints := a.hook(0), a.policies[0].Object["spec"].(map[string]any)["matchConstraints"].(map[string]any)
			hook["rules"], constraints["resourceRules"] = rules, rules
			if c.match != nil {
				hook["matchPolicy"], constraints["matchPolicy"] = c.match, c.match
			}
			mutators, err := mutatorsOf(a.webhooks, a.policies, a.bindings)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range []mutator{mutators[0], mutators[2]} {
				if got := m.changes(c.applied); got != c.want {
					t.Errorf("%s changes it: %v", m.name, got)
				}
			}
		})
	}
}

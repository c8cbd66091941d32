package health

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// documents reads the objects of a fixture of several.
func documents(t *testing.T, file string) []*unstructured.Unstructured {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []*unstructured.Unstructured
	for d := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096); ; {
		u := &unstructured.Unstructured{}
		switch err := d.Decode(u); {
		case errors.Is(err, io.EOF):
			return out
		case err != nil:
			t.Fatalf("read %s: %v", file, err)
		}
		out = append(out, u)
	}
}

// TestCustomResourcesAreWhatTheirNamesSay judges every object in testdata/custom/groups, which has a file a group. An object
// is named after its kind and what is expected, such as certificate-degraded-2.
func TestCustomResourcesAreWhatTheirNamesSay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/custom/groups/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures were found: %v", err)
	}
	seen, decided := map[schema.GroupKind][]app.HealthCode{}, map[*clause]bool{}
	for _, file := range files {
		for _, u := range documents(t, file) {
			kind, rest, _ := strings.Cut(u.GetName(), "-")
			word, _, _ := strings.Cut(rest, "-")
			want := app.HealthCode(strings.ToUpper(word[:1]) + word[1:])
			if kind != strings.ToLower(u.GetKind()) || badness[want] == 0 {
				t.Errorf("%s: the name %s is not kind and expectation", file, u.GetName())
			}
			got := Assess(u)
			if got.Status != want {
				t.Errorf("%s: %s is %s (%s)", file, u.GetName(), got.Status, got.Message)
			}
			if got.Status != app.Healthy && got.Message == "" {
				t.Errorf("%s: %s has no message", file, u.GetName())
			}
			gk := u.GroupVersionKind().GroupKind()
			seen[gk] = append(seen[gk], want)
			if c := deciding(u); c != nil {
				decided[c] = true
			}
		}
	}
	rows := readRows()
	for gk, r := range rows.exact {
		covered(t, gk, r, seen[gk], decided)
	}
	for _, p := range rows.patterns {
		gk := schema.GroupKind{Group: strings.Replace(p.group, "*", "example", 1), Kind: strings.Replace(p.kind, "*", "Thing", 1)}
		covered(t, gk, p.row, seen[gk], decided)
	}
	for gk := range customRules {
		slices.Sort(seen[gk])
		if got, want := slices.Compact(seen[gk]), functionVerdicts[gk.Kind]; !slices.Equal(got, want) {
			t.Errorf("%s: there are fixtures for %v, and it can be %v", gk, got, want)
		}
	}
}

// functionVerdicts is what the functions of custom resources can answer, by kind and in the order of the alphabet.
var functionVerdicts = map[string][]app.HealthCode{
	"CloneSet":               {app.Degraded, app.Healthy, app.Progressing, app.Suspended},
	"StatefulSet":            {app.Degraded, app.Healthy, app.Progressing, app.Suspended},
	"DaemonSet":              {app.Degraded, app.Healthy, app.Progressing, app.Suspended},
	"GameServerSet":          {app.Healthy, app.Progressing, app.Suspended},
	"Elasticsearch":          {app.Degraded, app.Healthy, app.Progressing, app.HealthUnknown},
	"KafkaCluster":           {app.Degraded, app.Healthy, app.Progressing},
	"Cluster":                {app.Healthy, app.Progressing},
	"OpenTelemetryCollector": {app.Degraded, app.Healthy, app.Progressing},
	"PromotionStrategy":      {app.Degraded, app.Healthy, app.Progressing},
	"InferenceService":       {app.Degraded, app.Healthy, app.Progressing, app.Suspended},
	"SparkApplication":       {app.Degraded, app.Healthy, app.Missing, app.Progressing},
	"ResourceBinding":        {app.Degraded, app.Healthy, app.Progressing},
	"ClusterResourceBinding": {app.Degraded, app.Healthy, app.Progressing},
}

// deciding returns the clause that judges an object; nil where no row does.
func deciding(u *unstructured.Unstructured) *clause {
	gk := u.GroupVersionKind().GroupKind()
	if _, function := customRules[gk]; function {
		return nil
	}
	r, _ := rowOf(gk)
	for i := range r {
		if _, ok := r[i].test(u); ok {
			return &r[i]
		}
	}
	return nil
}

// covered demands of each kind a fixture for every verdict that its row can give, and of each row, which kinds may share, one for
// every clause.
func covered(t *testing.T, gk schema.GroupKind, r row, seen []app.HealthCode, decided map[*clause]bool) {
	t.Helper()
	for i := range r {
		if !slices.Contains(seen, r[i].verdict) {
			t.Errorf("%s: no %s fixture", gk, r[i].verdict)
		}
		if !decided[&r[i]] {
			t.Errorf("%s: no fixture that clause %d decides: %s", gk, i+1, r[i].verdict)
		}
	}
}

func TestRowsAreFoundByNameThenByWhatSaysMost(t *testing.T) {
	t.Parallel()
	rows, err := parseRows([]byte(`
"*.example.com":
  "*": [{Healthy: else}]
  "*Policy": [{Degraded: else}]
one.example.com:
  Policy: [{Suspended: else}]
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(rows.patterns) != 2 || rows.patterns[0].kind != "*Policy" || len(rows.exact) != 1 {
		t.Errorf("got %v and %v", rows.patterns, rows.exact)
	}
	for _, p := range rows.patterns {
		if !matched(p.group, "two.example.com") || matched(p.group, "example.org") {
			t.Errorf("%s does not match what it should", p.group)
		}
	}
}

func TestTablesThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for name, table := range map[string]string{
		"a verdict that is none": "a: {B: [{Green: else}]}", "two verdicts in a clause": "a: {B: [{Healthy: else, Degraded: else}]}",
		"a word that is no test": "a: {B: [{Healthy: sometimes}]}", "a path without an end": `a: {B: [{Healthy: '."x'}]}`,
		"a step without a name": "a: {B: [{Healthy: .status..x}]}", "a bound that is no number": "a: {B: [{Healthy: .status.x>many}]}",
		"a path without a dot": "a: {B: [{Healthy: says status.error}]}", "a list of conditions without a name": "a: {B: [{Healthy: .status..x:Ready=True}]}",
		"a condition without a type": "a: {B: [{Healthy: =True}]}", "a lower bound that is no number": "a: {B: [{Healthy: .status.x<many}]}",
		"another field without a name": "a: {B: [{Healthy: .status.x=.status..y}]}", "no verdict": `a: {B: [{"": else}]}`,
		"no table": "- a",
	} {
		if _, err := parseRows([]byte(table)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestWhatARowSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ row, status, want string }{
		"the message of what decided":     {"Degraded: Ready=False", "{message: all, conditions: [{type: Ready, status: 'False', message: one}]}", "one"},
		"the status's own message":        {"Degraded: .status.broken", "{broken: true, message: all, reason: Why}", "all"},
		"its reason without a message":    {"Degraded: .status.broken", "{broken: true, reason: Why}", "Why"},
		"what decided of what is healthy": {"Healthy: .status.fine", "{fine: true, message: all, reason: Why}", ""},
		"something when it waits":         {"Progressing: else", "{}", "waiting for its controller"},
		"something when it failed":        {"Degraded: else", "{}", "its controller reports a failure"},
		"something when it is suspended":  {"Suspended: else", "{}", "suspended"},
		"something when it is missing":    {"Missing: else", "{}", "its controller does not find it"},
		"something when it is unknown":    {"Unknown: else", "{}", "its controller does not know its state"},
	} {
		rows, err := parseRows([]byte("a: {B: [{" + c.row + "}]}"))
		if err != nil {
			t.Fatal(err)
		}
		u := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte("{status: "+c.status+"}"), &u.Object); err != nil {
			t.Fatal(err)
		}
		if got := rows.exact[schema.GroupKind{Group: "a", Kind: "B"}].assess(u); got.Message != c.want {
			t.Errorf("%s: got %q, want %q", name, got.Message, c.want)
		}
	}
}

func TestRulesKnowTheirVersionsOnly(t *testing.T) {
	t.Parallel()
	for gk, r := range rules {
		u := &unstructured.Unstructured{Object: map[string]any{}}
		u.SetGroupVersionKind(gk.WithVersion("v0"))
		if got := Assess(u); (got.Status == app.HealthUnknown && strings.Contains(got.Message, "in version v0")) != (len(r.versions) > 0) {
			t.Errorf("%s in version v0: %s (%s)", gk, got.Status, got.Message)
		}
	}
	var bound []string
	for gk, r := range rules {
		if len(r.versions) > 0 {
			bound = append(bound, gk.String())
		}
	}
	slices.Sort(bound)
	if got, want := strings.Join(bound, " "), "APIService.apiregistration.k8s.io DaemonSet.apps Deployment.apps HorizontalPodAutoscaler.autoscaling "+
		"Job.batch PersistentVolumeClaim Pod ReplicaSet.apps Service StatefulSet.apps"; got != want {
		t.Errorf("bound to versions are %s", got)
	}
}

// TestBuiltInKindsHaveNoHealthByTheirConditions has a condition that would make a custom resource Degraded.
func TestBuiltInKindsHaveNoHealthByTheirConditions(t *testing.T) {
	t.Parallel()
	for _, group := range []string{
		"", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "apps", "authentication.k8s.io",
		"authorization.k8s.io", "autoscaling", "batch", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io",
		"events.k8s.io", "extensions", "flowcontrol.apiserver.k8s.io", "internal.apiserver.k8s.io", "networking.k8s.io",
		"node.k8s.io", "policy", "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
		"storagemigration.k8s.io",
	} {
		u := &unstructured.Unstructured{Object: map[string]any{"status": map[string]any{
			"conditions": []any{map[string]any{"type": "Ready", "status": "False"}},
		}}}
		u.SetGroupVersionKind(schema.GroupVersionKind{Group: group, Version: "v1", Kind: "Anything"})
		if got := Assess(u); got.Status != "" {
			t.Errorf("group %q: got %s", group, got.Status)
		}
	}
}

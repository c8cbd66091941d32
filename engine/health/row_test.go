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
		"no table": "- a",
	} {
		if _, err := parseRows([]byte(table)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

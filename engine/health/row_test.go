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
	seen := map[schema.GroupKind][]app.HealthCode{}
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
		}
	}
	rows := readRows()
	for gk, r := range rows.exact {
		covered(t, gk, r, seen[gk])
	}
	for _, p := range rows.patterns {
		gk := schema.GroupKind{Group: strings.Replace(p.group, "*", "example", 1), Kind: strings.Replace(p.kind, "*", "Thing", 1)}
		covered(t, gk, p.row, seen[gk])
	}
	for gk := range customRules {
		for _, want := range []app.HealthCode{app.Healthy, app.Progressing} {
			if !slices.Contains(seen[gk], want) {
				t.Errorf("%s: no %s fixture", gk, want)
			}
		}
	}
}

// covered demands a fixture for every verdict that a row can give.
func covered(t *testing.T, gk schema.GroupKind, r row, seen []app.HealthCode) {
	t.Helper()
	for _, c := range r {
		if !slices.Contains(seen, c.verdict) {
			t.Errorf("%s: no %s fixture", gk, c.verdict)
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

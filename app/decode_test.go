package app_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

const header = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: web\n"

func decode(t *testing.T, text string) app.Application {
	t.Helper()
	a, err := app.Decode([]byte(text), "web.yaml")
	if err != nil {
		t.Fatalf("Decode: %v\n%s", err, text)
	}
	return a
}

func TestDecodeNamesThePlaceOfAProblem(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"a mapping where a list belongs": {
			header + "spec:\n  source:\n    helm:\n      parameters: {a: b}\n",
			"web.yaml:8:19: spec.source.helm.parameters: must be a list, not a mapping",
		},
		"a number where a string belongs, without repeating it": {
			header + "spec:\n  source:\n    targetRevision: 1.20\n",
			"web.yaml:7:21: spec.source.targetRevision: must be a string, not a number: put it in quotes",
		},
		"a word where a truth value belongs": {
			header + "spec:\n  syncPolicy:\n    automated: {prune: often}\n",
			"web.yaml:7:24: spec.syncPolicy.automated.prune: must be true or false, not a string",
		},
		"a fraction where a whole number belongs": {
			header + "spec:\n  revisionHistoryLimit: 1.5\n",
			"web.yaml:6:25: spec.revisionHistoryLimit: must be a whole number, not a number",
		},
		"a time that is none": {
			header + "status:\n  reconciledAt: yesterday\n",
			"web.yaml:6:17: status.reconciledAt: must be a time such as 2026-01-31T12:00:00Z",
		},
		"a field given twice": {
			header + "spec:\n  project: a\n  project: b\n",
			"web.yaml:7:3: spec.project: given twice, first in line 6, column 3",
		},
		"two problems at once": {
			header + "spec:\n  project: [a]\n  info: 1\n",
			"web.yaml:6:12: spec.project: must be a string, not a list\nweb.yaml:7:9: spec.info: must be a list, not a number",
		},
		"text that is no YAML": {
			header + "spec: {\n", "web.yaml:5: did not find expected node content",
		},
		"a second application": {
			header + "---\n" + header, "web.yaml:6:1: a second Application in the same file: give each its own file",
		},
		"another version": {
			strings.Replace(header, "v1alpha1", "v2", 1), "web.yaml:1:1: apiVersion: only argoproj.io/v1alpha1 is supported",
		},
		"no name": {
			"apiVersion: argoproj.io/v1alpha1\nkind: Application\n",
			"web.yaml:1:1: metadata.name: the application needs a name",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := app.Decode([]byte(tt.text), "web.yaml")
			if _, ok := errors.AsType[*app.DocumentError](err); !ok {
				t.Fatalf("Decode gave %v, want a DocumentError", err)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeRepeatsNoValue(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		header + "spec:\n  source:\n    helm:\n      values: 990017\n",
		header + "spec:\n  revisionHistoryLimit: 990017x\n",
		header + "status:\n  reconciledAt: 990017x\n",
		header + "spec:\n  project: !!int 990017x\n",
	} {
		_, err := app.Decode([]byte(text), "web.yaml")
		if err == nil || strings.Contains(err.Error(), "990017") {
			t.Errorf("Decode gave %v for\n%s", err, text)
		}
	}
}

func TestDecodeChoosesTheApplication(t *testing.T) {
	t.Parallel()
	t.Run("documents of other kinds are left out", func(t *testing.T) {
		t.Parallel()
		a := decode(t, "kind: AppProject\napiVersion: argoproj.io/v1alpha1\n---\n"+header+"---\n# nothing\n")
		if a.Metadata.Name != "web" {
			t.Errorf("read %q", a.Metadata.Name)
		}
	})
	t.Run("a file without one is ErrNoApplication", func(t *testing.T) {
		t.Parallel()
		for _, text := range []string{"", "replicas: 3\n", "- a\n", "kind: Application\napiVersion: app.k8s.io/v1beta1\n"} {
			if _, err := app.Decode([]byte(text), "values.yaml"); !errors.Is(err, app.ErrNoApplication) {
				t.Errorf("Decode(%q) gave %v", text, err)
			}
		}
	})
	t.Run("JSON is read too", func(t *testing.T) {
		t.Parallel()
		b, err := json.MarshalIndent(decode(t, header), "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if a := decode(t, string(b)); a.Metadata.Name != "web" || a.Spec.Project != app.DefaultProject {
			t.Errorf("read %+v", a)
		}
	})
}

func TestDecodeSetsALimit(t *testing.T) {
	t.Parallel()
	bomb := header + "x:\n  a: &a [1,1,1,1,1,1,1,1,1,1]\n"
	for c := 'b'; c < 'k'; c++ {
		prev := string(c - 1)
		bomb += "  " + string(c) + ": &" + string(c) + " [" + strings.TrimSuffix(strings.Repeat("*"+prev+",", 10), ",") + "]\n"
	}
	for name, text := range map[string]string{
		"aliases that multiply":    bomb,
		"merge keys that multiply": header + "x: &x {<<: [*x, *x]}\n",
		"an alias of itself":       header + "x: &x [*x]\n",
		"deep nesting":             header + "x: " + strings.Repeat("[", 500) + strings.Repeat("]", 500) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := app.Decode([]byte(text), "web.yaml"); err == nil || !strings.Contains(err.Error(), "too ") {
				t.Errorf("Decode gave %v", err)
			}
		})
	}
}

// TestDecodeReadsAsKubectl compares with the library that kubectl and Argo CD read YAML with.
func TestDecodeReadsAsKubectl(t *testing.T) {
	t.Parallel()
	values := []string{
		"yes", "No", "on", "OFF", "y", "true", `"yes"`, "'on'", "~", "null", "", "0777", "0o17", "0x1f", "1_000", "12", "-3", "+4",
		"1.50", "1e3", ".5", "089", "2026-01-31", "2026-01-31T12:00:00Z", "1:20", "abc", "18446744073709551615", "!!str 12",
		"{1: a, true: b, off: c}", "[yes, {a: 1}]", "|\n        two\n        lines\n", ">-\n        folded\n        text\n",
	}
	for _, v := range values {
		t.Run(v, func(t *testing.T) {
			t.Parallel()
			text := header + "spec:\n  source:\n    helm:\n     valuesObject:\n      v: " + v + "\n"
			b, err := json.Marshal(decode(t, text).Spec.Source.Helm.ValuesObject)
			if err != nil {
				t.Fatal(err)
			}
			j, err := sigsyaml.YAMLToJSON([]byte("v: " + v))
			if err != nil {
				t.Fatal(err)
			}
			var got, want any
			if err := errors.Join(json.Unmarshal(b, &got), json.Unmarshal(j, &want)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("read another way (-kubectl +wheelhouse):\n%s", diff)
			}
		})
	}
}

func TestDecodeFollowsAnchorsAndMergeKeys(t *testing.T) {
	t.Parallel()
	a := decode(t, header+"spec:\n  sources:\n  - &base {repoURL: u, path: p}\n  - {<<: *base, path: q}\n  - *base\n")
	var got []string
	for _, s := range a.Spec.Sources {
		got = append(got, s.RepoURL+" "+s.Path)
	}
	if diff := cmp.Diff([]string{"u p", "u q", "u p"}, got); diff != "" {
		t.Error(diff)
	}
}

package render_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// random is a chart with the unstable functions that people use.
var random = repo{
	"Chart.yaml":  "apiVersion: v2\nname: web\nversion: 1.0.0\n",
	"values.yaml": "size: 2\n",
	"templates/secret.yaml": `apiVersion: v1
kind: Secret
metadata: {name: key}
data:
  fixed: {{ "always" | b64enc }}
  password: {{ randAlphaNum 16 | b64enc }}
`,
	"templates/_helpers.tpl": "{{- define \"stamp\" -}}\n{{ now | date \"2006-01-02\" }}\n{{- end -}}\n",
	"templates/page.yaml": `apiVersion: v1
kind: ConfigMap
metadata:
  name: page
  annotations: {day: {{ include "stamp" . | quote }}}
data:
  size: {{ .Values.size | quote }}
`,
	"templates/web.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - name: web
        env:
        - {name: FIXED, value: one}
        - {name: BUILD, value: {{ uuidv4 }}}
`,
	"templates/plain.yaml": configMap("plain", "same"),
}

func TestUnstableFields(t *testing.T) {
	t.Parallel()
	out, err := pool(t, render.Options{}).Render(t.Context(), random.request(app.Source{}))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][][]string{}
	for i, fields := range out.Unstable {
		got[names(out.Objects)[i]] = fields
	}
	want := map[string][][]string{
		"Secret/key":     {{"data", "password"}},
		"ConfigMap/page": {{"metadata", "annotations", "day"}},
		"Deployment/web": {{"spec", "template", "spec", "containers", "0", "env", "1", "value"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	said := strings.Join(out.Warnings, "\n")
	for _, words := range []string{
		"key: data.password changes with every rendering, by randAlphaNum (templates/secret.yaml:6)",
		"page: metadata.annotations.day changes with every rendering, by now (templates/_helpers.tpl:2)",
		"by uuidv4 (templates/web.yaml:11)",
	} {
		if !strings.Contains(said, words) {
			t.Errorf("%q is missing in:\n%s", words, said)
		}
	}
}

func TestNamesThatAreUnstable(t *testing.T) {
	t.Parallel()
	out := repo{
		"Chart.yaml":         "apiVersion: v2\nname: web\nversion: 1.0.0\n",
		"templates/job.yaml": "apiVersion: batch/v1\nkind: Job\nmetadata: {name: job-{{ randAlphaNum 8 | lower }}}\n",
	}.render(t, app.Source{})
	if len(out.Warnings) != 1 || !strings.Contains(out.Warnings[0], "randAlphaNum (templates/job.yaml:3)") || !strings.Contains(out.Warnings[0], "another name") {
		t.Errorf("got %q", out.Warnings)
	}
}

func TestChartsOfWhichNothingIsUnstable(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no such function":                         `{{ "randAlphaNum" }}`,
		"lookup finds nothing, at every rendering": `{{ (lookup "v1" "Secret" "" "x").data | toJson | quote }}`,
		"a field of that name":                     `{{ .Values.now | quote }}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := repo{
				"Chart.yaml":           "apiVersion: v2\nname: web\nversion: 1.0.0\n",
				"templates/value.yaml": configMap("value", text),
			}.render(t, app.Source{})
			if len(out.Warnings) > 0 || len(out.Unstable) > 0 {
				t.Errorf("got %q, %v", out.Warnings, out.Unstable)
			}
		})
	}
}

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

// textual has templates in its values and in a file.
var textual = repo{
	"web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
	"web/values.yaml": `password: '{{ randAlphaNum 16 }}'
list: [{day: '{{ now | date "2006-01-02" }}'}]
since: '{{ "2020-01-02" | toDate "2006-01-02" | ago }}'
call: '{{ ago (toDate "2006-01-02" "2020-01-02") }}'
plain: 'we go on, randomly and now'
`,
	"web/config.txt": "one\nid {{ uuidv4 }}\n",
	"web/templates/page.yaml": `apiVersion: v1
kind: ConfigMap
metadata: {name: page}
data:
  password: {{ tpl .Values.password . | quote }}
  day: {{ tpl (index .Values.list 0).day . | quote }}
  since: {{ tpl .Values.since . | quote }}
  call: {{ tpl .Values.call . | quote }}
  plain: {{ tpl .Values.plain . | quote }}
  file: {{ tpl (.Files.Get "config.txt") . | quote }}
`,
}

func TestUnstableFieldsOfTemplatesInTexts(t *testing.T) {
	t.Parallel()
	out := textual.render(t, app.Source{Path: "web"})
	want := map[int][][]string{0: {{"data", "call"}, {"data", "day"}, {"data", "file"}, {"data", "password"}, {"data", "since"}}}
	if d := cmp.Diff(want, out.Unstable); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	said := strings.Join(out.Warnings, "\n")
	for _, words := range []string{
		"randAlphaNum (the value password)", "now (the value list[0].day)", "ago (the value since)", "uuidv4 (web/config.txt:2)",
	} {
		if !strings.Contains(said, words) {
			t.Errorf("%q is missing in:\n%s", words, said)
		}
	}
}

func TestTextsThatAreNoTemplatesAreNot(t *testing.T) {
	t.Parallel()
	out := textual.with(repo{"web/templates/page.yaml": configMap("page", "{{ .Values.password | quote }}")}).render(t, app.Source{Path: "web"})
	if len(out.Unstable) > 0 || len(out.Warnings) > 0 {
		t.Errorf("unstable: %v, %v", out.Unstable, out.Warnings)
	}
}

func TestTheTimeThatHasPassedIsUnstable(t *testing.T) {
	t.Parallel()
	out := still.with(repo{
		"web/templates/page.yaml": configMap("page", `{{ "2020-01-02" | toDate "2006-01-02" | ago }}`),
	}).render(t, app.Source{Path: "web"})
	if len(out.Unstable) != 1 {
		t.Errorf("unstable: %v", out.Unstable)
	}
}

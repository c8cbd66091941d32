package render_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// chart prints the value that is set and what Helm tells of release and cluster.
var chart = repo{
	"web/Chart.yaml":  "apiVersion: v2\nname: front\nversion: 1.2.3\n",
	"web/values.yaml": "value: chart\nlist: [a]\n",
	"web/a.yaml":      "value: a\n",
	"web/b.yaml":      "value: b\n",
	"web/more/c.yaml": "value: c\n",
	"web/page.html":   "<p>one, two</p>",
	"web/templates/page.yaml": configMap("{{ .Release.Name }}", "{{ .Values.value | quote }}") +
		"  release: {{ .Release.Namespace }} {{ .Release.Service }} {{ .Capabilities.KubeVersion }} {{ .Capabilities.APIVersions.Has \"example.com/v1\" }}\n" +
		"  list: {{ .Values.list | toJson | quote }}\n",
}

func helm(h app.HelmSource) app.Source { return app.Source{Path: "web", Helm: &h} }

func TestHelmValuesInTheirOrder(t *testing.T) {
	t.Parallel()
	set := []app.HelmParameter{{Name: "value", Value: "parameter"}}
	for name, c := range map[string]struct {
		helm app.HelmSource
		want string
	}{
		"the chart's own":                   {app.HelmSource{}, "chart"},
		"a values file over the chart":      {app.HelmSource{ValueFiles: []string{"a.yaml"}}, "a"},
		"the later of two files":            {app.HelmSource{ValueFiles: []string{"b.yaml", "a.yaml"}}, "a"},
		"a file from the repository's root": {app.HelmSource{ValueFiles: []string{"/web/b.yaml"}}, "b"},
		"a glob":                            {app.HelmSource{ValueFiles: []string{"more/*.yaml"}}, "c"},
		"values over files":                 {app.HelmSource{ValueFiles: []string{"a.yaml"}, Values: "value: inline"}, "inline"},
		"the object over the text":          {app.HelmSource{Values: "value: text", ValuesObject: map[string]any{"value": "object"}}, "object"},
		"parameters over values":            {app.HelmSource{Values: "value: inline", Parameters: set}, "parameter"},
		"file parameters over parameters":   {app.HelmSource{Parameters: set, FileParameters: []app.HelmFileParameter{{Name: "value", Path: "page.html"}}}, "<p>one, two</p>"},
		"a parameter with a comma":          {app.HelmSource{Parameters: []app.HelmParameter{{Name: "value", Value: "one,two"}}}, "one,two"},
		"a number as a string":              {app.HelmSource{Parameters: []app.HelmParameter{{Name: "value", Value: "0123", ForceString: true}}}, "0123"},
		"texts over other parameters": {
			app.HelmSource{Parameters: []app.HelmParameter{{Name: "value", Value: "1", ForceString: true}, {Name: "value", Value: "2"}}}, "1",
		},
		"the later of two parameters":         {app.HelmSource{Parameters: []app.HelmParameter{{Name: "value", Value: "1"}, {Name: "value", Value: "2"}}}, "2"},
		"the build environment":               {app.HelmSource{Parameters: []app.HelmParameter{{Name: "value", Value: "$ARGOCD_APP_REVISION_SHORT"}}}, "8f3f1c7"},
		"a missing file that may be missing":  {app.HelmSource{ValueFiles: []string{"gone.yaml"}, IgnoreMissingValueFiles: true}, "chart"},
		"null drops the value of a lower one": {app.HelmSource{Values: "value: null"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := field(t, chart.render(t, helm(c.helm)), "data", "value"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestHelmTellsTemplates(t *testing.T) {
	t.Parallel()
	req := chart.request(helm(app.HelmSource{ReleaseName: "front"}))
	req.Capabilities = app.Capabilities{KubeVersion: "v1.31.2", APIVersions: []string{"v1", "example.com/v1"}}
	out, err := pool(t, options()).Render(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"ConfigMap/front"}, names(out.Objects)); d != "" {
		t.Error(d)
	}
	if got, want := field(t, out, "data", "release"), "shop Helm v1.31.2 true"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHelmFromAnotherRepository(t *testing.T) {
	t.Parallel()
	req := chart.request(helm(app.HelmSource{ValueFiles: []string{"$env/prod/values.yaml"}}))
	req.Refs = map[string]fsys{"env": repo{"prod/values.yaml": "value: prod\n"}.fs()}
	out, err := pool(t, options()).Render(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if got := field(t, out, "data", "value"); got != "prod" {
		t.Errorf("got %q, want prod", got)
	}
}

func TestHelmLeavesOutAndTakesIn(t *testing.T) {
	t.Parallel()
	files := chart.with(repo{
		"web/crds/thing.yaml":          "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\n",
		"web/templates/tests/try.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: try\n  annotations: {helm.sh/hook: test}\n",
		"web/templates/NOTES.txt":      "read me",
		"web/templates/_helpers.tpl":   "{{ define \"x\" }}x{{ end }}",
		"web/Chart.yaml":               "apiVersion: v2\nname: front\nversion: 1.2.3\ndependencies: [{name: base, version: 0.1.0, repository: \"file://../base\"}]\n",
		"base/Chart.yaml":              "apiVersion: v2\nname: base\nversion: 0.1.0\n",
		"base/templates/base.yaml":     configMap("base", "x"),
	})
	for name, c := range map[string]struct {
		helm app.HelmSource
		want []string
	}{
		"definitions and the chart that lies beside": {app.HelmSource{}, []string{"CustomResourceDefinition/things.example.com", "ConfigMap/base", "ConfigMap/web", "Pod/try"}},
		"without definitions":                        {app.HelmSource{SkipCrds: true}, []string{"ConfigMap/base", "ConfigMap/web", "Pod/try"}},
		"without tests":                              {app.HelmSource{SkipTests: true}, []string{"CustomResourceDefinition/things.example.com", "ConfigMap/base", "ConfigMap/web"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := names(files.render(t, helm(c.helm)).Objects)
			if d := cmp.Diff(c.want, got, unordered); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

func TestHelmFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		more repo
		helm app.HelmSource
		says []string
	}{
		"a template that fails": {
			repo{"web/templates/page.yaml": "a: 1\nb: {{ .Values.none.here }}\n"}, app.HelmSource{}, []string{"templates/page.yaml:2"},
		},
		"a template that cannot be parsed": {
			repo{"web/templates/page.yaml": "a: 1\nb: {{ if }}\n"}, app.HelmSource{}, []string{"templates/page.yaml:2"},
		},
		"a template that renders no YAML": {
			repo{"web/templates/page.yaml": "apiVersion: v1\nkind: [\n"}, app.HelmSource{}, []string{"templates/page.yaml"},
		},
		"values against the schema": {
			repo{"web/values.schema.json": `{"properties": {"value": {"type": "integer"}}}`}, app.HelmSource{}, []string{"value", "integer"},
		},
		"values that are no YAML":         {repo{"web/a.yaml": "a: [1\n"}, app.HelmSource{ValueFiles: []string{"a.yaml"}}, []string{"a.yaml"}},
		"a values file that is not there": {nil, app.HelmSource{ValueFiles: []string{"gone.yaml"}}, []string{"gone.yaml", "ignoreMissingValueFiles"}},
		"a values file out of the repository": {
			nil, app.HelmSource{ValueFiles: []string{"../../etc/passwd"}}, []string{"../../etc/passwd"},
		},
		"a reference that nobody has": {nil, app.HelmSource{ValueFiles: []string{"$env/a.yaml"}}, []string{"$env"}},
		"a chart without a name":      {repo{"web/Chart.yaml": "apiVersion: v2\n"}, app.HelmSource{}, []string{"chart in web", "name"}},
		"a dependency that is not there": {
			repo{"web/Chart.yaml": "apiVersion: v2\nname: front\nversion: 1.0.0\ndependencies: [{name: base, version: 0.1.0, repository: \"https://charts.example.com\"}]\n"},
			app.HelmSource{},
			[]string{"base", "https://charts.example.com"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_ = chart.with(c.more).fails(t, helm(c.helm), c.says...)
		})
	}
}

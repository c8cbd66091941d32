package render_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

const shopValues = `# How many Pods.
replicas: 2

service:
  port: 80      # inside
  nodePort: 30080
hosts: ["a.example.com"]   # one line
name: 'quoted'
`

var shop = repo{
	"web/Chart.yaml":         "apiVersion: v2\nname: front\nversion: 1.2.3\n",
	"web/values.yaml":        shopValues,
	"web/values.schema.json": `{"properties": {"replicas": {"type": "integer", "maximum": 9}, "service": {"properties": {"nodePort": {"maximum": 32767}}}}}`,
}

// edit changes the text that an editor opens, and returns what comes of it.
func edit(t *testing.T, files repo, src app.Source, old, with string) app.ValuesResult {
	t.Helper()
	req := files.request(src)
	v, err := render.Values{}.Values(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(v.Effective, old) {
		t.Fatalf("%q is not in the text:\n%s", old, v.Effective)
	}
	r, err := render.Values{}.Edit(t.Context(), req, app.ValuesEdit{Text: strings.Replace(v.Effective, old, with, 1)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestValuesThatAnEditorOpens(t *testing.T) {
	t.Parallel()
	src := helm(app.HelmSource{Values: "replicas: 3\n", Parameters: []app.HelmParameter{{Name: "service.nodePort", Value: "31000"}}})
	v, err := render.Values{}.Values(t.Context(), shop.request(src))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer("replicas: 2", "replicas: 3", "30080", "31000").Replace(shopValues)
	if d := cmp.Diff(want, v.Effective); d != "" {
		t.Errorf("the file with the application's own values in it (-want +got):\n%s", d)
	}
	if v.Editable != "web/values.yaml" || v.Tool != app.ToolHelm || len(v.Schema) == 0 || v.Override != "replicas: 3\n" {
		t.Errorf("got %s, %s, %d bytes of schema, override %q", v.Editable, v.Tool, len(v.Schema), v.Override)
	}
}

func TestTheSmallestOverride(t *testing.T) {
	t.Parallel()
	parameter := app.HelmSource{Parameters: []app.HelmParameter{{Name: "service.nodePort", Value: "31000"}, {Name: "name", Value: "kept"}}}
	for name, c := range map[string]struct {
		helm       app.HelmSource
		old, with  string
		overridden []string
		// file is the line that the edited file has in place of old; the rest is untouched byte for byte.
		inFile, file string
	}{
		"one field":                {app.HelmSource{}, "replicas: 2", "replicas: 5", []string{"replicas"}, "replicas: 2", "replicas: 5"},
		"a field beside a comment": {app.HelmSource{}, "port: 80 ", "port: 81 ", []string{"service.port"}, "port: 80 ", "port: 81 "},
		"a list is one value":      {app.HelmSource{}, `["a.example.com"]`, `["a.example.com", "b"]`, []string{"hosts"}, "", ""},
		"nothing":                  {app.HelmSource{}, "replicas: 2", "replicas: 2", nil, "replicas: 2", "replicas: 2"},
		"a parameter gives way":    {parameter, "nodePort: 31000", "nodePort: 31001", []string{"service.nodePort"}, "", ""},
		"back to the file's":       {app.HelmSource{Values: "replicas: 3\n"}, "replicas: 3", "replicas: 2", nil, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := edit(t, shop, helm(c.helm), c.old, c.with)
			if len(r.Problems) > 0 {
				t.Fatalf("problems: %v", r.Problems)
			}
			if d := cmp.Diff(append([]string{}, c.overridden...), append([]string{}, r.Overridden...)); d != "" {
				t.Errorf("overridden (-want +got):\n%s", d)
			}
			// What was edited is what an editor opens the next time.
			v, err := render.Values{}.Values(t.Context(), shop.request(r.Source))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(c.with, "[") && !strings.Contains(v.Effective, c.with) {
				t.Errorf("%q did not come back:\n%s", c.with, v.Effective)
			}
			if c.inFile != "" {
				if d := cmp.Diff(strings.Replace(shopValues, c.inFile, c.file, 1), string(r.File)); d != "" {
					t.Errorf("the file to commit (-want +got):\n%s", d)
				}
			}
		})
	}
	t.Run("parameters that do not collide stay", func(t *testing.T) {
		t.Parallel()
		r := edit(t, shop, helm(parameter), "nodePort: 31000", "nodePort: 31001")
		if d := cmp.Diff([]app.HelmParameter{{Name: "name", Value: "kept"}}, r.Source.Helm.Parameters); d != "" {
			t.Errorf("-want +got:\n%s", d)
		}
	})
	t.Run("a value that is taken away is null", func(t *testing.T) {
		t.Parallel()
		r := edit(t, shop, helm(app.HelmSource{}), "  nodePort: 30080\n", "")
		files := shop.with(repo{"web/templates/page.yaml": configMap("page", `"{{ hasKey .Values.service "nodePort" }}"`)})
		if got := field(t, files.render(t, r.Source), "data", "value"); got != "false" {
			t.Errorf("the chart still has the value (override %v)", r.Overridden)
		}
	})
}

func TestFilesThatComeWithAnArtifactAreNotCommitted(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]app.Source{
		"a chart of a repository": {RepoURL: "https://charts.example.com", Chart: "web", TargetRevision: "*"},
		"a chart of a registry":   {RepoURL: "oci://registry.example.com/web", TargetRevision: "*"},
	} {
		files := repo{"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "values.yaml": "replicas: 2\n"}
		r := edit(t, files, src, "replicas: 2", "replicas: 3")
		if r.File != nil || len(r.Problems) > 0 || !cmp.Equal(r.Overridden, []string{"replicas"}) {
			t.Errorf("%s: file %q, overridden %v, problems %v", name, r.File, r.Overridden, r.Problems)
		}
	}
	plain := repo{"page.yaml": configMap("page", "one")}
	r := edit(t, plain, app.Source{RepoURL: "oci://registry.example.com/pages", Path: "."}, "one", "two")
	if len(r.Problems) != 1 || r.Problems[0].Warning || !strings.Contains(r.Problems[0].Message, "comes with the artifact") {
		t.Errorf("a plain manifest: %+v", r.Problems)
	}
}

func TestProblemsOfAText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		old, with string
		line      int
		says      string
		warning   bool
	}{
		"a value against the schema":    {"30080", "40000", 6, "32,767", false},
		"a type against the schema":     {"replicas: 2", "replicas: two", 2, "integer", false},
		"a text that is no YAML":        {"name: 'quoted'", "name: 'quoted", 8, "unexpected end", false},
		"a key that is there twice":     {"name: 'quoted'", "replicas: 3", 8, "line 2", false},
		"a key that is a boolean":       {"name: 'quoted'", "on: x", 8, "quote it", true},
		"a number that is an octal one": {"name: 'quoted'", "mode: 0644", 8, "octal", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := edit(t, shop, helm(app.HelmSource{}), c.old, c.with)
			for _, p := range r.Problems {
				if p.Line == c.line && strings.Contains(p.Message, c.says) && p.Warning == c.warning {
					return
				}
			}
			t.Errorf("no problem in line %d says %q: %+v", c.line, c.says, r.Problems)
		})
	}
	t.Run("an error changes nothing", func(t *testing.T) {
		t.Parallel()
		src := helm(app.HelmSource{Values: "replicas: 3\n"})
		if d := cmp.Diff(src, edit(t, shop, src, "replicas: 3", "replicas: [").Source); d != "" {
			t.Error(d)
		}
	})
}

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

func TestATextInTheApplicationIsChangedInItsPlaces(t *testing.T) {
	t.Parallel()
	const own = `# Ours, until the summer.
name: "loud"   # for the demo

service:
    port: 8080  # behind the proxy
replicas: 3
`
	for name, c := range map[string]struct{ old, with, want string }{
		"a value": {"port: 8080", "port: 8081", strings.Replace(own, "8080", "8081", 1)},
		"a value of the file": {
			"nodePort: 30080", "nodePort: 30081", strings.Replace(own, "proxy\n", "proxy\n    nodePort: 30081\n", 1),
		},
		"a value that goes":               {"  nodePort: 30080\n", "", strings.Replace(own, "proxy\n", "proxy\n    nodePort: null\n", 1)},
		"back to the file's":              {"replicas: 3", "replicas: 2", strings.Replace(own, "replicas: 3\n", "", 1)},
		"a list":                          {`["a.example.com"]`, "[]", own + "hosts: []\n"},
		"a value that looks like a truth": {`'loud'`, `'yes'`, strings.Replace(own, "loud", "yes", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := edit(t, shop, helm(app.HelmSource{Values: own}), c.old, c.with)
			if r.CommitOnly != "" || r.Source.Helm == nil || r.Source.Helm.ValuesObject != nil {
				t.Fatalf("got %+v", r)
			}
			if d := cmp.Diff(c.want, r.Source.Helm.Values); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
	t.Run("nothing is left of it", func(t *testing.T) {
		t.Parallel()
		if r := edit(t, shop, helm(app.HelmSource{Values: "replicas: 3\n"}), "replicas: 3", "replicas: 2"); r.Source.Helm != nil {
			t.Errorf("got %+v", r.Source.Helm)
		}
		r := edit(t, shop, helm(app.HelmSource{Values: "# why\nreplicas: 3\n"}), "replicas: 3", "replicas: 2")
		if d := cmp.Diff("# why\n", r.Source.Helm.Values); d != "" {
			t.Error(d)
		}
		v, err := render.Values{}.Values(t.Context(), shop.request(r.Source))
		if err != nil || v.Override != "" {
			t.Errorf("override %q, %v", v.Override, err)
		}
	})
	t.Run("it repeats itself", func(t *testing.T) {
		t.Parallel()
		r := edit(t, shop, helm(app.HelmSource{Values: "a: &x {b: 1}\nc: *x\n"}), "b: 1", "b: 2")
		if !strings.Contains(r.CommitOnly, "line 2 repeats &x") || r.Source.Helm.Values != "a: &x {b: 1}\nc: *x\n" {
			t.Errorf("got %q, %+v", r.CommitOnly, r.Source.Helm)
		}
	})
	t.Run("an object stays one", func(t *testing.T) {
		t.Parallel()
		r := edit(t, shop, helm(app.HelmSource{ValuesObject: map[string]any{"replicas": 3.0}}), "replicas: 3", "replicas: 4")
		if d := cmp.Diff(app.HelmSource{ValuesObject: map[string]any{"replicas": 4.0}}, *r.Source.Helm); d != "" {
			t.Error(d)
		}
	})
}

func TestAListIsWholeInTheOverride(t *testing.T) {
	t.Parallel()
	src := helm(app.HelmSource{Values: "hosts: [b]\n", Parameters: []app.HelmParameter{{Name: "service.ports[0]", Value: "1"}}})
	v, err := render.Values{}.Values(t.Context(), shop.request(src))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"hosts", "service.ports"}, v.Lists); d != "" {
		t.Errorf("before the edit (-want +got):\n%s", d)
	}
	r := edit(t, shop, src, `["b"]`, `["a.example.com"]`)
	if d := cmp.Diff([]string{"service.ports"}, r.Lists); d != "" {
		t.Errorf("back to the file's list (-want +got):\n%s", d)
	}
}

func TestANullStaysWhereAFileBelowHasTheValue(t *testing.T) {
	t.Parallel()
	files := shop.with(repo{"web/prod.yaml": "replicas: 4\n"})
	src := helm(app.HelmSource{ValueFiles: []string{"prod.yaml"}, Values: "service: {nodePort: null}\n"})
	r := edit(t, files, src, "replicas: 4", "replicas: 5")
	if d := cmp.Diff("service: {nodePort: null}\nreplicas: 5\n", r.Source.Helm.Values); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestAnOverrideThatWouldNotArriveIsNotOffered(t *testing.T) {
	t.Parallel()
	files := shop.with(repo{"web/.argocd-source.yaml": "helm: {parameters: [{name: replicas, value: '7'}]}\n"})
	r := edit(t, files, helm(app.HelmSource{}), "replicas: 7", "replicas: 8")
	if !strings.Contains(r.CommitOnly, "replicas would be something else, for web/.argocd-source.yaml") || len(r.Overridden) > 0 {
		t.Errorf("got %q, overridden %v", r.CommitOnly, r.Overridden)
	}
}

func TestWhatTheApplicationSetsIsNotChangedByACommit(t *testing.T) {
	t.Parallel()
	src := helm(app.HelmSource{Values: "replicas: 3\n"})
	if r := edit(t, shop, src, "replicas: 3", "replicas: 4"); r.Shadowed != "replicas" {
		t.Errorf("a value that the application sets: %q", r.Shadowed)
	}
	if r := edit(t, shop, src, "port: 80 ", "port: 81 "); r.Shadowed != "" {
		t.Errorf("another value: %q", r.Shadowed)
	}
	images := app.Source{Path: ".", Kustomize: &app.KustomizeSource{Images: []string{"nginx:3"}}}
	if r := edit(t, kustomized, images, `newTag: "3"`, `newTag: "4"`); r.Shadowed != "images" {
		t.Errorf("an image that the application sets: %q", r.Shadowed)
	}
	if r := edit(t, kustomized, images, "{team: web}", "{team: shop}"); r.Shadowed != "" {
		t.Errorf("another field: %q", r.Shadowed)
	}
}

func TestAFileParameterThatWinsIsSaid(t *testing.T) {
	t.Parallel()
	src := helm(app.HelmSource{FileParameters: []app.HelmFileParameter{{Name: "name", Path: "name.txt"}, {Name: "other", Path: "name.txt"}}})
	r := edit(t, shop.with(repo{"web/name.txt": "x"}), src, "'quoted'", "'other'")
	want := []app.Problem{{Warning: true, Message: "name comes from the file parameter name.txt, which wins over what is kept here"}}
	if d := cmp.Diff(want, r.Problems); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestAFileThatIsNoYAMLIsOpenedForMending(t *testing.T) {
	t.Parallel()
	files := shop.with(repo{"web/values.yaml": "a: [\n"})
	r := edit(t, files, helm(app.HelmSource{}), "a: [", "a: []")
	if string(r.File) != "a: []\n" || !strings.Contains(r.CommitOnly, "cannot be read") {
		t.Errorf("got %+v", r)
	}
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

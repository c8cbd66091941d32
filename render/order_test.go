package render_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func namespace(name string) string {
	return "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + "}\n"
}

func TestObjectsComeInTheToolsOwnOrder(t *testing.T) {
	t.Parallel()
	hook := func(name, events string) string {
		return configMap(name+"\n  annotations: {helm.sh/hook: "+events+"}", "x")
	}
	for name, c := range map[string]struct {
		files repo
		want  []string
	}{
		"Helm prints definitions, kinds in the order of an installation, and then hooks": {
			repo{
				"Chart.yaml": chart["web/Chart.yaml"], "crds/thing.yaml": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things}\n",
				"templates/a.yaml": hook("first", "pre-install") + "---\n" + deployment, "templates/b.yaml": configMap("b", "x") + "---\n" + namespace("c"),
			},
			[]string{"CustomResourceDefinition/things", "Namespace/c", "ConfigMap/b", "Deployment/front", "ConfigMap/first"},
		},
		"Kustomize prints namespaces first": {
			repo{"kustomization.yaml": "resources: [a.yaml, b.yaml]\n", "a.yaml": deployment, "b.yaml": namespace("b")},
			[]string{"Namespace/b", "Deployment/front"},
		},
		"Kustomize prints what it read when sortOptions say so": {
			repo{"kustomization.yaml": "resources: [a.yaml, b.yaml]\nsortOptions: {order: fifo}\n", "a.yaml": deployment, "b.yaml": namespace("b")},
			[]string{"Deployment/front", "Namespace/b"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, names(c.files.render(t, app.Source{Path: "."}).Objects)); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

func TestWhatHelmRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		more repo
		says []string
	}{
		"a library by itself":        {repo{"web/Chart.yaml": "apiVersion: v2\nname: base\nversion: 1.0.0\ntype: library\n"}, []string{"chart base is a library chart", "depends on it"}},
		"an object without a kind":   {repo{"web/templates/x.yaml": configMap("a", "x") + "---\napiVersion: v1\nmetadata: {name: lost}\n"}, []string{"front/templates/x.yaml:7", "needs apiVersion, kind and metadata"}},
		"an object without metadata": {repo{"web/templates/x.yaml": "apiVersion: v1\nkind: ConfigMap\n"}, []string{"front/templates/x.yaml:1", "metadata"}},
		"a text":                     {repo{"web/templates/x.yaml": "hello\n"}, []string{"front/templates/x.yaml:1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_ = chart.with(c.more).fails(t, helm(app.HelmSource{}), c.says...)
		})
	}
}

func TestHelmsNotesAreNoManifests(t *testing.T) {
	t.Parallel()
	files := chart.with(repo{"web/templates/NOTES.txt": "hello", "web/templates/MORE-NOTES.txt": "a: [", "web/templates/empty.yaml": "# nothing\n---\n"})
	if d := cmp.Diff([]string{"ConfigMap/web"}, names(files.render(t, helm(app.HelmSource{})).Objects)); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestADocumentThatIsNoObjectIsNamed(t *testing.T) {
	t.Parallel()
	out := chart.with(repo{"web/templates/x.yaml": "\nvalues: {a: 1}\n"}).render(t, helm(app.HelmSource{}))
	if d := cmp.Diff([]string{"ConfigMap/web"}, names(out.Objects)); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if d := cmp.Diff([]string{"front/templates/x.yaml:1: a document is left out, for it is no Kubernetes object"}, out.Warnings); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestAnObjectWithAHookThatHelmDoesNotKnowIsNamed(t *testing.T) {
	t.Parallel()
	files := chart.with(repo{"web/templates/old.yaml": configMap("old\n  annotations: {helm.sh/hook: crd-install}", "x")})
	out := files.render(t, helm(app.HelmSource{}))
	if d := cmp.Diff([]string{"ConfigMap/web"}, names(out.Objects)); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	want := []string{"front/templates/old.yaml: an object is left out, for Helm does not know the hook in its annotation helm.sh/hook"}
	if d := cmp.Diff(want, out.Warnings); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestTheLabelOfKustomizeNamesARelease(t *testing.T) {
	t.Parallel()
	out := repo{"kustomization.yaml": "resources: [a.yaml]\nbuildMetadata: [managedByLabel]\n", "a.yaml": deployment}.render(t, app.Source{Path: "."})
	if got := field(t, out, "metadata", "labels", "app.kubernetes.io/managed-by"); got != "kustomize-v5.8.2" {
		t.Errorf("got %q: the label must be one, and the same in every release of this program", got)
	}
}

func TestJsonnetFindsItsImports(t *testing.T) {
	t.Parallel()
	const object = `{apiVersion: "v1", kind: "ConfigMap", metadata: {name: import "name.libsonnet"}}`
	for name, c := range map[string]struct {
		files repo
		libs  []string
		want  string
	}{
		"beside the file":              {repo{"app/in/a.jsonnet": object, "app/in/name.libsonnet": `"beside"`, "app/name.libsonnet": `"above"`, "name.libsonnet": `"root"`}, nil, "beside"},
		"in the source's folder":       {repo{"app/in/a.jsonnet": object, "app/name.libsonnet": `"above"`, "name.libsonnet": `"root"`}, nil, "above"},
		"in a library":                 {repo{"app/in/a.jsonnet": object, "vendor/name.libsonnet": `"vendored"`}, []string{"vendor"}, "vendored"},
		"beside what was imported":     {repo{"app/in/a.jsonnet": `import "../x/object.libsonnet"`, "app/x/object.libsonnet": object, "app/x/name.libsonnet": `"deep"`}, nil, "deep"},
		"not in the repository's root": {repo{"app/in/a.jsonnet": object, "name.libsonnet": `"root"`}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := app.Source{Path: "app", Directory: &app.DirectorySource{Recurse: true, Jsonnet: &app.JsonnetSource{Libs: c.libs}}}
			if c.want == "" {
				_ = c.files.fails(t, src, "name.libsonnet", "app/in/a.jsonnet")
				return
			}
			if got := names(c.files.render(t, src).Objects); len(got) != 1 || got[0] != "ConfigMap/"+c.want {
				t.Errorf("got %v, want ConfigMap/%s", got, c.want)
			}
		})
	}
}

package render_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

var plain = repo{
	"app/a.yaml":        configMap("a", "x") + "---\n" + configMap("b", "y"),
	"app/c.json":        `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}`,
	"app/list.yml":      "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: l1}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: l2}}\n",
	"app/values.yaml":   "not: an object\n",
	"app/README.md":     "# read me",
	"app/deep/d.yaml":   configMap("d", "z"),
	"app/deep/er/e.yml": configMap("e", "z"),
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options app.DirectorySource
		want    []string
	}{
		"the folder itself":        {app.DirectorySource{}, []string{"a", "b", "c", "l1", "l2"}},
		"the folders below it too": {app.DirectorySource{Recurse: true}, []string{"a", "b", "c", "d", "e", "l1", "l2"}},
		"only what is included":    {app.DirectorySource{Include: "*.json"}, []string{"c"}},
		"a choice of globs":        {app.DirectorySource{Include: "{*.json,list.*}"}, []string{"c", "l1", "l2"}},
		"without what is excluded": {app.DirectorySource{Exclude: "*.json"}, []string{"a", "b", "l1", "l2"}},
		"exclusion wins":           {app.DirectorySource{Recurse: true, Include: "deep/*", Exclude: "deep/*"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, n := range names(plain.render(t, app.Source{Path: "app", Directory: &c.options}).Objects) {
				got = append(got, strings.TrimPrefix(n, "ConfigMap/"))
			}
			if d := cmp.Diff(append([]string{}, c.want...), append([]string{}, got...), unordered); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

func TestDirectoryInUTF16(t *testing.T) {
	t.Parallel()
	text := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(configMap("weit", "größe"))) {
		text = append(text, byte(u), byte(u>>8))
	}
	if got := field(t, repo{"a.yaml": string(text)}.render(t, app.Source{Path: "."}), "data", "value"); got != "größe" {
		t.Errorf("got %q", got)
	}
}

// TestTextIsReadAsItIsWritten has block scalars that a library, writing them anew, says otherwise.
func TestTextIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	text := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  folded: >+\n    a\n\n    b\n\n  indented: |2\n      a\n     b\n"
	out := repo{"a.yaml": text}.render(t, app.Source{Path: "."})
	for name, want := range map[string]string{"folded": "a\nb\n\n", "indented": "  a\n b\n"} {
		if got := field(t, out, "data", name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestAMarkSkipsAFileInAnyEncoding(t *testing.T) {
	t.Parallel()
	marked := "# +argocd:skip-file-rendering\n" + configMap("marked", "x")
	out := repo{"a.yaml": marked, "b.yaml": string(utf16BE(marked)), "c.yaml": string(utf16BE(configMap("read", "x")))}.render(t, app.Source{Path: "."})
	if d := cmp.Diff([]string{"ConfigMap/read"}, names(out.Objects)); d != "" {
		t.Error(d)
	}
}

func TestDirectoryFailures(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 8 {
		letter, before := string(rune('b'+i)), string(rune('a'+i))
		bomb += letter + ": &" + letter + " [" + strings.TrimSuffix(strings.Repeat("*"+before+", ", 10), ", ") + "]\n"
	}
	for name, c := range map[string]struct {
		text string
		says []string
	}{
		"a text that is no YAML":           {"a: 1\nb: [1\nc: 2\n", []string{"app/x.yaml:"}},
		"a block that is indented wrongly": {"a:\n  b: 1\n c: 2\n", []string{"app/x.yaml:"}},
		"aliases that grow without end":    {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n" + bomb, []string{"app/x.yaml", "aliases"}},
		"nesting without end":              {strings.Repeat("[", 2000) + strings.Repeat("]", 2000), []string{"app/x.yaml"}},
		"an object without a name":         {"apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n", []string{"app/x.yaml", "ConfigMap", "metadata.name"}},
		"a fault in a later document":      {"# one\n---\na: 1\n---\nb: 1\nc: [\n", []string{"app/x.yaml:6"}},
		"a List of what is no object":      {"a: 1\n---\napiVersion: v1\nkind: List\nitems: [1]\n", []string{"app/x.yaml:2"}},
		"bytes that are no text":           {"a: \xff\xfe\xfd\n", []string{"app/x.yaml", "UTF-8"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_ = repo{"app/x.yaml": c.text}.fails(t, app.Source{Path: "app"}, c.says...)
		})
	}
}

func TestWhichToolAndWhy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files repo
		src   app.Source
		tool  app.Tool
		why   string
	}{
		"a chart":              {chart, app.Source{Path: "web"}, app.ToolHelm, "Chart.yaml in web"},
		"a kustomization":      {overlays, app.Source{Path: "base"}, app.ToolKustomize, "kustomization.yaml in base"},
		"neither":              {plain, app.Source{Path: "app"}, app.ToolDirectory, "no Chart.yaml and no kustomization.yaml in app"},
		"what the source says": {plain.with(repo{"app/kustomization.yaml": "resources: []\n"}), app.Source{Path: "app", Directory: &app.DirectorySource{Include: "a.yaml"}}, app.ToolDirectory, "options of Directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := c.files.render(t, c.src)
			if out.Tool != c.tool || !strings.Contains(out.Why, c.why) {
				t.Errorf("got %s because %q, want %s because %q", out.Tool, out.Why, c.tool, c.why)
			}
		})
	}
}

func TestPathsOfASource(t *testing.T) {
	t.Parallel()
	if err := plain.fails(t, app.Source{Path: "gone"}, "gone", "8f3f1c7", "spec.source.path"); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("%v is not app.ErrNotFound", err)
	}
	_ = plain.fails(t, app.Source{Path: "app/a.yaml"}, "app/a.yaml")
	_ = plain.fails(t, app.Source{Path: "../app"}, "../app")
	_ = plain.fails(t, app.Source{Path: "app", Helm: &app.HelmSource{}, Kustomize: &app.KustomizeSource{}}, "several tools")
	_ = plain.fails(t, app.Source{Path: "app", Plugin: map[string]any{"name": "x"}}, "plugins")
}

func TestUnknownFieldsOfAFileOverASourceAreTold(t *testing.T) {
	t.Parallel()
	out := overlays.with(repo{
		"base/.argocd-source.yaml": "kustomise: {}\nkustomize: {nameprefix: x-, patches: [{pach: x, patch: '[]', target: {kind: None}}]}\n",
	}).render(t, app.Source{Path: "base"})
	want := []string{
		"base/.argocd-source.yaml: kustomise: is not a known field, and has no effect; did you mean kustomize?",
		"base/.argocd-source.yaml: kustomize.nameprefix: is not a known field, and has no effect; did you mean namePrefix or nameSuffix?",
		"base/.argocd-source.yaml: kustomize.patches[0].pach: is not a known field, and has no effect; did you mean patch or path?",
	}
	if d := cmp.Diff(want, out.Warnings); d != "" {
		t.Error(d)
	}
}

func TestFilesThatOverrideASource(t *testing.T) {
	t.Parallel()
	files := overlays.with(repo{
		"base/.argocd-source.yaml":     "repoURL: https://evil.example.com\nkustomize: {namePrefix: all-}\n",
		"base/.argocd-source-web.yaml": "kustomize: {nameSuffix: -web}\n",
		"base/.argocd-source-api.yaml": "kustomize: {nameSuffix: -api}\n",
	})
	if d := cmp.Diff([]string{"Deployment/all-front-web"}, names(files.render(t, app.Source{Path: "base"}).Objects)); d != "" {
		t.Error(d)
	}
}

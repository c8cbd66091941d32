package render_test

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// listen returns the address of a server that counts its callers and tells them nothing.
func listen(t *testing.T) (address string, callers *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	callers = &atomic.Int64{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			callers.Add(1)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().String(), callers
}

const schema = `{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"value": {"$ref": "URL"}}}`

// elsewhere are sources that name something at URL or in FILE, outside of their repository.
var elsewhere = map[string]struct {
	files  repo
	source app.Source
}{
	"a chart's schema":           {still.with(repo{"web/values.schema.json": schema}), helm(app.HelmSource{})},
	"a chart's schema in a file": {still.with(repo{"web/values.schema.json": strings.Replace(schema, "URL", "file://FILE", 1)}), helm(app.HelmSource{})},
	"a values file":              {still, helm(app.HelmSource{ValueFiles: []string{"URL/values.yaml"}})},
	"a chart's dependency": {
		still.with(repo{"web/Chart.yaml": still["web/Chart.yaml"] + "dependencies: [{name: base, version: 0.1.0, repository: URL}]\n"}), helm(app.HelmSource{}),
	},
	"a kustomization's base":           kustomization("resources: [URL]\n"),
	"a base in a git repository":       kustomization("resources: ['git::URL/repo.git?ref=main']\n"),
	"a base by git's own protocol":     kustomization("resources: ['git://ADDRESS/repo.git//x?ref=main']\n"),
	"a component":                      kustomization("components: [URL/repo.git]\n"),
	"a patch":                          kustomization("resources: [a.yaml]\npatches: [{path: URL/patch.yaml}]\n"),
	"a strategic merge patch":          kustomization("resources: [a.yaml]\npatchesStrategicMerge: [URL/patch.yaml]\n"),
	"a generator's file":               kustomization("configMapGenerator: [{name: a, files: [URL/x.txt]}]\n"),
	"a generator's file with a name":   kustomization("secretGenerator: [{name: a, files: [x=URL/x.txt]}]\n"),
	"a generator's environment":        kustomization("configMapGenerator: [{name: a, envs: [URL/x.env]}]\n"),
	"the oldest form of the same":      kustomization("configMapGenerator: [{name: a, env: URL/x.env}]\n"),
	"a schema of kinds":                kustomization("resources: [a.yaml]\nopenapi: {path: URL/schema.json}\n"),
	"definitions of kinds":             kustomization("resources: [a.yaml]\ncrds: [URL/crd.json]\n"),
	"a configuration of transformers":  kustomization("resources: [a.yaml]\nconfigurations: [URL/config.yaml]\n"),
	"a replacement":                    kustomization("resources: [a.yaml]\nreplacements: [{path: URL/x.yaml}]\n"),
	"a transformer":                    kustomization("resources: [a.yaml]\ntransformers: [URL/x.yaml]\n"),
	"a patch that a transformer makes": kustomization("resources: [a.yaml]\ntransformers: [t.yaml]\n"),
	"a patch of a transformer that is written in place": kustomization(
		"resources: [a.yaml]\ntransformers:\n- |-\n  apiVersion: builtin\n  kind: PatchTransformer\n  metadata: {name: p}\n  path: URL/patch.yaml\n  target: {kind: ConfigMap}\n"),
	"a generator that is written in place": kustomization(
		"generators:\n- |-\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: p}\n  name: p\n  files: [URL/x.txt]\n"),
	"a chart of a kustomization":            kustomization("helmCharts: [{name: base, repo: URL, version: 1.0.0}]\n"),
	"an executable plugin":                  kustomization("generators:\n- |-\n  apiVersion: x/v1\n  kind: X\n  metadata: {name: x, annotations: {config.kubernetes.io/function: 'exec: {path: ./run.sh}'}}\n"),
	"a container for a plugin":              kustomization("generators:\n- |-\n  apiVersion: x/v1\n  kind: X\n  metadata: {name: x, annotations: {config.kubernetes.io/function: 'container: {image: ADDRESS/x}'}}\n"),
	"an import of Jsonnet":                  {repo{"app/a.jsonnet": `import "URL/x.libsonnet"`}, app.Source{Path: "app"}},
	"a file of the machine, from Jsonnet":   {repo{"app/a.jsonnet": `{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "x"}, data: {x: importstr "FILE"}}`}, app.Source{Path: "app"}},
	"a file far above, from Jsonnet":        {repo{"app/a.jsonnet": `{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "x"}, data: {x: importstr "../../../../../../../..FILE"}}`}, app.Source{Path: "app"}},
	"a file of the machine, of a generator": kustomization("configMapGenerator: [{name: a, files: [FILE]}]\n"),
	"a file far above, of a generator":      kustomization("configMapGenerator: [{name: a, files: [../../../../../../../..FILE]}]\n"),
	"a file parameter":                      {still, helm(app.HelmSource{FileParameters: []app.HelmFileParameter{{Name: "value", Path: "../../../../../../..FILE"}}})},
	"a values file of the machine":          {still, helm(app.HelmSource{ValueFiles: []string{"../../../../../../..FILE"}})},
}

func kustomization(text string) struct {
	files  repo
	source app.Source
} {
	return struct {
		files  repo
		source app.Source
	}{
		repo{
			"kustomization.yaml": text, "a.yaml": configMap("a", "x"), "run.sh": "#!/bin/sh\ncat FILE\n",
			"t.yaml": "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: p}\npath: URL/patch.yaml\ntarget: {kind: ConfigMap}\n",
		},
		app.Source{Path: "."},
	}
}

func TestNothingElsewhereIsReached(t *testing.T) {
	t.Parallel()
	const canary = "canary-7c1e"
	file := filepath.Join(t.TempDir(), "secret.json")
	if err := os.WriteFile(file, []byte(`{"enum": ["`+canary+`"]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	address, callers := listen(t)
	p := pool(t, options())
	placed := strings.NewReplacer("URL", "http://"+address, "ADDRESS", address, "FILE", file)
	for name, c := range elsewhere {
		t.Run(name, func(t *testing.T) {
			files := repo{}
			for path, text := range c.files {
				files[path] = placed.Replace(text)
			}
			src := c.source
			if h := src.Helm; h != nil {
				copied := app.HelmSource{}
				for _, f := range h.ValueFiles {
					copied.ValueFiles = append(copied.ValueFiles, placed.Replace(f))
				}
				for _, f := range h.FileParameters {
					copied.FileParameters = append(copied.FileParameters, app.HelmFileParameter{Name: f.Name, Path: placed.Replace(f.Path)})
				}
				src.Helm = &copied
			}
			out, err := p.Render(t.Context(), files.request(src))
			if err == nil {
				t.Fatalf("it renders: %v", names(out.Objects))
			}
			if said := err.Error() + hint.Of(err); strings.Contains(said, canary) {
				t.Errorf("the error tells a file of the machine: %s", said)
			}
			if n := callers.Load(); n > 0 {
				t.Errorf("%d connections were opened", n)
			}
		})
	}
}

func TestWhatIsElsewhereIsSaidToBe(t *testing.T) {
	t.Parallel()
	p := pool(t, options())
	for name, c := range map[string]struct {
		files        repo
		source       app.Source
		says, remedy string
	}{
		"a remote base": {
			kustomization("resources: ['https://example.com/x.yaml']\n").files,
			app.Source{Path: "."},
			"names a remote base: https://example.com/x.yaml", "nothing is fetched",
		},
		"a schema": {
			still.with(repo{"web/values.schema.json": strings.Replace(schema, "URL", "http://127.0.0.1:1/x", 1)}), helm(app.HelmSource{}),
			"refers to http://127.0.0.1:1/x", "put what it refers to into the file",
		},
		"when a library finds it": {
			repo{
				"kustomization.yaml": "resources: [a.yaml]\ntransformers: [t.yaml]\n", "a.yaml": configMap("a", "x"),
				"t.yaml": "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: p}\npath: http://127.0.0.1:1/x\ntarget: {kind: ConfigMap}\n",
			},
			app.Source{Path: "."},
			"elsewhere than in the repository", "nothing is fetched",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := p.Render(t.Context(), c.files.request(c.source))
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(hint.Of(err), c.remedy) {
				t.Errorf("got %v (%s)", err, hint.Of(err))
			}
		})
	}
}

// bomb is a text of a few hundred bytes that is a gigabyte when its aliases are written out.
func bomb() string {
	text := "a: &a [" + strings.TrimSuffix(strings.Repeat("xxxxxxxxxx, ", 10), ", ") + "]\n"
	for i := range 8 {
		letter, before := string(rune('b'+i)), string(rune('a'+i))
		text += letter + ": &" + letter + " [" + strings.TrimSuffix(strings.Repeat("*"+before+", ", 10), ", ") + "]\n"
	}
	return text
}

func TestBombsOfAliases(t *testing.T) {
	t.Parallel()
	object := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n" + bomb()
	long := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\nlong: &a " + strings.Repeat("x", 1<<20) + "\nlist: [" + strings.Repeat("*a, ", 100) + "]\n"
	p := pool(t, options())
	for name, c := range map[string]struct {
		files  repo
		source app.Source
	}{
		"a manifest":             {repo{"app/x.yaml": object}, app.Source{Path: "app"}},
		"a long text":            {repo{"app/x.yaml": long}, app.Source{Path: "app"}},
		"a rendered object":      {still.with(repo{"web/templates/x.yaml": object}), helm(app.HelmSource{})},
		"a chart's values":       {still.with(repo{"web/values.yaml": bomb()}), helm(app.HelmSource{})},
		"a values file":          {still.with(repo{"web/more.yaml": bomb()}), helm(app.HelmSource{ValueFiles: []string{"more.yaml"}})},
		"a kustomization":        {repo{"kustomization.yaml": "resources: [x.yaml]\n" + bomb()}, app.Source{Path: "."}},
		"a resource":             {repo{"kustomization.yaml": "resources: [x.yaml]\n", "x.yaml": object}, app.Source{Path: "."}},
		"a file over the source": {repo{"app/.argocd-source.yaml": bomb()}, app.Source{Path: "app"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if out, err := p.Render(t.Context(), c.files.request(c.source)); err == nil {
				t.Errorf("it renders: %v", names(out.Objects))
			}
		})
	}
}

func TestABombIsNotOpenedToEditIt(t *testing.T) {
	t.Parallel()
	req := still.with(repo{"web/more.yaml": bomb()}).request(helm(app.HelmSource{ValueFiles: []string{"more.yaml"}}))
	r, err := render.Values{}.Edit(t.Context(), req, app.ValuesEdit{Text: bomb() + "value: y\n"})
	if err == nil && (len(r.Problems) == 0 || r.Problems[0].Warning) {
		t.Errorf("it is accepted: %v", r.Problems)
	}
}

// panics is a repository that trips over a fault.
type panics struct{ fs.FS }

func (panics) Open(string) (fs.File, error) { panic("index out of range") }

func TestAPanicOfALibraryIsAnError(t *testing.T) {
	t.Parallel()
	req := still.request(helm(app.HelmSource{}))
	req.Files = panics{req.Files}
	_, err := render.Render(t.Context(), req)
	if err == nil || !strings.Contains(err.Error(), "the renderer crashed: index out of range") || hint.Of(err) == "" {
		t.Errorf("rendering: %v (%s)", err, hint.Of(err))
	}
	if _, err := (render.Values{}).Values(t.Context(), req); err == nil || !strings.Contains(err.Error(), "crashed") {
		t.Errorf("the editor: %v", err)
	}
	if _, err := (render.Values{}).Edit(t.Context(), req, app.ValuesEdit{Text: "a: 1\n"}); err == nil || !strings.Contains(err.Error(), "crashed") {
		t.Errorf("an edit: %v", err)
	}
}

func TestTheSizeOfManifestsIsTheOperators(t *testing.T) {
	t.Parallel()
	o := options()
	o.Manifests = 1000
	p := pool(t, o)
	for name, c := range map[string]struct {
		files  repo
		source app.Source
	}{
		"plain":           {repo{"app/x.yaml": configMap("x", strings.Repeat("x", 1000))}, app.Source{Path: "app"}},
		"Helm":            {still.with(repo{"web/values.yaml": "value: " + strings.Repeat("x", 1000)}), helm(app.HelmSource{})},
		"Jsonnet":         {repo{"app/x.jsonnet": `{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "x"}, data: {x: std.repeat("x", 1000)}}`}, app.Source{Path: "app"}},
		"Kustomize":       {repo{"kustomization.yaml": "resources: [x.yaml]\n", "x.yaml": configMap("x", strings.Repeat("x", 1000))}, app.Source{Path: "."}},
		"through aliases": {repo{"app/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\na: &a " + strings.Repeat("x", 300) + "\nb: [" + strings.Repeat("*a, ", 10) + "]\n"}, app.Source{Path: "app"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := p.Render(t.Context(), c.files.request(c.source))
			if err == nil || !strings.Contains(err.Error(), "larger than 1000 bytes") || !strings.Contains(hint.Of(err), "--render-size") {
				t.Errorf("got %v (%s)", err, hint.Of(err))
			}
		})
	}
}

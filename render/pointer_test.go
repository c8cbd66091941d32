package render_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// pointerTo is a pointer of which there is only one.
func pointerTo(name string) string {
	return fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%x\nsize 12345\n", sha256.Sum256([]byte(name)))
}

// inGit is a repository that knows of which git repository it has its files.
type inGit struct {
	fs.FS
	url string
}

// Origin is what the renderer asks.
func (g inGit) Origin(string) string { return g.url }

func (g inGit) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(g.FS, name) }
func (g inGit) ReadFile(name string) ([]byte, error)       { return fs.ReadFile(g.FS, name) }
func (g inGit) Stat(name string) (fs.FileInfo, error)      { return fs.Stat(g.FS, name) }

// pointing is a repository in which files are pointers of Git LFS.
func pointing(names ...string) repo {
	r := repo{
		"chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n", "chart/values.yaml": "a: 1\n", "chart/prod.yaml": "a: 2\n",
		"chart/logo.png": "picture", "chart/text.dat": "text",
		"chart/templates/a.yaml":  configMap("a", "{{ .Values.a }}"),
		"kust/kustomization.yaml": "resources: [a.yaml]\nconfigMapGenerator:\n- name: g\n  files: [text.dat]\nsecretGenerator:\n- name: s\n  files: [secret.bin]\n",
		"kust/a.yaml":             configMap("a", "1"), "kust/text.dat": "text", "kust/secret.bin": "secret",
		"plain/a.yaml":     configMap("a", "1"),
		"json/a.jsonnet":   `local b = import 'b.libsonnet'; { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: b }`,
		"json/b.libsonnet": "{ a: '1' }",
	}
	for _, name := range names {
		r[name] = pointerTo(name)
	}
	return r
}

// TestAFailureNamesFilesInLFS that may be its cause, and the remedy.
func TestAFailureNamesFilesInLFS(t *testing.T) {
	t.Parallel()
	p := pool(t, render.Options{})
	const remedy = "wheelhouse repo add https://git.example.com/shop.git --enable-lfs"
	for name, tt := range map[string]struct {
		files   []string
		src     app.Source
		want    string
		without string
	}{
		"a values file":          {[]string{"chart/prod.yaml"}, chartWith("prod.yaml"), "chart/prod.yaml is kept in Git LFS, and what was read is its pointer: ", ""},
		"a chart's own values":   {[]string{"chart/values.yaml"}, app.Source{Path: "chart"}, "chart/values.yaml is kept in Git LFS", ""},
		"a chart's description":  {[]string{"chart/Chart.yaml"}, app.Source{Path: "chart"}, "chart/Chart.yaml is kept in Git LFS", ""},
		"a definition":           {[]string{"chart/crds/a.yaml"}, app.Source{Path: "chart"}, "chart/crds/a.yaml is kept in Git LFS", ""},
		"a template":             {[]string{"chart/templates/a.yaml", "chart/logo.png"}, app.Source{Path: "chart"}, "chart/templates/a.yaml is kept in Git LFS, and", "logo"},
		"a packaged dependency":  {[]string{"chart/charts/b-1.0.0.tgz"}, app.Source{Path: "chart"}, "chart/charts/b-1.0.0.tgz is kept in Git LFS", ""},
		"a kustomization":        {[]string{"kust/kustomization.yaml"}, app.Source{Path: "kust"}, "kust/kustomization.yaml is kept in Git LFS", ""},
		"a kustomization's file": {[]string{"kust/a.yaml"}, app.Source{Path: "kust"}, "kust/a.yaml is kept in Git LFS", ""},
		"a manifest":             {[]string{"plain/a.yaml"}, app.Source{Path: "plain"}, "plain/a.yaml is kept in Git LFS", ""},
		"Jsonnet":                {[]string{"json/a.jsonnet"}, app.Source{Path: "json"}, "json/a.jsonnet is kept in Git LFS", ""},
		"what Jsonnet imports":   {[]string{"json/b.libsonnet"}, app.Source{Path: "json"}, "json/b.libsonnet is kept in Git LFS", ""},
		"several files":          {[]string{"chart/values.yaml", "chart/templates/a.yaml"}, app.Source{Path: "chart"}, "chart/values.yaml is kept in Git LFS (1 more too), and", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := pointing(tt.files...).request(tt.src)
			req.Files = inGit{req.Files, "https://git.example.com/shop.git"}
			out, err := p.Render(t.Context(), req)
			if err == nil {
				t.Fatalf("it renders %v with %v", names(out.Objects), out.Warnings)
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.Contains(hint.Of(err), remedy) || tt.without != "" && strings.Contains(err.Error(), tt.without) {
				t.Errorf("got %v (%s), want %s", err, hint.Of(err), tt.want)
			}
		})
	}
	t.Run("a failure of something else does not name a picture", func(t *testing.T) {
		t.Parallel()
		r := pointing("chart/logo.png")
		r["chart/templates/a.yaml"] = "{{ fail \"no\" }}"
		_, err := p.Render(t.Context(), r.request(app.Source{Path: "chart"}))
		if err == nil || strings.Contains(err.Error(), "LFS") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("files that come from no git repository have another remedy", func(t *testing.T) {
		t.Parallel()
		_, err := pool(t, render.Options{}).Render(t.Context(), pointing("chart/values.yaml").request(app.Source{Path: "chart"}))
		if err == nil || hint.Of(err) != "bring its content to where the files come from: git lfs pull" {
			t.Errorf("got %v (%s)", err, hint.Of(err))
		}
	})
	t.Run("an error stays what it is", func(t *testing.T) {
		t.Parallel()
		_, err := p.Render(t.Context(), pointing("chart/values.yaml").request(app.Source{Path: "missing"}))
		if !errors.Is(err, app.ErrNotFound) || strings.Contains(err.Error(), "LFS") {
			t.Errorf("got %v", err)
		}
	})
}

// TestAPointerInTheManifestsIsAWarning and one that is in none is nobody's business.
func TestAPointerInTheManifestsIsAWarning(t *testing.T) {
	t.Parallel()
	p := pool(t, render.Options{})
	inFiles := func(call string) repo {
		return pointing("chart/text.dat", "chart/logo.png").with(repo{"chart/templates/a.yaml": fmt.Sprintf(
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  text: |-\n    {{- %s | nindent 4 }}\n", call)})
	}
	for name, tt := range map[string]struct {
		repo repo
		path string
		want string
	}{
		"a picture that nobody uses":    {pointing("chart/logo.png", "chart/text.dat"), "chart", ""},
		"a file of a generator":         {pointing("kust/text.dat"), "kust", "kust/text.dat is kept in Git LFS, and its pointer is in the manifests"},
		"a file of a secret":            {pointing("kust/secret.bin"), "kust", "kust/secret.bin is kept in Git LFS"},
		"a file that a template prints": {inFiles(`.Files.Get "text.dat"`), "chart", "chart/text.dat is kept in Git LFS, and its pointer is in the manifests"},
		"one that it encodes":           {inFiles(`.Files.Get "text.dat" | b64enc`), "chart", "is kept in Git LFS"},
		"one that it counts":            {inFiles(`.Files.Get "text.dat" | len | quote`), "chart", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := tt.repo.request(app.Source{Path: tt.path})
			req.Files = inGit{req.Files, "https://git.example.com/shop.git"}
			out, err := p.Render(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			said := strings.Join(out.Warnings, "\n")
			if tt.want == "" && said != "" || !strings.Contains(said, tt.want) {
				t.Errorf("warnings: %q, want %q", said, tt.want)
			}
			if tt.want != "" && !strings.Contains(said, "wheelhouse repo add https://git.example.com/shop.git --enable-lfs") {
				t.Errorf("warnings without a remedy: %q", said)
			}
		})
	}
}

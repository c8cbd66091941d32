package render_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/internal/sops"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// sealed returns a file that the sops program encrypted: testdata of package sops.
func sealed(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "internal", "sops", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// withKey returns a pool that has the key of the encrypted files.
func withKey(t *testing.T) *render.Pool {
	t.Helper()
	key := sealed(t, "identity.txt")
	return pool(t, render.Options{Sops: sops.New(sops.Options{Identities: func() ([]byte, error) { return []byte(key), nil }})})
}

// secretive is a repository whose secrets are encrypted in every way that is rendered.
func secretive(t *testing.T) repo {
	t.Helper()
	return repo{
		"chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
		"chart/prod.yaml":  sealed(t, "encrypted.yaml"),
		"chart/other.yaml": sealed(t, "encrypted-for-others.yaml"),
		"chart/templates/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  word: {{ (index .Values.users 0).password | b64enc }}\n" +
			"  port: {{ add .Values.port 1 | toString | b64enc }}\n",
		"plain/secrets.yaml":      sealed(t, "encrypted-several.yaml"),
		"kust/kustomization.yaml": "secretGenerator:\n- name: s\n  envs: [secret.env]\n  files: [secret.bin]\ngeneratorOptions: {disableNameSuffixHash: true}\n",
		"kust/secret.env":         sealed(t, "encrypted.env"),
		"kust/secret.bin":         sealed(t, "encrypted.bin"),
	}
}

func chartWith(file string) app.Source {
	return app.Source{Path: "chart", Helm: &app.HelmSource{ValueFiles: []string{file}}}
}

func TestEncryptedFiles(t *testing.T) {
	t.Parallel()
	p := withKey(t)
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for name, c := range map[string]struct {
		src   app.Source
		field []string
		want  string
	}{
		"values of a chart":          {chartWith("prod.yaml"), []string{"data", "word"}, b64("correct-horse")},
		"values keep their types":    {chartWith("prod.yaml"), []string{"data", "port"}, b64("5433")},
		"manifests":                  {app.Source{Path: "plain"}, []string{"stringData", "word"}, "correct-horse"},
		"a dotenv file of Kustomize": {app.Source{Path: "kust"}, []string{"data", "USER"}, b64("ada")},
		"any file of Kustomize":      {app.Source{Path: "kust"}, []string{"data", "secret.bin"}, b64("correct-horse\n\x00\x01 battery")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := p.Render(t.Context(), secretive(t).request(c.src))
			if err != nil {
				t.Fatalf("%v (%s)", err, hint.Of(err))
			}
			out.Objects = out.Objects[:1]
			if got := field(t, out, c.field...); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestEncryptedFilesWithoutTheirKey(t *testing.T) {
	t.Parallel()
	without, with := pool(t, render.Options{}), withKey(t)
	for name, c := range map[string]struct {
		pool *render.Pool
		src  app.Source
		says []string
	}{
		"values":             {with, chartWith("other.yaml"), []string{"chart/other.yaml", "no key opens it", "SOPS_AGE_KEY_FILE"}},
		"manifests":          {without, app.Source{Path: "plain"}, []string{"Secret/one", "still encrypted", "plain/secrets.yaml"}},
		"a file in a Secret": {without, app.Source{Path: "kust"}, []string{"Secret/s", "still encrypted", "kust/secret.bin"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := c.pool.Render(t.Context(), secretive(t).request(c.src))
			if err == nil {
				t.Fatalf("it renders: %v", out.Objects)
			}
			for _, words := range c.says {
				if !strings.Contains(err.Error()+hint.Of(err), words) {
					t.Errorf("%q is missing in: %v (%s)", words, err, hint.Of(err))
				}
			}
		})
	}
	t.Run("a file that nothing uses hinders nobody", func(t *testing.T) {
		t.Parallel()
		files := repo{"chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n", "chart/other.yaml": sealed(t, "encrypted-for-others.yaml"), "chart/templates/page.yaml": configMap("page", "one")}
		if _, err := without.Render(t.Context(), files.request(app.Source{Path: "chart"})); err != nil {
			t.Error(err)
		}
	})
	t.Run("what an operator decrypts in the cluster stays as it is", func(t *testing.T) {
		t.Parallel()
		text := strings.ReplaceAll(sealed(t, "encrypted-several.yaml"), "kind: Secret", "kind: SopsSecret")
		out, err := with.Render(t.Context(), repo{"s.yaml": text}.request(app.Source{}))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.Objects[0].Object["stringData"].(map[string]any)["word"].(string), "ENC[") {
			t.Error("it was decrypted")
		}
	})
}

func TestErrorsTellNothingThatWasEncrypted(t *testing.T) {
	t.Parallel()
	files := secretive(t).with(repo{
		"chart/values.schema.json":    `{"properties": {"users": {"items": {"properties": {"password": {"enum": ["x"]}}}}}}`,
		"bad/secrets.yaml":            sealed(t, "encrypted-several.yaml"),
		"fail/Chart.yaml":             "apiVersion: v2\nname: c\nversion: 1.0.0\n",
		"fail/prod.yaml":              sealed(t, "encrypted.yaml"),
		"fail/templates/secret.yaml":  "{{ fail (printf \"no: %s %s\" (index .Values.users 0).password .Values.host) }}",
		"fail/templates/another.yaml": "{{ randAlphaNum 3 }}",
	})
	p := withKey(t)
	for name, src := range map[string]app.Source{
		"a schema":   chartWith("prod.yaml"),
		"a template": {Path: "fail", Helm: &app.HelmSource{ValueFiles: []string{"prod.yaml"}}},
	} {
		_, err := p.Render(t.Context(), files.request(src))
		if err == nil {
			t.Fatalf("%s: it renders", name)
		}
		for _, canary := range []string{"correct-horse", "db.example.com", "battery"} {
			if strings.Contains(err.Error()+hint.Of(err), canary) {
				t.Errorf("%s: it tells %s: %v", name, canary, err)
			}
		}
	}
}

func TestEncryptedValuesInAnEditor(t *testing.T) {
	t.Parallel()
	req := secretive(t).request(chartWith("prod.yaml"))
	v, err := render.Values{}.Values(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(v.Effective, "correct-horse") || !strings.Contains(v.Effective, "ENC[") {
		t.Fatalf("the editor opens\n%s", v.Effective)
	}
	r, err := render.Values{}.Edit(t.Context(), req, app.ValuesEdit{Text: strings.Replace(v.Effective, "note_unencrypted: open", "note_unencrypted: shut", 1)})
	if err != nil {
		t.Fatal(err)
	}
	if r.File != nil || len(r.Overridden) != 1 || r.Overridden[0] != "note_unencrypted" {
		t.Errorf("overridden %v, %d bytes to commit", r.Overridden, len(r.File))
	}
	if len(r.Problems) != 1 || !r.Problems[0].Warning || !strings.Contains(r.Problems[0].Message, "sops FILE") {
		t.Errorf("problems: %+v", r.Problems)
	}
}

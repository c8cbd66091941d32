package conformance

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// TestHelm renders every chart in Helm's own test data.
func TestHelm(t *testing.T) {
	t.Parallel()
	helm, pool, home := build(t, "helm"), newPool(t), t.TempDir()
	both := func(name, dir string, source app.HelmSource, flags ...string) fixture {
		return fixture{
			name: name,
			theirs: func(ctx context.Context) outcome {
				args := append([]string{"template", "web", ".", "--namespace", "shop", "--include-crds"}, flags...)
				return printed(helm.run(ctx, home, dir, args...))
			},
			ours: func(ctx context.Context) outcome {
				out, err := pool.Render(ctx, app.RenderRequest{
					App: app.Key{Name: "web"}, Namespace: "shop", Source: app.Source{Helm: &source}, Files: os.DirFS(dir),
				})
				return rendered(out.Objects, err)
			},
		}
	}
	var fixtures []fixture
	for name, dir := range charts(t, module(t, "helm.sh/helm/v3")) {
		fixtures = append(fixtures, both(name, dir, app.HelmSource{}))
	}
	if _, err := helm.run(t.Context(), home, home, "create", "created"); err != nil {
		t.Fatal(err)
	}
	// The chart that Helm makes for a beginner, with the options that an application may have.
	created := filepath.Join(home, "created")
	fixtures = append(fixtures,
		both("created", created, app.HelmSource{}),
		both("created without tests", created, app.HelmSource{SkipTests: true}, "--skip-tests"),
		both("created for an old cluster", created, app.HelmSource{KubeVersion: "1.18.0", APIVersions: []string{"example.com/v1"}},
			"--kube-version", "1.18.0", "--api-versions", "example.com/v1"),
		both("created with parameters", created, app.HelmSource{Parameters: []app.HelmParameter{
			{Name: "ingress.enabled", Value: "true"},
			{Name: "autoscaling.enabled", Value: "true"},
			{Name: "image.tag", Value: "1.10", ForceString: true},
			{Name: `podAnnotations.example\.com/a`, Value: "b", ForceString: true},
			{Name: "tolerations[0].key", Value: "spot"},
		}}, "--set", "ingress.enabled=true,autoscaling.enabled=true,tolerations[0].key=spot",
			"--set-string", `image.tag=1.10,podAnnotations.example\.com/a=b`),
	)
	conform(t, "helm", 100, fixtures)
}

// charts finds the charts below a folder, by their path in it: folders, and archives, which are unpacked.
func charts(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(file, "testdata") {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		switch {
		case d.Name() == "Chart.yaml":
			out[filepath.ToSlash(filepath.Dir(rel))] = filepath.Dir(file)
		case filepath.Ext(file) == ".tgz":
			dir, err := unpack(file, t.TempDir())
			if err != nil {
				t.Logf("%s is no archive of a chart: %v", rel, err)
				return nil
			}
			out[filepath.ToSlash(rel)] = dir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// unpack unpacks an archive and returns the one folder in it.
func unpack(file, to string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		return "", err
	}
	root, err := os.OpenRoot(to)
	if err != nil {
		return "", err
	}
	defer func() { _ = root.Close() }()
	dir := ""
	for archive := tar.NewReader(z); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		// Archives made on Windows have backslashes.
		name := strings.ReplaceAll(h.Name, `\`, "/")
		if dir == "" {
			dir, _, _ = strings.Cut(name, "/")
		}
		text, err := io.ReadAll(io.LimitReader(archive, 1<<20))
		if err != nil {
			return "", err
		}
		if err := errors.Join(root.MkdirAll(filepath.Dir(name), 0o755), root.WriteFile(name, text, 0o644)); err != nil {
			return "", err
		}
	}
	if dir == "" {
		return "", fmt.Errorf("%s is empty", file)
	}
	return filepath.Join(to, dir), nil
}

package conformance

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/test/conformance/written"
)

// kustomizeModules are Kustomize's modules; what they carry as files is rendered.
var kustomizeModules = []string{
	"sigs.k8s.io/kustomize/api", "sigs.k8s.io/kustomize/kyaml", "sigs.k8s.io/kustomize/cmd/config", "sigs.k8s.io/kustomize/kustomize/v5",
}

// TestKustomize renders every kustomization that Kustomize's modules carry as a file, and those that its tests write.
func TestKustomize(t *testing.T) {
	t.Parallel()
	kustomize, pool, home := build(t, "kustomize"), newPool(t), t.TempDir()
	both := func(name, root, dir string, flags ...string) fixture {
		return fixture{
			name: name,
			theirs: func(ctx context.Context) outcome {
				return printed(kustomize.run(ctx, home, root, append([]string{"build", dir}, flags...)...))
			},
			ours: func(ctx context.Context) outcome {
				out, err := pool.Render(ctx, app.RenderRequest{
					App: app.Key{Name: "web"}, Namespace: "shop", Files: os.DirFS(root),
					Source: app.Source{Path: dir, Kustomize: &app.KustomizeSource{}},
				})
				return rendered(out.Objects, err)
			},
		}
	}
	var fixtures []fixture
	for _, m := range kustomizeModules {
		root := module(t, m)
		for _, dir := range kustomizations(t, root) {
			fixtures = append(fixtures, both(m+"/"+dir, root, dir))
		}
	}
	tests, err := written.Read(filepath.Join(module(t, "sigs.k8s.io/kustomize/api"), "krusty"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range tests {
		root := t.TempDir()
		for name, text := range f.Files {
			write(t, filepath.Join(root, name), text)
		}
		name := "krusty/" + f.Name
		fixtures = append(fixtures, both(name, root, f.Dir))
		if differences["kustomize/"+name] == elsewhere {
			// What is refused at first must be the same when it is allowed.
			fixtures = append(fixtures, both(name+" from anywhere", root, f.Dir, "--load-restrictor", "LoadRestrictionsNone"))
		}
	}
	conform(t, "kustomize", 200, fixtures)
}

// kustomizations lists the folders below one that have a kustomization.
func kustomizations(t *testing.T, root string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(strings.TrimSuffix(d.Name(), ".yaml"), ".yml")
		if d.IsDir() || !strings.EqualFold(name, "kustomization") {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(file))
		out = append(out, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

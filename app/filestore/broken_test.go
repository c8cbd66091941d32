package filestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/app/storetest"
)

func TestBrokenFilesAreReported(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		files     map[string]string
		key, want string
	}{
		"text that is no YAML, with its line": {
			map[string]string{"web.yaml": document("web") + "x: {\n"}, "web", "web.yaml:1",
		},
		"a field of a wrong type, with its place": {
			map[string]string{"web.yaml": strings.Replace(document("web"), "v1 # pinned", "1.20", 1)}, "web", "web.yaml:14:21",
		},
		"two files of one application": {
			map[string]string{"a.yaml": document("web"), "b.yaml": document("web")}, "web", "a.yaml and b.yaml",
		},
		"a name that would be a path": {
			map[string]string{"web.yaml": document("../web")}, "web", "metadata.name",
		},
		"a file that is too large": {
			map[string]string{"web.yaml": document("web") + strings.Repeat("#\n", 3<<20)}, "web", "larger than 4 MiB",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := open(t, dir)
			for file, text := range tt.files {
				write(t, text, dir, file)
			}
			write(t, document("good"), dir, "good.yaml")
			apps, errs, err := s.List(t.Context())
			if err != nil || len(apps) != 1 || len(errs) != 1 {
				t.Fatalf("list: %d applications, %v, %v", len(apps), errs, err)
			}
			got := errs[app.Key{Name: tt.key}]
			if got == nil || !strings.Contains(got.Error(), tt.want) {
				t.Errorf("the error of %s is %v, want %s in it", tt.key, got, tt.want)
			}
			if _, err := s.Load(t.Context(), app.Key{Name: tt.key}); err == nil || errors.Is(err, app.ErrNotFound) {
				t.Errorf("load gave %v", err)
			}
		})
	}
}

func TestABrokenLinkIsReported(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	if err := os.Symlink(filepath.Join(dir, "nowhere"), filepath.Join(dir, "web.yaml")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"!web"}, names(t, s)); diff != "" {
		t.Error(diff)
	}
}

func TestABrokenFileKeepsItsApplication(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	path := write(t, document("web"), dir, "shop.yaml")
	w := storetest.StartWatch(t, s)
	key := app.Key{Name: "web"}
	if err := s.UpdateInventory(t.Context(), key, func(r *app.Released) { r.Key = key }); err != nil {
		t.Fatal(err)
	}
	write(t, "spec: {\n", path)
	w.Expect(t, "web cannot be read", func(e app.StoreEvent) bool { return e.Key.Name == "web" && e.Err != nil && !e.Removed })
	if diff := cmp.Diff([]string{"!web"}, names(t, open(t, dir))); diff != "" {
		t.Errorf("another process lists:\n%s", diff)
	}
	if got, err := s.Released(t.Context()); err != nil || len(got) > 0 {
		t.Errorf("released are %v, %v", got, err)
	}
	write(t, document("web"), path)
	w.Expect(t, "web can be read again", func(e app.StoreEvent) bool { return e.Key.Name == "web" && e.Err == nil && !e.Removed })
}

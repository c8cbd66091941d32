package filestore_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/app/storetest"
)

func about(name string, removed bool) func(app.StoreEvent) bool {
	return func(e app.StoreEvent) bool {
		return e.Key == app.Key{Name: name} && e.Removed == removed && e.Err == nil
	}
}

func TestWatchSeesFilesOfOtherPrograms(t *testing.T) {
	t.Parallel()
	changed := strings.Replace(document("web"), "v1 # pinned", "v2 # pinned", 1)
	tests := map[string]struct {
		act  func(t *testing.T, dir string)
		want func(app.StoreEvent) bool
	}{
		"a file is dropped in":       {func(t *testing.T, dir string) { write(t, document("new"), dir, "new.yaml") }, about("new", false)},
		"a file is written in place": {func(t *testing.T, dir string) { write(t, changed, dir, "web.yaml") }, about("web", false)},
		"an editor renames a new file over the old": {func(t *testing.T, dir string) {
			temp := write(t, changed, dir, ".web.yaml.swp")
			if err := os.Rename(temp, filepath.Join(dir, "web.yaml")); err != nil {
				t.Error(err)
			}
		}, about("web", false)},
		"an editor moves the old file away and writes a new one": {func(t *testing.T, dir string) {
			path := filepath.Join(dir, "web.yaml")
			if err := os.Rename(path, path+"~"); err != nil {
				t.Error(err)
			}
			write(t, changed, path)
		}, about("web", false)},
		"a file is deleted": {func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "web.yaml")); err != nil {
				t.Error(err)
			}
		}, about("web", true)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := open(t, dir)
			write(t, document("web"), dir, "web.yaml")
			w := storetest.StartWatch(t, s)
			tt.act(t, dir)
			w.Expect(t, name, tt.want)
		})
	}
}

func TestWatchSeesAFileBehindALink(t *testing.T) {
	t.Parallel()
	dir, elsewhere := t.TempDir(), t.TempDir()
	s := open(t, dir)
	target := write(t, document("web"), elsewhere, "web.yaml")
	if err := os.Symlink(target, filepath.Join(dir, "web.yaml")); err != nil {
		t.Fatal(err)
	}
	w := storetest.StartWatch(t, s)
	write(t, document("first"), dir, "first.yaml")
	w.Expect(t, "the watch has begun", about("first", false))
	write(t, strings.Replace(document("web"), "v1 # pinned", "v2 # pinned", 1), target)
	w.Expect(t, "the file behind the link changed", about("web", false))
}

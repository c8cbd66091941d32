package gitsrc_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
)

// objects lists what a repository of the disk holds: name, type and size of each object.
func (r repository) objects(t *testing.T, dir string) []string {
	t.Helper()
	r.git(t, "-C", dir, "fsck", "--full", "--strict")
	lines := strings.Split(r.git(t, "-C", dir, "cat-file", "--batch-all-objects", "--batch-check"), "\n")
	slices.Sort(lines)
	return slices.Compact(lines)
}

func TestManyFetchesDoNotLeaveManyPacks(t *testing.T) {
	t.Parallel()
	r, first := newShop(t)
	cache := t.TempDir()
	f := gitsrc.New(gitsrc.Options{CacheDir: cache})
	src := source(r.url(), "main")
	ids := []string{first}
	open := []app.Checkout{fetch(t, f, src, first)}
	store := storeOf(t, cache)
	most := 0
	for i := range 50 {
		files := map[string]string{"values.yaml": fmt.Sprintf("replicas: %d\n", i), fmt.Sprintf("file-%d", i): strings.Repeat("text ", i)}
		if i%10 == 3 {
			// What a branch leaves behind is kept: an application may be held at it.
			r.commit(t, "side", "beside", files)
			ids = append(ids, r.git(t, "rev-parse", "HEAD"))
			open = append(open, fetch(t, f, src, ids[len(ids)-1]))
			r.remote(t, "update-ref", "-d", "refs/heads/side")
			r.git(t, "checkout", "--quiet", "main")
		}
		ids = append(ids, r.commit(t, "main", fmt.Sprintf("commit %d", i), files))
		open = append(open, fetch(t, f, src, ids[len(ids)-1]))
		packs, err := filepath.Glob(filepath.Join(store, "objects", "pack", "*.pack"))
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, len(packs))
	}
	if most > 32 || most < 20 {
		t.Errorf("there were %d packs at a time, want no more than 32", most)
	}
	if err := os.RemoveAll(r.bare); err != nil {
		t.Fatal(err)
	}
	r.objects(t, store)
	// Both who had the files open before their packs were joined and who comes later read all of them.
	later := gitsrc.New(gitsrc.Options{CacheDir: cache})
	for i, id := range ids {
		for _, files := range []fs.FS{open[i].Files, fetch(t, later, src, id).Files} {
			if text := readFile(t, files, "values.yaml"); !strings.HasPrefix(text, "replicas: ") {
				t.Errorf("commit %d has %q", i, text)
			}
		}
	}
}

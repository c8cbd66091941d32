package gitsrc_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
)

func TestACommitStaysOpenForTheNextSource(t *testing.T) {
	t.Parallel()
	r, id := newShop(t)
	cache := filepath.Join(t.TempDir(), "cache")
	f := gitsrc.New(gitsrc.Options{CacheDir: cache})
	first := fetch(t, f, source(r.url(), "main"), id)
	second := fetch(t, f, source(r.url(), "other"), id)
	if first.Files != second.Files {
		t.Error("the second source has opened the store again")
	}
	if first.Commit.Revision != "main" || second.Commit.Revision != "other" {
		t.Errorf("the revisions are %q and %q: each source has its own", first.Commit.Revision, second.Commit.Revision)
	}
	if err := os.RemoveAll(cache); err != nil {
		t.Fatal(err)
	}
	if third := fetch(t, f, source(r.url(), "main"), id); third.Files == first.Files {
		t.Error("files are read from a store that is gone")
	}
}

func TestNamesAreFoundInALargeFolder(t *testing.T) {
	t.Parallel()
	const many = 100
	files := checkout(t, func(r repository) {
		for i := range many {
			write(t, filepath.Join(r.work, fmt.Sprintf("app-%02d", i), "x.yaml"), fmt.Sprintln(i))
		}
	})
	// Twice: the second time by what was remembered.
	for range 2 {
		for i := range many {
			b, err := fs.ReadFile(files, fmt.Sprintf("app-%02d/x.yaml", i))
			if err != nil || string(b) != fmt.Sprintln(i) {
				t.Fatalf("app-%02d: %q, %v", i, b, err)
			}
		}
		if _, err := fs.Stat(files, "app-xx/x.yaml"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("app-xx: %v, want that there is none", err)
		}
	}
}

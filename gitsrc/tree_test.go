package gitsrc_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
)

// checkout pushes what fill puts into a work tree, and returns the commit's files.
func checkout(t *testing.T, fill func(r repository)) fs.FS {
	t.Helper()
	r := newRepository(t, t.TempDir(), "shop")
	fill(r)
	id := r.push(t, "main", "begin")
	return fetch(t, newFetcher(t), source(r.url(), "main"), id).Files
}

// chart fills a work tree with a few files and folders.
func chart(t *testing.T) func(repository) {
	t.Helper()
	return func(r repository) {
		write(t, filepath.Join(r.work, "README.md"), "# Shop\n")
		write(t, filepath.Join(r.work, "empty"), "")
		write(t, filepath.Join(r.work, "web/chart.yaml"), "name: web\n")
		write(t, filepath.Join(r.work, "web/templates/service.yaml"), "kind: Service\n")
		write(t, filepath.Join(r.work, "web.yaml"), "sorts: before the folder in git\n")
		write(t, filepath.Join(r.work, "run"), "#!/bin/sh\n")
		if err := os.Chmod(filepath.Join(r.work, "run"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFilesAreAFileSystem(t *testing.T) {
	t.Parallel()
	files := checkout(t, chart(t))
	if err := fstest.TestFS(files, "README.md", "empty", "web/chart.yaml", "web/templates/service.yaml", "web.yaml", "run"); err != nil {
		t.Error(err)
	}
}

func TestReadFile(t *testing.T) {
	t.Parallel()
	files := checkout(t, chart(t))
	large := checkout(t, func(r repository) { write(t, filepath.Join(r.work, "large"), strings.Repeat("line\n", 1<<20)) })
	t.Run("a file has the text of the commit", func(t *testing.T) {
		t.Parallel()
		got, err := fs.ReadFile(files, "web/templates/service.yaml")
		if err != nil || string(got) != "kind: Service\n" {
			t.Errorf("got %q, %v", got, err)
		}
	})
	t.Run("a file of megabytes is whole", func(t *testing.T) {
		t.Parallel()
		got, err := fs.ReadFile(large, "large")
		if err != nil || len(got) != 5<<20 {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
	})
	t.Run("an open file reads the same", func(t *testing.T) {
		t.Parallel()
		f, err := large.Open("large")
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(f)
		if err != nil || len(got) != 5<<20 || f.Close() != nil {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
	})
	for name, tt := range map[string]struct {
		path string
		want error
		text string
	}{
		"a missing file is named":             {"web/values.yaml", fs.ErrNotExist, "web/values.yaml"},
		"a file below a file is missing":      {"README.md/x", fs.ErrNotExist, "README.md/x"},
		"a path that leads out is not valid":  {"../README.md", fs.ErrInvalid, "../README.md"},
		"a path from the root is not valid":   {"/README.md", fs.ErrInvalid, "/README.md"},
		"a folder is no file":                 {"web", nil, "read web: is a folder"},
		"the root is a folder":                {".", nil, "read .: is a folder"},
		"git's own folder is not in a commit": {".git/config", fs.ErrNotExist, ".git/config"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := fs.ReadFile(files, tt.path)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v, want %v with %q", err, tt.want, tt.text)
			}
		})
	}
}

// listed is what a folder says about an entry.
type listed struct {
	Name string
	Mode fs.FileMode
	Size int64
}

func list(t *testing.T, files fs.FS, folder string) []listed {
	t.Helper()
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]listed, len(entries))
	for i, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		out[i] = listed{e.Name(), info.Mode(), info.Size()}
		if !info.ModTime().IsZero() {
			t.Errorf("%s has a time, which commits do not keep", e.Name())
		}
	}
	return out
}

func TestReadDir(t *testing.T) {
	t.Parallel()
	files := checkout(t, chart(t))
	t.Run("entries are sorted by name and have modes and sizes", func(t *testing.T) {
		t.Parallel()
		want := []listed{
			{"README.md", 0o644, 7},
			{"empty", 0o644, 0},
			{"run", 0o755, 10},
			{"web", fs.ModeDir | 0o755, 0},
			{"web.yaml", 0o644, 32},
		}
		if got := list(t, files, "."); !cmp.Equal(got, want) {
			t.Error(cmp.Diff(want, got))
		}
	})
	t.Run("an open folder gives its entries in parts", func(t *testing.T) {
		t.Parallel()
		f, err := files.Open("web")
		if err != nil {
			t.Fatal(err)
		}
		folder, ok := f.(fs.ReadDirFile)
		if !ok {
			t.Fatalf("the folder is a %T", f)
		}
		for _, want := range []string{"chart.yaml", "templates"} {
			if got, err := folder.ReadDir(1); err != nil || len(got) != 1 || got[0].Name() != want {
				t.Errorf("got %v, %v, want %s", got, err, want)
			}
		}
		if got, err := folder.ReadDir(1); len(got) != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("at the end: got %v, %v", got, err)
		}
		if _, err := f.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "is a folder") {
			t.Errorf("reading a folder gave %v", err)
		}
	})
	for name, tt := range map[string]struct{ folder, want string }{
		"a file is no folder":         {"README.md", "readdir README.md: is no folder"},
		"a missing folder is missing": {"api", "readdir api: file does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := fs.ReadDir(files, tt.folder); err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestHashIsThatOfTheContent(t *testing.T) {
	t.Parallel()
	r := newRepository(t, t.TempDir(), "shop")
	chart(t)(r)
	first := r.push(t, "main", "begin")
	second := r.commit(t, "main", "change one file", map[string]string{"web/chart.yaml": "name: shop\n"})
	f := newFetcher(t)
	hash := func(id, path string) string {
		files, ok := fetch(t, f, source(r.url(), "main"), id).Files.(interface{ Hash(string) (string, bool) })
		if !ok {
			t.Fatal("the files have no hashes")
		}
		got, ok := files.Hash(path)
		if !ok {
			t.Fatalf("%s has no hash", path)
		}
		return got
	}
	for path, same := range map[string]bool{
		"web/templates": true, "README.md": true, "web": false, ".": false, "web/chart.yaml": false,
	} {
		if got := hash(first, path) == hash(second, path); got != same {
			t.Errorf("the hashes of %s are equal: %v, want %v", path, got, same)
		}
	}
	if want := r.git(t, "rev-parse", second+":web"); hash(second, "web") != want {
		t.Errorf("the hash of web is %s, git says %s", hash(second, "web"), want)
	}
	files, ok := fetch(t, f, source(r.url(), "main"), first).Files.(interface{ Hash(string) (string, bool) })
	if !ok {
		t.Fatal("the files have no hashes")
	}
	if got, ok := files.Hash("nothing"); ok {
		t.Errorf("a missing file has the hash %s", got)
	}
}

func TestFilesAreReadConcurrently(t *testing.T) {
	t.Parallel()
	files := checkout(t, chart(t))
	var group errgroup.Group
	for range 8 {
		group.Go(func() error {
			return fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				_, err = fs.ReadFile(files, path)
				return err
			})
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

package gitsrc_test

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
)

// removeAll removes what matches a pattern within a store, which must be something.
func removeAll(pattern string) func(*testing.T, string) {
	return func(t *testing.T, store string) {
		t.Helper()
		for _, path := range find(t, store, pattern) {
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// find returns what matches a pattern within a store, which must be something.
func find(t *testing.T, store, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(store, pattern))
	if err != nil || len(found) == 0 {
		t.Fatalf("%s is nowhere: %v", pattern, err)
	}
	return found
}

// overwrite replaces a file of a store.
func overwrite(name, text string) func(*testing.T, string) {
	return func(t *testing.T, store string) {
		t.Helper()
		write(t, filepath.Join(store, name), text)
	}
}

// replace lets a function change the bytes of a file of a store.
func replace(pattern string, change func([]byte) []byte) func(*testing.T, string) {
	return func(t *testing.T, store string) {
		t.Helper()
		for _, path := range find(t, store, pattern) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			write(t, path, string(change(b)))
		}
	}
}

func half(b []byte) []byte { return b[:len(b)/2] }

func nothing([]byte) []byte { return nil }

func flipped(at int) func([]byte) []byte {
	return func(b []byte) []byte {
		b[at%len(b)] ^= 0x55
		return b
	}
}

// storeOf returns the only store of a cache.
func storeOf(t *testing.T, cache string) string {
	t.Helper()
	stores, err := filepath.Glob(filepath.Join(cache, "*.git"))
	if err != nil || len(stores) != 1 {
		t.Fatalf("the cache holds %v, %v, want one store", stores, err)
	}
	return stores[0]
}

func TestADamagedStoreIsRepaired(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(*testing.T, string){
		"the pack is missing":                     removeAll("objects/pack/*.pack"),
		"the pack and its index are missing":      removeAll("objects/pack/*"),
		"the pack is cut in half":                 replace("objects/pack/*.pack", half),
		"the pack is empty":                       replace("objects/pack/*.pack", nothing),
		"the index is cut in half":                replace("objects/pack/*.idx", half),
		"the index is empty":                      replace("objects/pack/*.idx", nothing),
		"the index is of another version":         replace("objects/pack/*.idx", flipped(7)),
		"all objects are missing":                 removeAll("objects"),
		"HEAD is missing":                         removeAll("HEAD"),
		"HEAD is empty, as after a loss of power": overwrite("HEAD", ""),
		"HEAD is garbage":                         overwrite("HEAD", "\x00\x01\x02"),
		"the configuration is missing":            removeAll("config"),
		"the configuration is empty":              overwrite("config", ""),
		"the configuration is garbage":            overwrite("config", "[core\n\x00\xff"),
		"all references are missing":              removeAll("refs"),
		"everything is missing":                   removeAll("*"),
		"a file is in its place": func(t *testing.T, store string) {
			t.Helper()
			if err := os.RemoveAll(store); err != nil {
				t.Fatal(err)
			}
			write(t, store, "I was a folder")
		},
		"a reference is no hash":                  overwrite("refs/heads/main", "garbage\n"),
		"the packed references are no references": overwrite("packed-refs", "garbage\n"),
	} {
		for when, moved := range map[string]bool{"the branch is where it was": false, "the branch has moved on": true} {
			t.Run(name+", "+when, func(t *testing.T) {
				t.Parallel()
				r, id := newShop(t)
				cache := t.TempDir()
				src := source(r.url(), "main")
				fetch(t, gitsrc.New(gitsrc.Options{CacheDir: cache}), src, id)
				damage(t, storeOf(t, cache))
				if moved {
					id = r.commit(t, "main", "go on", map[string]string{"new": "file\n"})
				}
				c := fetch(t, gitsrc.New(gitsrc.Options{CacheDir: cache}), src, id)
				if got := readFile(t, c.Files, "web/chart.yaml"); got != "name: web\n" {
					t.Errorf("web/chart.yaml is %q", got)
				}
			})
		}
	}
}

func TestACommitGoesOverADamagedStore(t *testing.T) {
	t.Parallel()
	r, id := newShop(t)
	cache := t.TempDir()
	src := source(r.url(), "main")
	fetch(t, gitsrc.New(gitsrc.Options{CacheDir: cache}), src, id)
	replace("objects/pack/*.pack", half)(t, storeOf(t, cache))
	c, err := gitsrc.New(gitsrc.Options{CacheDir: cache}).Commit(t.Context(), src, change(id, "main", map[string]string{"values.yaml": "replicas: 2\n"}))
	if err != nil {
		t.Fatal(err)
	}
	if tip := r.remote(t, "rev-parse", "main"); tip != c.ID {
		t.Errorf("the branch is at %s, want %s", tip, c.ID)
	}
	if got := r.remote(t, "show", "main:web/chart.yaml"); got != "name: web" {
		t.Errorf("web/chart.yaml is %q", got)
	}
}

// TestNoByteOfAStoreMisleads changes single bytes of the files that hold objects, and reads everything each time.
func TestNoByteOfAStoreMisleads(t *testing.T) {
	t.Parallel()
	r, id := newShop(t)
	src := source(r.url(), "main")
	cache := t.TempDir()
	fetch(t, gitsrc.New(gitsrc.Options{CacheDir: cache}), src, id)
	store := storeOf(t, cache)
	for _, kind := range []string{"objects/pack/*.pack", "objects/pack/*.idx"} {
		info, err := os.Stat(find(t, store, kind)[0])
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < int(info.Size()); at += 1 + int(info.Size())/40 {
			t.Run(filepath.Ext(kind), func(t *testing.T) {
				t.Parallel()
				own := t.TempDir()
				if err := os.CopyFS(filepath.Join(own, filepath.Base(store)), os.DirFS(store)); err != nil {
					t.Fatal(err)
				}
				replace(kind, flipped(at))(t, storeOf(t, own))
				c := fetch(t, gitsrc.New(gitsrc.Options{CacheDir: own}), src, id)
				for name, want := range map[string]string{"values.yaml": "replicas: 1\n", "web/chart.yaml": "name: web\n"} {
					if got := readFile(t, c.Files, name); got != want {
						t.Errorf("with byte %d changed, %s is %q", at, name, got)
					}
				}
			})
		}
	}
}

func TestDamageIsMendedWhileFilesAreRead(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(*testing.T, string){
		"the pack is cut in half": replace("objects/pack/*.pack", half),
		"the store is gone":       removeAll("*"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, id := newShop(t)
			cache := t.TempDir()
			src := source(r.url(), "main")
			var log bytes.Buffer
			f := gitsrc.New(gitsrc.Options{CacheDir: cache, Log: slog.New(slog.NewTextHandler(&log, nil))})
			c := fetch(t, f, src, id)
			damage(t, storeOf(t, cache))
			if got := readFile(t, c.Files, "web/chart.yaml"); got != "name: web\n" {
				t.Errorf("web/chart.yaml is %q", got)
			}
			if got := strings.Count(log.String(), "damaged store is made anew"); got != 1 {
				t.Errorf("the log says %d times that a store was made anew:\n%s", got, &log)
			}
			if !strings.Contains(log.String(), "repository="+r.url()) {
				t.Errorf("the log does not name the repository:\n%s", &log)
			}
		})
	}
}

func TestDamageWithoutAServerIsAnError(t *testing.T) {
	t.Parallel()
	r, id := newShop(t)
	cache := t.TempDir()
	c := fetch(t, gitsrc.New(gitsrc.Options{CacheDir: cache}), source(r.url(), "main"), id)
	store := storeOf(t, cache)
	replace("objects/pack/*.pack", half)(t, store)
	if err := os.RemoveAll(r.bare); err != nil {
		t.Fatal(err)
	}
	_, err := fs.ReadFile(c.Files, "web/chart.yaml")
	if err == nil || !strings.Contains(err.Error(), "mend the store of "+r.url()) || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(store, "HEAD")); err != nil {
		t.Errorf("what is left of the store was thrown away: %v", err)
	}
}

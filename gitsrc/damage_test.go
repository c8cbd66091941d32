package gitsrc_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
)

// removeAll removes what matches a pattern within a store, which must be something.
func removeAll(pattern string) func(*testing.T, string) {
	return func(t *testing.T, store string) {
		t.Helper()
		found, err := filepath.Glob(filepath.Join(store, pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s is nowhere: %v", pattern, err)
		}
		for _, path := range found {
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// overwrite replaces a file of a store.
func overwrite(name, text string) func(*testing.T, string) {
	return func(t *testing.T, store string) {
		t.Helper()
		write(t, filepath.Join(store, name), text)
	}
}

func TestADamagedStoreIsRepaired(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(*testing.T, string){
		"the pack is missing":                     removeAll("objects/pack/*.pack"),
		"the pack and its index are missing":      removeAll("objects/pack/*"),
		"all objects are missing":                 removeAll("objects"),
		"HEAD is missing":                         removeAll("HEAD"),
		"HEAD is empty, as after a loss of power": overwrite("HEAD", ""),
		"the configuration is missing":            removeAll("config"),
		"all references are missing":              removeAll("refs"),
		"everything is missing":                   removeAll("*"),
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
				stores, err := filepath.Glob(filepath.Join(cache, "*.git"))
				if err != nil || len(stores) != 1 {
					t.Fatalf("the cache holds %v, %v, want one store", stores, err)
				}
				damage(t, stores[0])
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

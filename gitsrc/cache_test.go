package gitsrc_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
)

// stores are repositories in one cache, that were used an hour after each other; the first longest ago.
type stores struct {
	cache string
	repos []repository
	ids   []string
	dirs  []string
}

func newStores(t *testing.T, n int) stores {
	t.Helper()
	s := stores{cache: t.TempDir()}
	for i := range n {
		r := newRepository(t, t.TempDir(), fmt.Sprintf("shop-%d", i))
		id := r.commit(t, "main", "begin", map[string]string{"values.yaml": fmt.Sprintf("replicas: %d\n", i)})
		fetch(t, gitsrc.New(gitsrc.Options{CacheDir: s.cache}), source(r.url(), "main"), id)
		dir := find(t, s.cache, fmt.Sprintf("shop-%d-*.git", i))[0]
		at := time.Now().Add(time.Duration(i-n) * time.Hour)
		if err := os.Chtimes(dir+".lock", at, at); err != nil {
			t.Fatal(err)
		}
		s.repos, s.ids, s.dirs = append(s.repos, r), append(s.ids, id), append(s.dirs, dir)
	}
	return s
}

// left says which stores are still there.
func (s stores) left() []bool {
	out := make([]bool, len(s.dirs))
	for i, dir := range s.dirs {
		_, err := os.Stat(dir)
		out[i] = err == nil
	}
	return out
}

func sizeOf(t *testing.T, dir string) int64 {
	t.Helper()
	var size int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return size
}

func TestTheLeastRecentlyUsedStoresLeaveAFullCache(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		limit  func(one int64) int64
		before func(*testing.T, stores, *gitsrc.Fetcher) func()
		want   []bool
	}{
		"all fit":           {func(one int64) int64 { return 10 * one }, nil, []bool{true, true, true, true}},
		"two have to leave": {func(one int64) int64 { return 3*one + one/2 }, nil, []bool{false, false, true, true}},
		"one that was used again stays": {
			func(one int64) int64 { return 3*one + one/2 },
			func(t *testing.T, s stores, _ *gitsrc.Fetcher) func() {
				t.Helper()
				fetch(t, gitsrc.New(gitsrc.Options{CacheDir: s.cache}), source(s.repos[0].url(), "main"), s.ids[0])
				return func() {}
			},
			[]bool{true, false, false, true},
		},
		"one that is locked stays": {
			func(one int64) int64 { return 3*one + one/2 },
			func(t *testing.T, s stores, _ *gitsrc.Fetcher) func() { return hold(t, s.dirs[1]+".lock") },
			[]bool{false, true, false, true},
		},
		"those that this process uses stay, however small the cache": {
			func(int64) int64 { return 1 },
			func(t *testing.T, s stores, f *gitsrc.Fetcher) func() {
				t.Helper()
				for i := range 2 {
					fetch(t, f, source(s.repos[i].url(), "main"), s.ids[i])
				}
				return func() {}
			},
			[]bool{true, true, false, false},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStores(t, 4)
			f := gitsrc.New(gitsrc.Options{CacheDir: s.cache, CacheLimit: tt.limit(sizeOf(t, s.dirs[0]))})
			if tt.before != nil {
				defer tt.before(t, s, f)()
			}
			r, id := newShop(t)
			c := fetch(t, f, source(r.url(), "main"), id)
			if got := s.left(); !cmp.Equal(got, tt.want) {
				t.Errorf("left are %v, want %v", got, tt.want)
			}
			if got := readFile(t, c.Files, "web/chart.yaml"); got != "name: web\n" {
				t.Errorf("web/chart.yaml is %q", got)
			}
			// What left comes back when it is wanted.
			if got := readFile(t, fetch(t, f, source(s.repos[2].url(), "main"), s.ids[2]).Files, "values.yaml"); got != "replicas: 2\n" {
				t.Errorf("values.yaml is %q", got)
			}
		})
	}
}

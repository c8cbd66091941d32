package gitsrc_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

func readFile(t *testing.T, files fs.FS, name string) string {
	t.Helper()
	b, err := fs.ReadFile(files, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFetch(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	r, served, id := s.shop(t)
	for protocol, url := range map[string]string{"http": served, "file": r.url()} {
		t.Run("a commit is fetched and described over "+protocol, func(t *testing.T) {
			t.Parallel()
			c := fetch(t, newFetcher(t), source(url, "main"), id)
			want := app.Commit{
				Revision: "main", ID: id, Author: "Mira Holt", Date: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC), Message: "begin",
			}
			if !cmp.Equal(c.Commit, want) {
				t.Error(cmp.Diff(want, c.Commit))
			}
			if got := readFile(t, c.Files, "values.yaml"); got != "replicas: 1\n" {
				t.Errorf("values.yaml is %q", got)
			}
		})
	}
}

func TestOnlyTheFirstLineOfAMessageIsTold(t *testing.T) {
	t.Parallel()
	r, _ := newShop(t)
	id := r.commit(t, "main", "raise the replicas\n\nTwo were too few.", nil)
	if got := fetch(t, newFetcher(t), source(r.url(), "main"), id).Commit.Message; got != "raise the replicas" {
		t.Errorf("the message is %q", got)
	}
}

func TestCommitsThatAreReachable(t *testing.T) {
	t.Parallel()
	r, first := newShop(t)
	r.commit(t, "main", "second", map[string]string{"values.yaml": "replicas: 2\n"})
	branch := r.commit(t, "feature/new", "feature", map[string]string{"values.yaml": "replicas: 3\n"})
	tagged := r.commit(t, "gone", "release", map[string]string{"values.yaml": "replicas: 4\n"})
	r.tag(t, "v1.0.0", "first")
	r.remote(t, "branch", "--quiet", "-D", "gone")
	for name, tt := range map[string]struct{ id, want string }{
		"an older commit of a branch": {first, "replicas: 1\n"},
		"the tip of another branch":   {branch, "replicas: 3\n"},
		"a commit that only a tag has": {
			tagged, "replicas: 4\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := readFile(t, fetch(t, newFetcher(t), source(r.url(), ""), tt.id).Files, "values.yaml"); got != tt.want {
				t.Errorf("values.yaml is %q, want %q", got, tt.want)
			}
		})
	}
}

func TestACommitThatIsNotInTheRepository(t *testing.T) {
	t.Parallel()
	r, _ := newShop(t)
	dropped := r.commit(t, "main", "a mistake", map[string]string{"values.yaml": "replicas: 0\n"})
	r.git(t, "reset", "--quiet", "--hard", "HEAD~1")
	r.git(t, "push", "--quiet", "--force", "origin", "main")
	for name, id := range map[string]string{"never was": strings.Repeat("0", 39) + "1", "was dropped": dropped} {
		t.Run("one that "+name+" is named with the remedy", func(t *testing.T) {
			t.Parallel()
			_, err := newFetcher(t).Fetch(t.Context(), source(r.url(), id), id)
			if err == nil || !strings.Contains(err.Error(), "commit "+id+" is not in "+r.url()) {
				t.Errorf("got %v", err)
			}
			if got, want := hint.Of(err), "check the revision; a commit must be reachable from a branch or tag"; got != want {
				t.Errorf("the remedy is %q, want %q", got, want)
			}
		})
	}
}

func TestTheStoreNeedsNoServer(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	r, url, id := s.shop(t)
	cache := t.TempDir()
	fetch(t, gitsrc.New(gitsrc.Options{CacheDir: cache}), source(url, "main"), id)
	asked := s.count(listForFetch)
	if err := os.RemoveAll(r.bare); err != nil {
		t.Fatal(err)
	}
	// Another fetcher stands for the next process.
	f := gitsrc.New(gitsrc.Options{CacheDir: cache})
	src := source(url, id)
	if got := resolve(t, f, src, 0); got.ID != id || got.Message != "begin" {
		t.Errorf("resolved %+v", got)
	}
	if got := readFile(t, fetch(t, f, src, id).Files, "values.yaml"); got != "replicas: 1\n" {
		t.Errorf("values.yaml is %q", got)
	}
	if got := s.count(listForFetch); got != asked {
		t.Errorf("the server was asked %d times more", got-asked)
	}
	if _, err := f.Resolve(t.Context(), source(url, "main"), time.Hour); err == nil {
		t.Error("a branch was resolved without the repository")
	}
}

func TestFilesStayWhenTheBranchIsRewritten(t *testing.T) {
	t.Parallel()
	r, _ := newShop(t)
	f := newFetcher(t)
	src := source(r.url(), "main")
	old := r.commit(t, "main", "to be dropped", map[string]string{"values.yaml": "replicas: 9\n"})
	before := fetch(t, f, src, old)
	r.git(t, "reset", "--quiet", "--hard", "HEAD~1")
	tip := r.commit(t, "main", "instead", map[string]string{"values.yaml": "replicas: 2\n"})
	if got := readFile(t, fetch(t, f, src, tip).Files, "values.yaml"); got != "replicas: 2\n" {
		t.Errorf("the new tip has %q", got)
	}
	if got := readFile(t, before.Files, "values.yaml"); got != "replicas: 9\n" {
		t.Errorf("the old files have %q", got)
	}
	if got := readFile(t, fetch(t, f, src, old).Files, "values.yaml"); got != "replicas: 9\n" {
		t.Errorf("fetched again, the old commit has %q", got)
	}
}

func TestABranchThatBecomesAFolderOfBranches(t *testing.T) {
	t.Parallel()
	r, first := newShop(t)
	r.commit(t, "feature", "a branch", nil)
	f := newFetcher(t)
	fetch(t, f, source(r.url(), "main"), first)
	r.remote(t, "branch", "--quiet", "-D", "feature")
	id := r.commit(t, "feature-two", "below the old name", map[string]string{"new": "file\n"})
	r.git(t, "push", "--quiet", "origin", "HEAD:refs/heads/feature/two")
	if got := readFile(t, fetch(t, f, source(r.url(), "feature/two"), id).Files, "new"); got != "file\n" {
		t.Errorf("new is %q", got)
	}
}

func TestManyFetchersShareAStore(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	_, url, id := s.shop(t)
	cache := filepath.Join(t.TempDir(), "cache")
	var group errgroup.Group
	for range 4 {
		f := gitsrc.New(gitsrc.Options{CacheDir: cache})
		for range 2 {
			group.Go(func() error {
				c, err := f.Fetch(t.Context(), source(url, "main"), id)
				if err != nil {
					return err
				}
				_, err = fs.ReadFile(c.Files, "values.yaml")
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	stores, err := filepath.Glob(filepath.Join(cache, "shop-*.git"))
	if err != nil || len(stores) != 1 {
		t.Errorf("the cache holds %v, %v, want one store", stores, err)
	}
}

func TestRepositoriesOfOneNameHaveTheirOwnStores(t *testing.T) {
	t.Parallel()
	one, first := newShop(t)
	other := newRepository(t, t.TempDir(), "shop")
	second := other.commit(t, "main", "another shop", map[string]string{"values.yaml": "replicas: 7\n"})
	f := newFetcher(t)
	if got := readFile(t, fetch(t, f, source(one.url(), ""), first).Files, "values.yaml"); got != "replicas: 1\n" {
		t.Errorf("the first has %q", got)
	}
	if got := readFile(t, fetch(t, f, source(other.url(), ""), second).Files, "values.yaml"); got != "replicas: 7\n" {
		t.Errorf("the second has %q", got)
	}
}

func TestNewTouchesNoDisk(t *testing.T) {
	t.Parallel()
	cache := filepath.Join(t.TempDir(), "cache")
	gitsrc.New(gitsrc.Options{CacheDir: cache})
	if _, err := os.Stat(cache); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the cache folder is there: %v", err)
	}
}

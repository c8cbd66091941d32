package gitsrc_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// submodule adds a commit with a submodule; its URL is written as it is.
func (r repository) submodule(t *testing.T, at, url, commit string) string {
	t.Helper()
	file := filepath.Join(r.work, ".gitmodules")
	before, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	write(t, file, fmt.Sprintf("%s[submodule %q]\n\tpath = %s\n\turl = %s\n", before, at, at, url))
	r.git(t, "add", ".gitmodules")
	r.git(t, "update-index", "--add", "--cacheinfo", "160000,"+commit+","+at)
	r.git(t, "commit", "--quiet", "--message", "add submodule "+at)
	r.git(t, "push", "--quiet", "--force", "origin", "HEAD:refs/heads/main")
	return r.git(t, "rev-parse", "HEAD")
}

func TestSubmodulesAreFoldersWithTheirFiles(t *testing.T) {
	t.Parallel()
	public, private := newServer(t, nil), newServer(t, withPassword(canary))
	leaf := newRepository(t, private.root, "leaf")
	leafID := leaf.commit(t, "main", "begin", map[string]string{"leaf.yaml": "leaf: 1\n", "charts/web/Chart.yaml": "name: web\n"})
	lib := newRepository(t, public.root, "lib")
	lib.commit(t, "main", "begin", map[string]string{"lib.yaml": "lib: 1\n"})
	libID := lib.submodule(t, "deep/leaf", private.url+"/leaf.git", leafID)
	lib.commit(t, "main", "go on", map[string]string{"lib.yaml": "lib: 2\n"})

	shop := newRepository(t, public.root, "shop")
	if err := os.Symlink("lib/deep/leaf/leaf.yaml", filepath.Join(shop.work, "link.yaml")); err != nil {
		t.Fatal(err)
	}
	shop.commit(t, "main", "begin", map[string]string{"values.yaml": "replicas: 1\n"})
	id := shop.submodule(t, "lib", "../lib.git", libID)
	f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, password(private.url, canary))})
	c := fetch(t, f, source(public.url+"/shop.git", "main"), id)
	for name, want := range map[string]string{
		"values.yaml": "replicas: 1\n", "lib/lib.yaml": "lib: 1\n", "lib/deep/leaf/leaf.yaml": "leaf: 1\n",
		"lib/deep/leaf/charts/web/Chart.yaml": "name: web\n", "link.yaml": "leaf: 1\n",
	} {
		if got := readFile(t, c.Files, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if err := fstest.TestFS(c.Files, "lib/lib.yaml", "lib/deep/leaf/charts/web/Chart.yaml"); err != nil {
		t.Error(err)
	}
	hash, ok := c.Files.(interface{ Hash(string) (string, bool) }).Hash("lib")
	if !ok || hash != libID {
		t.Errorf("the submodule's hash is %s, want that of its commit, %s", hash, libID)
	}
}

func TestASubmoduleThatCannotBeReachedIsNamed(t *testing.T) {
	t.Parallel()
	s, private := newServer(t, nil), newServer(t, withPassword(canary))
	secret := newRepository(t, private.root, "leaf")
	secretID := secret.commit(t, "main", "begin", map[string]string{"leaf.yaml": "leaf: 1\n"})
	local, localID := newShop(t)
	missing := strings.Repeat("a", 40)
	lib := newRepository(t, s.root, "lib")
	if err := os.Symlink("../values.yaml", filepath.Join(lib.work, "out.yaml")); err != nil {
		t.Fatal(err)
	}
	libID := lib.commit(t, "main", "begin", map[string]string{"lib.yaml": "lib: 1\n"})
	for name, tt := range map[string]struct{ url, commit, file, want, remedy string }{
		"no login":                    {private.url + "/leaf.git", secretID, "leaf.yaml", "authentication is required", "wheelhouse repo add " + private.url},
		"no repository":               {"../nothing.git", missing, "x", "there is no such repository", ""},
		"no commit":                   {"../lib.git", missing, "lib.yaml", "commit " + missing + " is not in " + s.url + "/lib.git", ""},
		"a folder of this machine":    {local.url(), localID, "values.yaml", "is neither https nor ssh", "change .gitmodules"},
		"a path of this machine":      {local.bare, localID, "values.yaml", "is neither https nor ssh", "change .gitmodules"},
		"a command":                   {"ext::sh -c id", localID, "values.yaml", "is neither https nor ssh", "change .gitmodules"},
		"a URL that leads out":        {"../../../etc", localID, "values.yaml", "leads out of " + s.url, "change .gitmodules"},
		"a link out of the submodule": {"../lib.git", libID, "out.yaml", "leads out of the repository", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepository(t, s.root, strings.ReplaceAll(name, " ", "-"))
			r.commit(t, "main", "begin", map[string]string{"values.yaml": "replicas: 1\n"})
			id := r.submodule(t, "lib", tt.url, tt.commit)
			c := fetch(t, newFetcher(t), source(s.url+"/"+filepath.Base(r.bare), "main"), id)
			_, err := fs.ReadFile(c.Files, "lib/"+tt.file)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(hint.Of(err), tt.remedy) {
				t.Fatalf("got %v (%s), want %s (%s)", err, hint.Of(err), tt.want, tt.remedy)
			}
			if !strings.Contains(err.Error(), "lib") {
				t.Errorf("the error does not name the submodule: %v", err)
			}
			if got := readFile(t, c.Files, "values.yaml"); got != "replicas: 1\n" {
				t.Errorf("values.yaml is %q", got)
			}
			if entries, err := fs.ReadDir(c.Files, "."); err != nil || len(entries) != 3 {
				t.Errorf("the folder around it is %v, %v", entries, err)
			}
		})
	}
}

func TestSubmodulesInOneAnotherEnd(t *testing.T) {
	t.Parallel()
	r, id := newShop(t)
	for range 6 {
		r.git(t, "rm", "--quiet", "--cached", "--ignore-unmatch", "in", ".gitmodules")
		if err := os.Remove(filepath.Join(r.work, ".gitmodules")); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		id = r.submodule(t, "in", "../shop.git", id)
	}
	c := fetch(t, newFetcher(t), source(r.url(), "main"), id)
	if got := readFile(t, c.Files, strings.Repeat("in/", 5)+"values.yaml"); got != "replicas: 1\n" {
		t.Errorf("values.yaml is %q", got)
	}
	_, err := fs.ReadFile(c.Files, strings.Repeat("in/", 6)+"values.yaml")
	if err == nil || !strings.Contains(err.Error(), "more than 5 submodules in one another") {
		t.Errorf("got %v", err)
	}
}

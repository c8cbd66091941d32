package gitsrc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// TestCommitsThatAreRefused asks for commits that would damage the repository, or that nobody can mean.
func TestCommitsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		branch string
		files  map[string]string
		says   string
	}{
		"a path out of the repository":    {"main", map[string]string{"../out": "x"}, "../out"},
		"a path that is not the shortest": {"main", map[string]string{"./values.yaml": "x"}, "./values.yaml"},
		"a file of git's own":             {"main", map[string]string{".git/config": "x"}, ".git/config"},
		"one that is spelled otherwise":   {"main", map[string]string{"web/.GIT/config": "x"}, ".GIT"},
		"the root itself":                 {"main", map[string]string{".": "x"}, `"."`},
		"a file below a file":             {"main", map[string]string{"values.yaml/x": "x"}, "values.yaml is no folder"},
		"a file in a folder's place":      {"main", map[string]string{"web": "x"}, "web is no file"},
		"a link":                          {"main", map[string]string{"link.yaml": "x"}, "link.yaml is a link"},
		"a file below a linked folder":    {"main", map[string]string{"linked/x": "x"}, "linked is a link"},
		"a text that changes nothing":     {"main", map[string]string{"values.yaml": "replicas: 1\n"}, "nothing to commit"},
		"a tag":                           {"v1.0.0", map[string]string{"values.yaml": "x"}, "it is a tag"},
		"a range":                         {"1.*", map[string]string{"values.yaml": "x"}, "no branch can have this name"},
		"a commit's id":                   {strings.Repeat("0a", 20), map[string]string{"values.yaml": "x"}, "it is no branch"},
		"a reference that is no branch":   {"refs/tags/v2", map[string]string{"values.yaml": "x"}, "it is no branch"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := newShop(t)
			for link, target := range map[string]string{"link.yaml": "values.yaml", "linked": "web"} {
				if err := os.Symlink(target, filepath.Join(r.work, link)); err != nil {
					t.Fatal(err)
				}
			}
			base := r.push(t, "main", "links")
			r.tag(t, "v1.0.0", "")
			before := r.remote(t, "for-each-ref")
			f := newFetcher(t)
			fetch(t, f, source(r.url(), "main"), base)
			_, err := f.Commit(t.Context(), source(r.url(), "main"), change(base, c.branch, c.files))
			if err == nil || !strings.Contains(err.Error(), c.says) || hint.Of(err) == "" {
				t.Errorf("got %v (%s), want %q and a remedy", err, hint.Of(err), c.says)
			}
			if after := r.remote(t, "for-each-ref"); after != before {
				t.Errorf("something was pushed:\n%s", after)
			}
		})
	}
}

func TestCommitToAFullReference(t *testing.T) {
	t.Parallel()
	r, base := newShop(t)
	f := newFetcher(t)
	fetch(t, f, source(r.url(), "main"), base)
	if _, err := f.Commit(t.Context(), source(r.url(), "main"), change(base, "refs/heads/main", map[string]string{"values.yaml": "x"})); err != nil {
		t.Fatal(err)
	}
	if got := r.remote(t, "for-each-ref", "--format=%(refname)"); got != "refs/heads/main" {
		t.Errorf("the references are %s", got)
	}
}

func TestTheLastFileOfAFolder(t *testing.T) {
	t.Parallel()
	r, base := newShop(t)
	f := newFetcher(t)
	fetch(t, f, source(r.url(), "main"), base)
	c := change(base, "main", nil)
	c.Files["web/chart.yaml"], c.Files["none/at/all"] = nil, nil
	if _, err := f.Commit(t.Context(), source(r.url(), "main"), c); err != nil {
		t.Fatal(err)
	}
	if got := r.remote(t, "ls-tree", "--name-only", "main"); got != "values.yaml" {
		t.Errorf("left are %s", got)
	}
	r.sound(t)
}

func TestPasswordsInURLs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "repositories.yaml")
	registry := gitsrc.NewRegistry(path)
	for _, url := range []string{"https://mira:horse%2Fstaple@git.example.com/team", "ssh://git@git.example.com/team"} {
		if err := registry.Add(t.Context(), app.RepositoryLogin{Repository: app.Repository{URL: url}}); err != nil {
			t.Fatal(err)
		}
	}
	list, err := registry.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []app.Repository{
		{URL: "https://git.example.com/team", Type: "git", Username: "mira", Credentials: "password", Registered: true, From: path},
		{URL: "ssh://git@git.example.com/team", Type: "git", Registered: true, From: path},
	}
	if d := cmp.Diff(want, list); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	f := newFetcher(t)
	for _, url := range []string{"http://mira:horse%zz@127.0.0.1:1/x.git", "http://mira:hor/se@127.0.0.1:1/x.git", "http://mira:hor se@127.0.0.1:1/x.git"} {
		_, err := f.Resolve(t.Context(), source(url, "main"), 0)
		if err == nil || strings.Contains(err.Error()+hint.Of(err), "hor") {
			t.Errorf("%q says: %v (%s)", url, err, hint.Of(err))
		}
	}
}

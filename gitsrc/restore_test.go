package gitsrc_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// restore asks for a path to be as it was in an older commit.
func restore(base, branch, path, old string) app.NewCommit {
	c := change(base, branch, nil)
	c.Restore = map[string]string{path: old}
	return c
}

// draft makes a draft that must succeed.
func draft(t *testing.T, f *gitsrc.Fetcher, src app.Source, c app.NewCommit) app.Draft {
	t.Helper()
	d, err := f.Draft(t.Context(), src, c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// object is the id of what a commit of the repository has at a path, "" where it has nothing.
func (r repository) object(t *testing.T, commit, path string) string {
	t.Helper()
	if path == "." {
		return r.remote(t, "rev-parse", commit+"^{tree}")
	}
	_, rest, _ := strings.Cut(r.remote(t, "ls-tree", "--format=x %(objectmode) %(objectname)", commit, path), " ")
	return rest
}

// TestAPathIsRestored changes a repository after a commit and has one path as it was then.
func TestAPathIsRestored(t *testing.T) {
	t.Parallel()
	link := func(t *testing.T, r repository, to, name string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(r.work, name)); err != nil {
			t.Fatal(err)
		}
	}
	mode := func(t *testing.T, r repository, name string, m os.FileMode) {
		t.Helper()
		if err := os.Chmod(filepath.Join(r.work, name), m); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(t *testing.T, r repository, name string) {
		t.Helper()
		if err := os.RemoveAll(filepath.Join(r.work, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		path       string
		begin, bad func(t *testing.T, r repository)
		files      []app.FileChange
	}{
		"a changed file": {
			path:  "web",
			bad:   func(t *testing.T, r repository) { write(t, filepath.Join(r.work, "web/a.yaml"), "a: 2\nb: 2\n") },
			files: []app.FileChange{{Path: "web/a.yaml", Act: "changed", Added: 1, Removed: 2, Counted: true}},
		},
		"an added file goes": {
			path:  "web",
			bad:   func(t *testing.T, r repository) { write(t, filepath.Join(r.work, "web/new.yaml"), "new: 1\n") },
			files: []app.FileChange{{Path: "web/new.yaml", Act: "removed", Removed: 1, Counted: true}},
		},
		"a removed file comes back": {
			path:  "web",
			bad:   func(t *testing.T, r repository) { remove(t, r, "web/a.yaml") },
			files: []app.FileChange{{Path: "web/a.yaml", Act: "added", Added: 1, Counted: true}},
		},
		"the whole folder comes back": {
			path: "web",
			bad:  func(t *testing.T, r repository) { remove(t, r, "web") },
			files: []app.FileChange{
				{Path: "web/a.yaml", Act: "added", Added: 1, Counted: true}, {Path: "web/deep/b.yaml", Act: "added", Added: 1, Counted: true},
			},
		},
		"a folder that was not there then goes": {
			path:  "api",
			bad:   func(t *testing.T, r repository) { write(t, filepath.Join(r.work, "api/x/new.yaml"), "new: 1\n") },
			files: []app.FileChange{{Path: "api/x/new.yaml", Act: "removed", Removed: 1, Counted: true}},
		},
		"a folder goes with the folders that only it was in": {
			path:  "api/x",
			bad:   func(t *testing.T, r repository) { write(t, filepath.Join(r.work, "api/x/new.yaml"), "new: 1\n") },
			files: []app.FileChange{{Path: "api/x/new.yaml", Act: "removed", Removed: 1, Counted: true}},
		},
		"a single file": {
			path:  "values.yaml",
			bad:   func(t *testing.T, r repository) { write(t, filepath.Join(r.work, "values.yaml"), "replicas: 9\n") },
			files: []app.FileChange{{Path: "values.yaml", Act: "changed", Added: 1, Removed: 1, Counted: true}},
		},
		"a mode": {
			path:  "web",
			begin: func(t *testing.T, r repository) { mode(t, r, "web/a.yaml", 0o700) },
			bad:   func(t *testing.T, r repository) { mode(t, r, "web/a.yaml", 0o600) },
			files: []app.FileChange{{Path: "web/a.yaml", Act: "changed", Counted: true}},
		},
		"a link": {
			path:  "web",
			begin: func(t *testing.T, r repository) { link(t, r, "a.yaml", "web/link.yaml") },
			bad: func(t *testing.T, r repository) {
				remove(t, r, "web/link.yaml")
				link(t, r, "deep/b.yaml", "web/link.yaml")
			},
			files: []app.FileChange{{Path: "web/link.yaml", Act: "changed", Added: 1, Removed: 1, Counted: true}},
		},
		"a folder in the place of a file": {
			path: "web",
			bad: func(t *testing.T, r repository) {
				remove(t, r, "web")
				write(t, filepath.Join(r.work, "web"), "no folder\n")
			},
			files: []app.FileChange{
				{Path: "web", Act: "removed", Removed: 1, Counted: true},
				{Path: "web/a.yaml", Act: "added", Added: 1, Counted: true},
				{Path: "web/deep/b.yaml", Act: "added", Added: 1, Counted: true},
			},
		},
		"a submodule's commit": {
			path: "web",
			begin: func(t *testing.T, r repository) {
				r.git(t, "update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("1", 40)+",web/module")
			},
			bad: func(t *testing.T, r repository) {
				r.git(t, "update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("2", 40)+",web/module")
			},
			files: []app.FileChange{{Path: "web/module", Act: "changed"}},
		},
		"what is no text": {
			path:  "web",
			bad:   func(t *testing.T, r repository) { write(t, filepath.Join(r.work, "web/a.yaml"), "a\x00b") },
			files: []app.FileChange{{Path: "web/a.yaml", Act: "changed"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepository(t, t.TempDir(), "shop")
			for name, text := range map[string]string{"values.yaml": "replicas: 1\n", "web/a.yaml": "a: 1\n", "web/deep/b.yaml": "b: 1\n"} {
				write(t, filepath.Join(r.work, name), text)
			}
			// What is in the index alone would be lost by adding everything.
			step := func(message string, do func(*testing.T, repository)) string {
				r.git(t, "add", "--ignore-removal", ".")
				if do != nil {
					do(t, r)
				}
				if strings.Contains(name, "submodule") {
					r.git(t, "commit", "--quiet", "--message", message)
					r.git(t, "push", "--quiet", "origin", "HEAD:refs/heads/main")
					return r.git(t, "rev-parse", "HEAD")
				}
				return r.push(t, "main", message)
			}
			old := step("begin", tt.begin)
			step("bad", tt.bad)
			write(t, filepath.Join(r.work, "README.md"), "of others\n")
			base := step("go on", func(*testing.T, repository) {})
			f := newFetcher(t)
			d := draft(t, f, source(r.url(), "main"), restore(base, "main", tt.path, old))
			if tip := r.remote(t, "rev-parse", "main"); tip != base {
				t.Errorf("the draft moved main to %s", tip)
			}
			if diff := cmp.Diff(tt.files, d.Files); diff != "" {
				t.Error(diff)
			}
			got, err := f.Push(t.Context(), source(r.url(), "main"), d)
			if err != nil {
				t.Fatal(err)
			}
			if parent := r.remote(t, "rev-parse", "main~1"); parent != base || got.ID != r.remote(t, "rev-parse", "main") {
				t.Errorf("main is at %s on %s, want %s on %s", r.remote(t, "rev-parse", "main"), parent, got.ID, base)
			}
			if now, was := r.object(t, got.ID, tt.path), r.object(t, old, tt.path); now != was {
				t.Errorf("%s is %s, want %s", tt.path, now, was)
			}
			if more := r.remote(t, "diff", "--name-only", base, got.ID, "--", ":(exclude)"+tt.path); more != "" {
				t.Errorf("it touched more: %s", more)
			}
			r.sound(t)
		})
	}
}

func TestTheWholeRepositoryIsRestored(t *testing.T) {
	t.Parallel()
	r, old := newShop(t)
	base := r.commit(t, "main", "bad", map[string]string{"values.yaml": "replicas: 9\n", "new/file": "x\n"})
	got, err := newFetcher(t).Commit(t.Context(), source(r.url(), "main"), restore(base, "main", ".", old))
	if err != nil {
		t.Fatal(err)
	}
	if now, was := r.object(t, got.ID, "."), r.object(t, old, "."); now != was {
		t.Errorf("the tree is %s, want %s", now, was)
	}
}

func TestThereIsNothingToRestore(t *testing.T) {
	t.Parallel()
	r, old := newShop(t)
	base := r.commit(t, "main", "elsewhere", map[string]string{"values.yaml": "replicas: 9\n"})
	f := newFetcher(t)
	for _, path := range []string{"web", "absent", "absent/deep"} {
		d := draft(t, f, source(r.url(), "main"), restore(base, "main", path, old))
		if !d.Empty() || d.Commit.ID != base || len(d.Files) != 0 {
			t.Errorf("%s: the draft is %+v", path, d)
		}
		_, err := f.Commit(t.Context(), source(r.url(), "main"), restore(base, "main", path, old))
		if err == nil || !strings.Contains(err.Error(), "there is nothing to commit: the files are as in "+base[:7]) {
			t.Errorf("%s: got %v", path, err)
		}
	}
	if tip := r.remote(t, "rev-parse", "main"); tip != base {
		t.Errorf("main moved to %s", tip)
	}
}

func TestTheBranchOfADraft(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		follows, branch string
		want            app.Draft
	}{
		"the followed one":                       {"main", "main", app.Draft{Branch: "main", Followed: true}},
		"the followed one by its whole name":     {"main", "refs/heads/main", app.Draft{Branch: "main", Followed: true}},
		"none is that of HEAD":                   {"main", "", app.Draft{Branch: "main", Followed: true}},
		"HEAD is followed, and its branch named": {"HEAD", "main", app.Draft{Branch: "main", Followed: true}},
		"nothing is said at all":                 {"", "", app.Draft{Branch: "main", Followed: true}},
		"a new one":                              {"main", "back/web", app.Draft{Branch: "back/web", New: true}},
		"another one that is there":              {"main", "other", app.Draft{Branch: "other"}},
		"a tag is followed":                      {"v1.0.0", "main", app.Draft{Branch: "main"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, old := newShop(t)
			base := r.commit(t, "main", "bad", map[string]string{"web/chart.yaml": "name: bad\n"})
			r.git(t, "push", "--quiet", "origin", "main:refs/heads/other")
			r.tag(t, "v1.0.0", "")
			f := newFetcher(t)
			d := draft(t, f, source(r.url(), tt.follows), restore(base, tt.branch, "web", old))
			got := app.Draft{Branch: d.Branch, New: d.New, Followed: d.Followed}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if _, err := f.Push(t.Context(), source(r.url(), tt.follows), d); err != nil {
				t.Fatal(err)
			}
			if tip := r.remote(t, "rev-parse", "refs/heads/"+tt.want.Branch); tip != d.Commit.ID {
				t.Errorf("%s is at %s, want %s", tt.want.Branch, tip, d.Commit.ID)
			}
			if tip := r.remote(t, "rev-parse", "main"); tt.want.Branch != "main" && tip != base {
				t.Errorf("main moved to %s", tip)
			}
		})
	}
}

// TestADraftIsReadAsAnyCommit is what lets a commit be rendered before anybody sees it.
func TestADraftIsReadAsAnyCommit(t *testing.T) {
	t.Parallel()
	r, old := newShop(t)
	base := r.commit(t, "main", "bad", map[string]string{"web/chart.yaml": "name: bad\n", "values.yaml": "replicas: 9\n"})
	f := newFetcher(t)
	d := draft(t, f, source(r.url(), "main"), restore(base, "main", "web", old))
	files := fetch(t, f, source(r.url(), "main"), d.Commit.ID).Files
	for name, want := range map[string]string{"web/chart.yaml": "name: web\n", "values.yaml": "replicas: 9\n"} {
		if got := readFile(t, files, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := resolve(t, f, source(r.url(), "main"), 0); got.ID != base {
		t.Errorf("main resolves to %s, want %s", got.ID, base)
	}
}

func TestARestoreThatIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ path, branch, says string }{
		"a path out of the repository":             {"../web", "main", `"../web"`},
		"a path that is not the shortest":          {"./web", "main", `"./web"`},
		"git's own":                                {".git/hooks", "main", `".git/hooks"`},
		"a path through a link":                    {"linked/deep", "main", "linked is a link"},
		"a path through a submodule":               {"module/deep", "main", "module is a submodule"},
		"a path through a link that was there":     {"was/deep", "main", "was is a link"},
		"a path below what is a file now":          {"values.yaml/deep", "main", "values.yaml is no folder"},
		"a tag":                                    {"web", "v1.0.0", "it is a tag"},
		"a path whose branch moved on in the same": {"web", "moved", "the branch has moved on: web was changed by Mira Holt"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := newShop(t)
			for link, target := range map[string]string{"linked": "web", "was": "web"} {
				if err := os.Symlink(target, filepath.Join(r.work, link)); err != nil {
					t.Fatal(err)
				}
			}
			r.git(t, "rm", "--quiet", "values.yaml")
			write(t, filepath.Join(r.work, "values.yaml/deep"), "x\n")
			r.git(t, "update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("1", 40)+",module")
			r.git(t, "add", "linked", "was", "values.yaml")
			r.git(t, "commit", "--quiet", "--message", "links")
			old := r.git(t, "rev-parse", "HEAD")
			r.git(t, "rm", "--quiet", "was", "values.yaml/deep")
			write(t, filepath.Join(r.work, "values.yaml"), "replicas: 1\n")
			r.git(t, "add", "values.yaml")
			r.git(t, "commit", "--quiet", "--message", "go on")
			r.git(t, "push", "--quiet", "origin", "HEAD:refs/heads/main")
			base := r.git(t, "rev-parse", "HEAD")
			r.tag(t, "v1.0.0", "")
			r.commit(t, "moved", "theirs", map[string]string{"web/chart.yaml": "name: theirs\n"})
			before := r.remote(t, "for-each-ref")
			_, err := newFetcher(t).Commit(t.Context(), source(r.url(), "main"), restore(base, tt.branch, tt.path, old))
			if err == nil || !strings.Contains(err.Error(), tt.says) || hint.Of(err) == "" {
				t.Errorf("got %v (%s), want %q and a remedy", err, hint.Of(err), tt.says)
			}
			if strings.Contains(tt.says, "moved on") != errors.Is(err, app.ErrMovedOn) {
				t.Errorf("%v is app.ErrMovedOn: %v", err, errors.Is(err, app.ErrMovedOn))
			}
			if after := r.remote(t, "for-each-ref"); after != before {
				t.Errorf("something was pushed:\n%s", after)
			}
		})
	}
}

func TestABranchThatHasWhatIsRestoredAlready(t *testing.T) {
	t.Parallel()
	r, old := newShop(t)
	base := r.commit(t, "main", "bad", map[string]string{"web/chart.yaml": "name: bad\n"})
	f := newFetcher(t)
	c := restore(base, "back", "web", old)
	if _, err := f.Commit(t.Context(), source(r.url(), "main"), c); err != nil {
		t.Fatal(err)
	}
	if d := draft(t, f, source(r.url(), "main"), c); !d.Empty() || d.New {
		t.Errorf("the second draft is %+v", d)
	}
}

// TestACommitThatNoBranchLeadsTo rewrites the branch, so that only the server's good will gives the older commit.
func TestACommitThatNoBranchLeadsTo(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ through, gives bool }{
		"go-git brings it where the server gives it": {gives: true},
		"the git program brings it":                  {gives: true, through: true},
		"what the server does not give is named":     {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, nil)
			r, url, old := s.shop(t)
			if tt.gives {
				r.remote(t, "config", "uploadpack.allowAnySHA1InWant", "true")
			}
			r.git(t, "checkout", "--quiet", "--orphan", "anew")
			r.git(t, "branch", "--quiet", "-D", "main")
			base := r.commit(t, "main", "rewritten", map[string]string{"values.yaml": "replicas: 9\n"})
			f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), ThroughGit: func(string) bool { return tt.through }})
			d, err := f.Draft(t.Context(), source(url, "main"), restore(base, "main", "values.yaml", old))
			if !tt.gives {
				if err == nil || !strings.Contains(err.Error(), "commit "+old[:7]+" is not in "+url) || hint.Of(err) == "" {
					t.Errorf("got %v (%s)", err, hint.Of(err))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := readFile(t, fetch(t, f, source(url, "main"), d.Commit.ID).Files, "values.yaml"); got != "replicas: 1\n" {
				t.Errorf("values.yaml is %q", got)
			}
		})
	}
}

func TestADraftWhoseBranchMovesOn(t *testing.T) {
	t.Parallel()
	r, old := newShop(t)
	base := r.commit(t, "main", "bad", map[string]string{"web/chart.yaml": "name: bad\n"})
	f := newFetcher(t)
	c := restore(base, "main", "web", old)
	d := draft(t, f, source(r.url(), "main"), c)
	theirs := r.commit(t, "main", "theirs", map[string]string{"values.yaml": "replicas: 9\n"})
	if _, err := f.Push(t.Context(), source(r.url(), "main"), d); !errors.Is(err, app.ErrMovedOn) {
		t.Fatalf("got %v, want app.ErrMovedOn", err)
	}
	if tip := r.remote(t, "rev-parse", "main"); tip != theirs {
		t.Errorf("main is at %s, want their commit %s", tip, theirs)
	}
	d = draft(t, f, source(r.url(), "main"), c)
	if _, err := f.Push(t.Context(), source(r.url(), "main"), d); err != nil || d.Parent.ID != theirs {
		t.Errorf("the next draft is on %s: %v", d.Parent.ID, err)
	}
}

func TestABranchThatIsProtected(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	r, url, old := s.shop(t)
	base := r.commit(t, "main", "bad", map[string]string{"values.yaml": "replicas: 9\n"})
	hook := filepath.Join(r.bare, "hooks", "update")
	write(t, hook, "#!/bin/sh\n[ \"$1\" != refs/heads/main ]\n")
	if err := os.Chmod(hook, 0o700); err != nil {
		t.Fatal(err)
	}
	f := newFetcher(t)
	_, err := f.Commit(t.Context(), source(url, "main"), restore(base, "main", "values.yaml", old))
	if err == nil || !strings.HasPrefix(err.Error(), "push to main of "+url) ||
		hint.Of(err) != "its server does not take this commit on main: push it to a new branch" {
		t.Errorf("got %v (%s)", err, hint.Of(err))
	}
	if _, err := f.Commit(t.Context(), source(url, "main"), restore(base, "back", "values.yaml", old)); err != nil {
		t.Errorf("a new branch is refused too: %v", err)
	}
}

func TestADraftThatTheStoreHasLost(t *testing.T) {
	t.Parallel()
	r, old := newShop(t)
	base := r.commit(t, "main", "bad", map[string]string{"values.yaml": "replicas: 9\n"})
	d := draft(t, newFetcher(t), source(r.url(), "main"), restore(base, "main", "values.yaml", old))
	other := newFetcher(t)
	resolve(t, other, source(r.url(), "main"), time.Hour)
	fetch(t, other, source(r.url(), "main"), base)
	_, err := other.Push(t.Context(), source(r.url(), "main"), d)
	if err == nil || !strings.Contains(err.Error(), "not in the store any more") || hint.Of(err) != "try again; nothing was pushed" {
		t.Errorf("got %v (%s)", err, hint.Of(err))
	}
}

// TestDraftsOfSeveralAtOnce has several processes' worth of fetchers push to one branch: each commit is there in the end, or
// its maker is told.
func TestDraftsOfSeveralAtOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	r, url, old := s.shop(t)
	files := map[string]string{"a": "2\n", "b": "2\n", "c": "2\n"}
	base := r.commit(t, "main", "bad", files)
	var wg sync.WaitGroup
	done := make([]error, len(files))
	for i, name := range []string{"a", "b", "c"} {
		f := newFetcher(t)
		wg.Go(func() {
			for range 10 {
				_, done[i] = f.Commit(t.Context(), source(url, "main"), restore(base, "main", name, old))
				if !errors.Is(done[i], app.ErrMovedOn) {
					return
				}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(done...); err != nil {
		t.Fatal(err)
	}
	if got := r.remote(t, "rev-list", "--count", base+"..main"); got != "3" {
		t.Errorf("there are %s commits, want 3", got)
	}
	if got := r.remote(t, "diff", "--name-only", old, "main"); got != "" {
		t.Errorf("these are not restored: %s", got)
	}
}

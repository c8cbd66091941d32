package gitsrc_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// manyRevisions makes a repository with branches and tags, and returns commits by name.
func manyRevisions(t *testing.T, root string) (repository, map[string]string) {
	t.Helper()
	r := newRepository(t, root, "many")
	ids := map[string]string{}
	for _, v := range []string{"v1.2.0", "v1.2.9", "v1.10.0", "v2.0.0-rc.1", "web/1.0.0", "web/1.4.0"} {
		ids[v] = r.commit(t, "main", "release "+v, map[string]string{"version": v})
		r.tag(t, v, "")
	}
	ids["v1.2.10"] = r.commit(t, "main", "release v1.2.10", map[string]string{"version": "v1.2.10"})
	r.tag(t, "v1.2.10", "an annotated tag")
	ids["both tag"] = r.commit(t, "main", "a tag with the name of a branch", nil)
	r.tag(t, "both", "")
	ids["main"] = r.commit(t, "main", "the tip", nil)
	ids["feature/new"] = r.commit(t, "feature/new", "a new feature", nil)
	ids["both"] = r.commit(t, "both", "a branch with the name of a tag", nil)
	return r, ids
}

func TestResolve(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	r, ids := manyRevisions(t, s.root)
	tests := map[string]struct{ revision, prefix, want string }{
		"no revision is the branch of HEAD":                     {"", "", "main"},
		"HEAD is its branch":                                    {"HEAD", "", "main"},
		"a branch is its tip":                                   {"main", "", "main"},
		"a branch may have a slash":                             {"feature/new", "", "feature/new"},
		"a full reference of a branch":                          {"refs/heads/main", "", "main"},
		"a full reference of a tag":                             {"refs/tags/v1.2.0", "", "v1.2.0"},
		"a tag is its commit":                                   {"v1.2.0", "", "v1.2.0"},
		"an annotated tag is its commit, not itself":            {"v1.2.10", "", "v1.2.10"},
		"a full reference of an annotated tag":                  {"refs/tags/v1.2.10", "", "v1.2.10"},
		"a branch goes before a tag of the same name":           {"both", "", "both"},
		"the tag of that name has a full reference":             {"refs/tags/both", "", "both tag"},
		"a range with a star is the highest version, as number": {"1.2.*", "", "v1.2.10"},
		"a range with bounds":                                   {">=1.2.0 <1.2.10", "", "v1.2.9"},
		"a range of the minor":                                  {"~1.2.0", "", "v1.2.10"},
		"a range of the major takes no pre-release":             {">=1.0.0", "", "v1.10.0"},
		"a range that names a pre-release takes one":            {">=2.0.0-0", "", "v2.0.0-rc.1"},
		"a range over tags with a prefix":                       {"1.*", "web/", "web/1.4.0"},
		"a range that repeats the prefix":                       {"web/1.*", "web/", "web/1.4.0"},
		"a version without its v":                               {"1.2.9", "", "v1.2.9"},
	}
	for protocol, url := range map[string]string{"http": s.url + "/many.git", "file": r.url()} {
		f := newFetcher(t)
		for name, tt := range tests {
			t.Run(protocol+": "+name, func(t *testing.T) {
				t.Parallel()
				src := source(url, tt.revision)
				src.TagPrefix = tt.prefix
				got := resolve(t, f, src, time.Hour)
				if want := (app.Commit{Revision: tt.revision, ID: ids[tt.want], AsOf: got.AsOf}); got.AsOf.IsZero() || !cmp.Equal(got, want) {
					t.Errorf("got %+v, want %+v", got, want)
				}
			})
		}
	}
}

func TestResolveOfACommitID(t *testing.T) {
	t.Parallel()
	r, id := newShop(t)
	f := newFetcher(t)
	t.Run("a full id needs no repository", func(t *testing.T) {
		got := resolve(t, f, source("file:///nowhere/shop.git", id), 0)
		if want := (app.Commit{Revision: id, ID: id}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
	fetch(t, f, source(r.url(), "main"), id)
	want := app.Commit{ID: id, Author: "Mira Holt", Date: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC), Message: "begin"}
	for name, revision := range map[string]string{
		"a full id of a fetched commit is described":  id,
		"a short id of a fetched commit is found":     id[:7],
		"the shortest id has four characters":         id[:4],
		"a branch of a fetched commit is described":   "main",
		"an id of all but one character is short too": id[:39],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, want := resolve(t, f, source(r.url(), revision), time.Hour), want
			want.Revision = revision
			if revision == "main" {
				want.AsOf = got.AsOf
			}
			if !cmp.Equal(got, want) {
				t.Error(cmp.Diff(want, got))
			}
		})
	}
}

func TestAnAnswerSaysWhenTheRepositoryGaveIt(t *testing.T) {
	t.Parallel()
	r, _ := newShop(t)
	f := newFetcher(t)
	before := time.Now()
	first := resolve(t, f, source(r.url(), "main"), time.Hour)
	if first.AsOf.Before(before) || first.AsOf.After(time.Now()) {
		t.Errorf("the answer is of %v, and was asked for at %v", first.AsOf, before)
	}
	if again := resolve(t, f, source(r.url(), "main"), time.Hour); !again.AsOf.Equal(first.AsOf) {
		t.Errorf("an answer from memory is of %v, want %v", again.AsOf, first.AsOf)
	}
	if fresh := resolve(t, f, source(r.url(), "main"), 0); !fresh.AsOf.After(first.AsOf) {
		t.Errorf("another answer is of %v, and the first of %v", fresh.AsOf, first.AsOf)
	}
}

func TestResolveOfAnUnknownRevision(t *testing.T) {
	t.Parallel()
	r, id := newShop(t)
	r.tag(t, "v1.0.0", "the first")
	f := newFetcher(t)
	fetch(t, f, source(r.url(), "main"), id)
	for name, revision := range map[string]string{
		"a branch":                           "mian",
		"a tag":                              "v9.9.9",
		"a range that nothing is in":         ">=9.0.0",
		"a full reference":                   "refs/heads/mian",
		"a half reference":                   "heads/main",
		"a short id of no commit":            "0000000",
		"an id that is too short":            id[:3],
		"an expression of git":               "main~0",
		"the peeled name of a tag by itself": "v1.0.0^{}^{}",
	} {
		t.Run(name+" is not found, and what there is is named", func(t *testing.T) {
			t.Parallel()
			_, err := f.Resolve(t.Context(), source(r.url(), revision), time.Hour)
			if !errors.Is(err, app.ErrNotFound) || !strings.Contains(err.Error(), fmt.Sprintf("revision %q: no such revision", revision)) {
				t.Errorf("got %v", err)
			}
			if got, want := hint.Of(err), "the repository has: main, v1.0.0"; got != want {
				t.Errorf("the remedy is %q, want %q", got, want)
			}
		})
	}
}

func TestOnlySomeOfManyRevisionsAreNamed(t *testing.T) {
	t.Parallel()
	r, _ := newShop(t)
	for i := range 15 {
		r.git(t, "tag", fmt.Sprintf("v1.0.%02d", i))
	}
	r.git(t, "push", "--quiet", "--tags", "origin")
	_, err := newFetcher(t).Resolve(t.Context(), source(r.url(), "mian"), 0)
	if got := hint.Of(err); !strings.HasPrefix(got, "the repository has: main, v1.0.00, ") || !strings.HasSuffix(got, "v1.0.10 and 4 more") {
		t.Errorf("the remedy is %q", got)
	}
}

func TestADetachedHEADAtATipIsItsCommit(t *testing.T) {
	t.Parallel()
	r, id := newShop(t)
	r.remote(t, "update-ref", "--no-deref", "HEAD", id)
	if got := resolve(t, newFetcher(t), source(r.url(), ""), 0); got.ID != id {
		t.Errorf("got %s, want %s", got.ID, id)
	}
}

func TestAHEADWithoutABranchIsNotFound(t *testing.T) {
	t.Parallel()
	r, _ := newShop(t)
	r.remote(t, "symbolic-ref", "HEAD", "refs/heads/gone")
	_, err := newFetcher(t).Resolve(t.Context(), source(r.url(), ""), 0)
	if !errors.Is(err, app.ErrNotFound) || hint.Of(err) == "" {
		t.Errorf("got %v (%s)", err, hint.Of(err))
	}
}

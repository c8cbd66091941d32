package gitsrc_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

func TestTheBranchOfACommit(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		follows, branch, want string
	}{
		"the followed branch":                           {"main", "main", "main"},
		"a new branch starts at the base":               {"main", "raise/replicas", "raise/replicas"},
		"another branch that is there":                  {"main", "other", "other"},
		"no branch is that of HEAD":                     {"", "", "main"},
		"HEAD is its branch":                            {"HEAD", "HEAD", "main"},
		"a tag is followed, and a branch is pushed to":  {"v1.0.0", "main", "main"},
		"a commit is followed, and a branch is made":    {strings.Repeat("a", 40), "raise", "raise"},
		"a new branch whose name a folder of others is": {"main", "feature", "feature"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, base := newShop(t)
			r.tag(t, "v1.0.0", "")
			r.git(t, "push", "--quiet", "origin", "main:refs/heads/other")
			before := r.remote(t, "for-each-ref", "--format=%(refname) %(objectname)")
			got, err := newFetcher(t).Commit(t.Context(), source(r.url(), tt.follows), change(base, tt.branch, map[string]string{"values.yaml": "replicas: 2\n"}))
			if err != nil {
				t.Fatal(err)
			}
			if got.Revision != tt.want {
				t.Errorf("it is on %s, want %s", got.Revision, tt.want)
			}
			if tip, parent := r.remote(t, "rev-parse", "refs/heads/"+tt.want), r.remote(t, "rev-parse", got.ID+"~1"); tip != got.ID || parent != base {
				t.Errorf("the branch is at %s on %s, want %s on %s", tip, parent, got.ID, base)
			}
			for line := range strings.Lines(before) {
				ref, id, _ := strings.Cut(strings.TrimSpace(line), " ")
				if now := r.remote(t, "rev-parse", ref); ref != "refs/heads/"+tt.want && now != id {
					t.Errorf("%s moved to %s", ref, now)
				}
			}
			if more := r.remote(t, "for-each-ref", "refs/wheelhouse"); more != "" {
				t.Errorf("other references were pushed: %s", more)
			}
		})
	}
}

func TestABranchThatMovedOnInOtherFiles(t *testing.T) {
	t.Parallel()
	r, base := newShop(t)
	f := newFetcher(t)
	fetch(t, f, source(r.url(), "main"), base)
	theirs := r.commit(t, "main", "theirs", map[string]string{"web/chart.yaml": "name: shop\n", "new": "file\n"})
	got, err := f.Commit(t.Context(), source(r.url(), "main"), change(base, "main", map[string]string{"values.yaml": "replicas: 2\n"}))
	if err != nil {
		t.Fatal(err)
	}
	if parent := r.remote(t, "rev-parse", "main~1"); parent != theirs {
		t.Errorf("its parent is %s, want their commit %s", parent, theirs)
	}
	files := fetch(t, f, source(r.url(), "main"), got.ID).Files
	for name, want := range map[string]string{"values.yaml": "replicas: 2\n", "web/chart.yaml": "name: shop\n", "new": "file\n"} {
		if text := readFile(t, files, name); text != want {
			t.Errorf("%s is %q, want %q", name, text, want)
		}
	}
}

func TestABranchThatMovedOnInTheSameFiles(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		theirs func(t *testing.T, r repository) string
		ours   map[string][]byte
		file   string
	}{
		"both changed a file": {
			func(t *testing.T, r repository) string {
				return r.commit(t, "main", "theirs", map[string]string{"values.yaml": "replicas: 5\n"})
			},
			map[string][]byte{"values.yaml": []byte("replicas: 2\n")},
			"values.yaml",
		},
		"both made a file": {
			func(t *testing.T, r repository) string {
				return r.commit(t, "main", "theirs", map[string]string{"web/new.yaml": "theirs\n"})
			},
			map[string][]byte{"web/new.yaml": []byte("ours\n")},
			"web/new.yaml",
		},
		"they removed what we changed": {
			func(t *testing.T, r repository) string {
				r.git(t, "rm", "--quiet", "values.yaml")
				return r.push(t, "main", "theirs")
			},
			map[string][]byte{"values.yaml": []byte("replicas: 2\n")},
			"values.yaml",
		},
		"they changed what we removed": {
			func(t *testing.T, r repository) string {
				return r.commit(t, "main", "theirs", map[string]string{"values.yaml": "replicas: 5\n"})
			},
			map[string][]byte{"values.yaml": nil},
			"values.yaml",
		},
		"one of several files": {
			func(t *testing.T, r repository) string {
				return r.commit(t, "main", "theirs", map[string]string{"values.yaml": "replicas: 5\n"})
			},
			map[string][]byte{"a": []byte("ours\n"), "values.yaml": []byte("replicas: 2\n"), "z": []byte("ours\n")},
			"values.yaml",
		},
	} {
		t.Run(name+", and nothing is lost", func(t *testing.T) {
			t.Parallel()
			r, base := newShop(t)
			theirs := tt.theirs(t, r)
			c := change(base, "main", nil)
			c.Files = tt.ours
			_, err := newFetcher(t).Commit(t.Context(), source(r.url(), "main"), c)
			want := "commit to main: the branch has moved on: " + tt.file + " was changed by Mira Holt (" + theirs[:7] + ")"
			if err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
			if got, want := hint.Of(err), "refresh, look at the new text, and edit again; nothing was pushed"; got != want {
				t.Errorf("the remedy is %q, want %q", got, want)
			}
			if tip := r.remote(t, "rev-parse", "main"); tip != theirs {
				t.Errorf("main is at %s, want their commit %s", tip, theirs)
			}
		})
	}
}

// TestABranchThatMovesOnDuringThePush moves the branch after the fetch, and after the server said where the branch is.
func TestABranchThatMovesOnDuringThePush(t *testing.T) {
	t.Parallel()
	for _, act := range []string{listForPush, sendPack} {
		t.Run("a commit of others before "+act+" is not lost, and another try succeeds", func(t *testing.T) {
			t.Parallel()
			var once sync.Once
			var move func()
			s := newServer(t, func(r *http.Request) int {
				if actOf(r) == act {
					once.Do(move)
				}
				return 0
			})
			r, url, base := s.shop(t)
			r.git(t, "checkout", "--quiet", "-b", "theirs")
			theirs := r.commit(t, "theirs", "theirs", map[string]string{"new": "file\n"})
			move = func() { r.remote(t, "update-ref", "refs/heads/main", theirs) }
			cache := t.TempDir()
			f := gitsrc.New(gitsrc.Options{CacheDir: cache})
			ours := change(base, "main", map[string]string{"values.yaml": "replicas: 2\n"})
			_, err := f.Commit(t.Context(), source(url, "main"), ours)
			if err == nil || !strings.Contains(err.Error(), "main") {
				t.Errorf("got %v", err)
			}
			if tip := r.remote(t, "rev-parse", "main"); tip != theirs {
				t.Errorf("main is at %s, want their commit %s", tip, theirs)
			}
			if left, err := filepath.Glob(filepath.Join(cache, "*.git", "refs", "wheelhouse", "*")); err != nil || len(left) != 0 {
				t.Errorf("the store keeps %v, %v", left, err)
			}
			got, err := f.Commit(t.Context(), source(url, "main"), ours)
			if err != nil {
				t.Fatal(err)
			}
			files := fetch(t, f, source(url, "main"), got.ID).Files
			for name, want := range map[string]string{"values.yaml": "replicas: 2\n", "new": "file\n"} {
				if text := readFile(t, files, name); text != want {
					t.Errorf("%s is %q, want %q", name, text, want)
				}
			}
			r.sound(t)
		})
	}
}

func TestAPushThatTheServerRefuses(t *testing.T) {
	t.Parallel()
	readOnly := func(r *http.Request) int {
		if strings.HasSuffix(actOf(r), "git-receive-pack") {
			return http.StatusForbidden
		}
		return 0
	}
	for name, tt := range map[string]struct {
		guard  func(*http.Request) int
		hook   string
		want   string
		remedy string
	}{
		"a login that may only read": {
			guard: readOnly, want: "push to main of URL: the credentials were refused",
			remedy: "register others: wheelhouse repo add URL --upsert --username NAME --password -",
		},
		"a hook that declines": {hook: "#!/bin/sh\nexit 1\n", want: "push to main of URL: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, tt.guard)
			r, url, base := s.shop(t)
			if tt.hook != "" {
				hook := filepath.Join(r.bare, "hooks", "pre-receive")
				write(t, hook, tt.hook)
				if err := os.Chmod(hook, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			f := newFetcher(t)
			_, err := f.Commit(t.Context(), source(url, "main"), change(base, "main", map[string]string{"values.yaml": "replicas: 2\n"}))
			if want := strings.ReplaceAll(tt.want, "URL", url); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
			if got, want := hint.Of(err), strings.ReplaceAll(tt.remedy, "URL", url); tt.remedy != "" && got != want {
				t.Errorf("the remedy is %q, want %q", got, want)
			}
			if tip := r.remote(t, "rev-parse", "main"); tip != base {
				t.Errorf("main is at %s, want %s", tip, base)
			}
			if got := resolve(t, f, source(url, "main"), 0); got.ID != base {
				t.Errorf("main resolves to %s, want %s", got.ID, base)
			}
		})
	}
}

func TestACommitOnAnUnknownBase(t *testing.T) {
	t.Parallel()
	r, tip := newShop(t)
	_, err := newFetcher(t).Commit(t.Context(), source(r.url(), "main"), change(strings.Repeat("b", 40), "main", map[string]string{"new": "file\n"}))
	if err == nil || !strings.Contains(err.Error(), "read commit bbbbbbb") {
		t.Errorf("got %v", err)
	}
	if got := r.remote(t, "rev-parse", "main"); got != tip {
		t.Errorf("main is at %s, want %s", got, tip)
	}
}

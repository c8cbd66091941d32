package gitsrc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// change is a commit of files on a base.
func change(base, branch string, files map[string]string) app.NewCommit {
	c := app.NewCommit{Base: base, Branch: branch, Message: "raise the replicas\n\nTwo were too few.\n", Author: "Ada Byron <ada@example.com>"}
	c.Files = map[string][]byte{}
	for name, text := range files {
		c.Files[name] = []byte(text)
	}
	return c
}

// tree is what git lists of a commit: mode and path of every file.
func (r repository) tree(t *testing.T, revision string) []string {
	t.Helper()
	return strings.Split(r.remote(t, "ls-tree", "-r", "--format=%(objectmode) %(path)", revision), "\n")
}

// sound lets git check every object of the repository.
func (r repository) sound(t *testing.T) {
	t.Helper()
	r.remote(t, "fsck", "--full", "--strict", "--no-dangling")
}

func TestCommit(t *testing.T) {
	t.Parallel()
	s := newServer(t, withPassword("open sesame"))
	r, served, base := s.shop(t)
	withUser := strings.Replace(served, "://", "://mira:open%20sesame@", 1)
	for _, tt := range []struct{ protocol, url, text string }{
		{"http", withUser, "replicas: 2\n"},
		{"file", r.url(), "replicas: 3\n"},
	} {
		f := newFetcher(t)
		fetch(t, f, source(tt.url, "main"), base)
		before := time.Now().Add(-2 * time.Second)
		got, err := f.Commit(t.Context(), source(tt.url, "main"), change(base, "main", map[string]string{"values.yaml": tt.text}))
		if err != nil {
			t.Fatalf("commit over %s: %v", tt.protocol, err)
		}
		if got.Date.Before(before) || time.Since(got.Date) < -2*time.Second {
			t.Errorf("%s: it is dated %v", tt.protocol, got.Date)
		}
		tip := r.remote(t, "rev-parse", "main")
		want := app.Commit{Revision: "main", ID: tip, Author: "Ada Byron", Date: got.Date, Message: "raise the replicas"}
		if !cmp.Equal(got, want) {
			t.Errorf("%s: %s", tt.protocol, cmp.Diff(want, got))
		}
		if parent := r.remote(t, "rev-parse", "main~1"); parent != base {
			t.Errorf("%s: its parent is %s, want %s", tt.protocol, parent, base)
		}
		if who := r.remote(t, "log", "-1", "--format=%an <%ae> %cn <%ce>", "main"); who != "Ada Byron <ada@example.com> Ada Byron <ada@example.com>" {
			t.Errorf("%s: it is by %q", tt.protocol, who)
		}
		if body := r.remote(t, "log", "-1", "--format=%B", "main"); body != "raise the replicas\n\nTwo were too few." {
			t.Errorf("%s: its message is %q", tt.protocol, body)
		}
		if text := readFile(t, fetch(t, f, source(tt.url, "main"), got.ID).Files, "values.yaml"); text != tt.text {
			t.Errorf("%s: values.yaml is %q", tt.protocol, text)
		}
		base = got.ID
	}
	r.sound(t)
}

func TestCommitsKeepTheRestOfTheTree(t *testing.T) {
	t.Parallel()
	begin := map[string]string{
		"web.yaml": "1\n", "web/chart.yaml": "2\n", "web/templates/a.yaml": "3\n", "web-two/b.yaml": "4\n", "run": "#!/bin/sh\n", "last": "5\n",
	}
	all := []string{
		"100644 last", "100755 run", "100644 web-two/b.yaml", "100644 web.yaml", "100644 web/chart.yaml", "100644 web/templates/a.yaml",
	}
	tests := map[string]struct {
		files   map[string][]byte
		add     []string
		without string
	}{
		"a file at the root is changed":          {files: map[string][]byte{"web.yaml": []byte("new\n")}},
		"a file in a folder is changed":          {files: map[string][]byte{"web/templates/a.yaml": []byte("new\n")}},
		"a changed file stays executable":        {files: map[string][]byte{"run": []byte("new\n")}},
		"a file becomes empty, which is no loss": {files: map[string][]byte{"web.yaml": {}}},
		"a new file at the root":                 {files: map[string][]byte{"new": []byte("new\n")}, add: []string{"100644 new"}},
		"a new file in a folder":                 {files: map[string][]byte{"web/new.yaml": []byte("new\n")}, add: []string{"100644 web/new.yaml"}},
		"a new file in new folders": {
			files: map[string][]byte{"api/templates/deep/new.yaml": []byte("new\n")}, add: []string{"100644 api/templates/deep/new.yaml"},
		},
		"a folder whose name sorts between others": {
			files: map[string][]byte{"web-/new": []byte("new\n"), "web0/new": []byte("new\n")}, add: []string{"100644 web-/new", "100644 web0/new"},
		},
		"several files at once": {
			files: map[string][]byte{"web.yaml": []byte("new\n"), "web/chart.yaml": []byte("new\n"), "web/x/y": []byte("new\n")},
			add:   []string{"100644 web/x/y"},
		},
		"a file is removed":             {files: map[string][]byte{"web/chart.yaml": nil}, without: "100644 web/chart.yaml"},
		"a file at the root is removed": {files: map[string][]byte{"last": nil}, without: "100644 last"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepository(t, t.TempDir(), "shop")
			for name, text := range begin {
				write(t, filepath.Join(r.work, name), text)
			}
			if err := os.Chmod(filepath.Join(r.work, "run"), 0o700); err != nil {
				t.Fatal(err)
			}
			base := r.push(t, "main", "begin")
			c := change(base, "main", nil)
			c.Files = tt.files
			f := newFetcher(t)
			got, err := f.Commit(t.Context(), source(r.url(), "main"), c)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]bool{}
			for _, line := range append(tt.add, all...) {
				want[line] = line != tt.without
			}
			listed := map[string]bool{tt.without: false}
			for _, line := range r.tree(t, "main") {
				listed[line] = true
			}
			if tt.without == "" {
				delete(listed, "")
			}
			if !cmp.Equal(listed, want) {
				t.Error(cmp.Diff(want, listed))
			}
			changed := strings.Fields(r.remote(t, "diff", "--name-only", base, got.ID))
			if len(changed) != len(tt.files) {
				t.Errorf("it changed %v, want %d files", changed, len(tt.files))
			}
			files := fetch(t, f, source(r.url(), "main"), got.ID).Files
			for name, text := range tt.files {
				if text == nil {
					continue
				}
				if b := readFile(t, files, name); b != string(text) {
					t.Errorf("%s is %q, want %q", name, b, text)
				}
			}
			r.sound(t)
		})
	}
}

func TestTheAuthor(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ author, want string }{
		"a name and an address":     {"Ada Byron <ada@example.com>", "Ada Byron|ada@example.com"},
		"spaces around them":        {"  Ada Byron  < ada@example.com >  ", "Ada Byron|ada@example.com"},
		"a name without an address": {"Ada Byron", "Ada Byron|"},
		"letters beyond ASCII":      {"Zoë Łukasz <zoe@example.com>", "Zoë Łukasz|zoe@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, base := newShop(t)
			c := change(base, "main", map[string]string{"values.yaml": "replicas: 2\n"})
			c.Author = tt.author
			if _, err := newFetcher(t).Commit(t.Context(), source(r.url(), "main"), c); err != nil {
				t.Fatal(err)
			}
			if got := r.remote(t, "log", "-1", "--format=%an|%ae", "main"); got != tt.want {
				t.Errorf("it is by %q, want %q", got, tt.want)
			}
		})
	}
}

func TestResolveSeesACommitAtOnce(t *testing.T) {
	t.Parallel()
	r, base := newShop(t)
	f := newFetcher(t)
	src := source(r.url(), "main")
	resolve(t, f, src, time.Hour)
	c, err := f.Commit(t.Context(), src, change(base, "main", map[string]string{"values.yaml": "replicas: 2\n"}))
	if err != nil {
		t.Fatal(err)
	}
	if got := resolve(t, f, src, time.Hour); got.ID != c.ID {
		t.Errorf("main is %s, want %s", got.ID, c.ID)
	}
}

package gitsrc_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

func everything(string) bool { return true }

// wrapped is a program that notes its arguments and environment in a file, and then becomes git.
func wrapped(t *testing.T, before string) (path, notes string) {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	path, notes = filepath.Join(t.TempDir(), "git"), filepath.Join(t.TempDir(), "notes")
	script := fmt.Sprintf("#!/bin/sh\nprintf '%%s\\n' \"$*\" >> %s\n%s\nexec %s \"$@\"\n", notes, before, git)
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path, notes
}

func TestTheGitProgramBringsWhatGoGitBrings(t *testing.T) {
	t.Parallel()
	s := newServer(t, withPassword(canary))
	r, url, id := s.shop(t)
	r.tag(t, "v1.0.0", "the first")
	path, notes := wrapped(t, "")
	f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, password(url, canary)), ThroughGit: everything, Git: path})
	for _, rev := range []string{"main", "HEAD", "v1.0.0", "1.*"} {
		if got := resolve(t, f, source(url, rev), 0); got.ID != id {
			t.Errorf("%s is %s, want %s", rev, got.ID, id)
		}
	}
	if got := readFile(t, fetch(t, f, source(url, "main"), id).Files, "values.yaml"); got != "replicas: 1\n" {
		t.Errorf("values.yaml is %q", got)
	}
	next := r.commit(t, "main", "go on", map[string]string{"values.yaml": "replicas: 2\n"})
	if got := readFile(t, fetch(t, f, source(url, "main"), next).Files, "values.yaml"); got != "replicas: 2\n" {
		t.Errorf("values.yaml is %q", got)
	}
	made, err := f.Commit(t.Context(), source(url, "main"), change(next, "main", map[string]string{"values.yaml": "replicas: 3\n"}))
	if err != nil || r.remote(t, "rev-parse", "main") != made.ID {
		t.Errorf("committing gave %v, %v", made, err)
	}
	args, err := os.ReadFile(notes)
	if err != nil || !strings.Contains(string(args), "ls-remote") || !strings.Contains(string(args), "fetch") {
		t.Errorf("the program was called with %q, %v", args, err)
	}
	if strings.Contains(string(args), canary) {
		t.Errorf("the password is among the arguments: %s", args)
	}
}

// TestTheGitProgramIsInNoRepository starts in a clone of another repository, whose remote and settings are not ours to heed.
func TestTheGitProgramIsInNoRepository(t *testing.T) {
	s := newServer(t, nil)
	_, url, id := s.shop(t)
	around := t.TempDir()
	for _, args := range [][]string{
		{"init", "--quiet", around},
		{"-C", around, "remote", "add", "origin", "/nowhere"},
		{"-C", around, "config", "url./nowhere.insteadOf", "http://"},
	} {
		if out, err := exec.CommandContext(t.Context(), "git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	t.Chdir(around)
	f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, app.RepositoryLogin{Repository: app.Repository{URL: url}}), ThroughGit: everything})
	if got := resolve(t, f, source(url, "main"), 0); got.ID != id {
		t.Errorf("main is %s, want %s", got.ID, id)
	}
	if got := readFile(t, fetch(t, f, source(url, "main"), id).Files, "values.yaml"); got != "replicas: 1\n" {
		t.Errorf("values.yaml is %q", got)
	}
}

func TestFailuresOfTheGitProgramSayWhatToDo(t *testing.T) {
	t.Parallel()
	s, open := newServer(t, withPassword(canary)), newServer(t, nil)
	_, url, id := s.shop(t)
	newRepository(t, open.root, "empty")
	for name, tt := range map[string]struct{ url, git, want, remedy string }{
		"no login":      {url, "", "authentication is required", "wheelhouse repo add " + url},
		"no repository": {open.url + "/nothing.git", "", "there is no such repository", "check the URL"},
		"no commit":     {open.url + "/empty.git", "", "the repository is empty", "push a commit first"},
		"no program":    {url, filepath.Join(t.TempDir(), "git"), "the git program is needed for this server", "install git"},
	} {
		f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: gitsrc.NewRegistry(""), ThroughGit: everything, Git: tt.git})
		_, resolved := f.Resolve(t.Context(), source(tt.url, "main"), 0)
		errs := []error{resolved}
		if name != "no commit" {
			_, fetched := f.Fetch(t.Context(), source(tt.url, "main"), id)
			errs = append(errs, fetched)
		}
		for _, err := range errs {
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(hint.Of(err), tt.remedy) {
				t.Errorf("%s: got %v (%s), want %s (%s)", name, err, hint.Of(err), tt.want, tt.remedy)
			}
		}
	}
}

func TestACredentialHelperLogsInWhereNothingIsRegistered(t *testing.T) {
	t.Parallel()
	s := newServer(t, withPassword(canary))
	_, url, id := s.shop(t)
	config := filepath.Join(t.TempDir(), "gitconfig")
	write(t, config, "[credential]\n\thelper = \"!f() { test \\\"$1\\\" = get && echo username=mira && echo password="+canary+"; }; f\"\n")
	path, notes := wrapped(t, "export GIT_CONFIG_GLOBAL="+config)
	f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Git: path})
	if got := resolve(t, f, source(url, "main"), 0); got.ID != id {
		t.Errorf("got %s, want %s", got.ID, id)
	}
	fetch(t, f, source(url, "main"), id)
	if args, err := os.ReadFile(notes); err != nil || string(args) != "credential fill\n" {
		t.Errorf("the program was called with %q, %v, want one question", args, err)
	}
	// What the helper said serves the program, too.
	through := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Git: path, ThroughGit: everything})
	fetch(t, through, source(url, "main"), resolve(t, through, source(url, "main"), 0).ID)
	registered := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Git: path, Registry: login(t, app.RepositoryLogin{Repository: app.Repository{URL: url}})})
	if _, err := registered.Resolve(t.Context(), source(url, "main"), 0); err == nil {
		t.Error("the helper was asked for a repository that is registered")
	}
	nobody := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Git: filepath.Join(t.TempDir(), "git")})
	if _, err := nobody.Resolve(t.Context(), source(url, "main"), 0); err == nil || !strings.Contains(hint.Of(err), "wheelhouse repo add "+url) {
		t.Errorf("without the program: got %v (%s)", err, hint.Of(err))
	}
}

// TestARepositoryOfThisMachineNeedsTheGitProgram has none on PATH.
func TestARepositoryOfThisMachineNeedsTheGitProgram(t *testing.T) {
	r, id := newShop(t)
	f := newFetcher(t)
	t.Setenv("PATH", t.TempDir())
	for _, url := range []string{r.url(), r.bare} {
		src := source(url, "main")
		_, resolveErr := f.Resolve(t.Context(), src, 0)
		_, fetchErr := f.Fetch(t.Context(), src, id)
		for act, err := range map[string]error{"list": resolveErr, "fetch": fetchErr} {
			if err == nil || !strings.Contains(err.Error(), "the git program is needed for a repository of this machine") || !strings.Contains(hint.Of(err), "install git") {
				t.Errorf("%s %s gave %v (%s)", act, url, err, hint.Of(err))
			}
		}
	}
}

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/components"
)

// lfs runs the git-lfs program in the clone.
func (r *repository) lfs(program string, args ...string) {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), program, args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("git-lfs %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// newLargeRepository makes a repository whose clone keeps prod.yaml in Git LFS from the next push on, as git-lfs does it.
func newLargeRepository(t *testing.T, w *program, name string) (r *repository, program string) {
	t.Helper()
	program, err := components.GitLFS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r = newRepository(t, w.play, name, map[string]string{
		"Chart.yaml": "apiVersion: v2\nname: large\nversion: 1.0.0\n", "values.yaml": "word: plain\n",
		"templates/a.yaml": configMap("settings", "{{ .Values.word }}"),
		".gitattributes":   "prod.yaml filter=lfs diff=lfs merge=lfs -text\n",
	})
	r.git("config", "filter.lfs.process", "'"+program+"' filter-process")
	r.git("config", "filter.lfs.required", "true")
	// The program would have git push objects with each commit; here they are pushed by themselves.
	if err := os.WriteFile(filepath.Join(r.dir, ".git", "hooks", "pre-push"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return r, program
}

// TestValuesInGitLFS deploys a chart whose values file is kept in Git LFS, pushed there by the git-lfs program: first without
// its content, which an error says, then with it.
func TestValuesInGitLFS(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo, program := newLargeRepository(t, w, "large-values")
	repo.push("production", map[string]string{"prod.yaml": "word: large\n"})
	if got := repo.git("show", "HEAD:prod.yaml"); !strings.HasPrefix(got, "version https://git-lfs.github.com/spec/v1\n") {
		t.Fatalf("git has %q, want a pointer", got)
	}
	w.create("large-values", repo, "--values", "prod.yaml")
	failsEverywhere(w, "large-values", []string{"prod.yaml is kept in Git LFS, and what was read is its pointer"})
	contains(t, w.fails("app", "sync", "large-values").err, "wheelhouse repo add "+repo.url+" --enable-lfs")

	w.must("repo", "add", repo.url, "--enable-lfs")
	contains(t, w.must("repo", "list", "-o", "json"), `"enableLfs": true`)
	failsEverywhere(w, "large-values", []string{"prod.yaml", "nobody has pushed it"})
	contains(t, w.fails("app", "sync", "large-values").err, "git lfs push --object-id REMOTE ")

	repo.lfs(program, "push", "--all", "origin")
	w.must("app", "sync", "large-values")
	if got := w.see().get("large-values", "settings").Data["value"]; got != "large" {
		t.Errorf("live: %q", got)
	}
	repo.push("more", map[string]string{"prod.yaml": "word: larger\n"})
	repo.lfs(program, "push", "--all", "origin")
	contains(t, w.expect(1, "app", "diff", "large-values").out, "larger")
	w.must("app", "sync", "large-values")

	tip := repo.git("rev-parse", "origin/main")
	contains(t, w.editing("s/larger/largest/").fails("app", "edit", "large-values", "--values", "--commit", "-m", "more").err,
		"prod.yaml: it is kept in Git LFS", "in a clone with git-lfs")
	repo.git("fetch", "--quiet", "origin")
	if now := repo.git("rev-parse", "origin/main"); now != tip {
		t.Errorf("%s was pushed", now)
	}
	w.editing("s/larger/largest/").must("app", "edit", "large-values", "--values")
	w.must("app", "sync", "large-values")
	if got := w.see().get("large-values", "settings").Data["value"]; got != "largest" {
		t.Errorf("live: %q", got)
	}
}

// TestGitLFSBehindALogin has the same object by the password of https and by the key of SSH.
func TestGitLFSBehindALogin(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	user, password := w.play.GitCredentials()
	repo, program := newLargeRepository(t, w, "large-private")
	private := strings.Replace(w.play.PrivateGitURL(), "://", "://"+user+":"+password+"@", 1) + "/large-private.git"
	repo.git("remote", "set-url", "origin", private)
	repo.push("production", map[string]string{"prod.yaml": "word: private\n"})
	repo.lfs(program, "push", "--all", "origin")

	repo.url = w.play.PrivateGitURL() + "/large-private.git"
	w.must("repo", "add", repo.url, "--username", user, "--password", password, "--enable-lfs")
	w.create("large-private", repo, "--values", "prod.yaml")
	w.must("app", "sync", "large-private")
	if got := w.see().get("large-private", "settings").Data["value"]; got != "private" {
		t.Errorf("live by https: %q", got)
	}

	repo.url = w.play.SSHGitURL() + "/large-private.git"
	w.must("repo", "trust", repo.url, "--yes")
	w.must("repo", "add", repo.url, "--ssh-private-key-path", filepath.Join(w.play.Dir(), "ssh", "id_ed25519"), "--enable-lfs")
	w.create("large-ssh", repo, "--values", "prod.yaml")
	w.must("app", "sync", "large-ssh")
	if got := w.see().get("large-ssh", "settings").Data["value"]; got != "private" {
		t.Errorf("live by SSH: %q", got)
	}
}

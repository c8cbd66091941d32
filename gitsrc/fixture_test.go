package gitsrc_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
)

// TestMain keeps the user's own configuration of git away from every process that the tests start.
func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	home, err := os.MkdirTemp("", "gitsrc-home-*")
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(home) }()
	for name, value := range map[string]string{
		"HOME": home, "XDG_CONFIG_HOME": home, "GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
		"GIT_AUTHOR_NAME": "Mira Holt", "GIT_AUTHOR_EMAIL": "mira@example.com",
		"GIT_COMMITTER_NAME": "Mira Holt", "GIT_COMMITTER_EMAIL": "mira@example.com",
		// No agent of the user's logs in over SSH.
		"SSH_AUTH_SOCK":   "",
		"GIT_AUTHOR_DATE": "2024-05-06T07:08:09Z", "GIT_COMMITTER_DATE": "2024-05-06T07:08:09Z",
	} {
		if err := os.Setenv(name, value); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

// repository is a bare repository, and a work tree from which the tests push to it.
type repository struct{ bare, work string }

// newRepository makes an empty repository, root/name.git, whose branch is main.
func newRepository(t *testing.T, root, name string) repository {
	t.Helper()
	r := repository{bare: filepath.Join(root, name+".git"), work: t.TempDir()}
	r.git(t, "init", "--quiet", "--bare", "--initial-branch=main", r.bare)
	r.git(t, "-C", r.bare, "config", "http.receivepack", "true")
	r.git(t, "init", "--quiet", "--initial-branch=main")
	r.git(t, "remote", "add", "origin", r.bare)
	return r
}

// newShop makes a repository with one commit and returns the commit's id.
func newShop(t *testing.T) (repository, string) {
	t.Helper()
	r := newRepository(t, t.TempDir(), "shop")
	return r, r.commit(t, "main", "begin", map[string]string{"values.yaml": "replicas: 1\n", "web/chart.yaml": "name: web\n"})
}

// git runs git in the work tree and returns what it said.
func (r repository) git(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = r.work
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// remote runs git in the bare repository.
func (r repository) remote(t *testing.T, args ...string) string {
	t.Helper()
	return r.git(t, append([]string{"-C", r.bare}, args...)...)
}

// commit writes files, pushes them to a branch as one commit and returns its id. The branch starts where the work tree is.
func (r repository) commit(t *testing.T, branch, message string, files map[string]string) string {
	t.Helper()
	r.git(t, "checkout", "--quiet", "-B", branch)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		write(t, filepath.Join(r.work, name), files[name])
	}
	return r.push(t, branch, message)
}

// push commits the work tree as it is.
func (r repository) push(t *testing.T, branch, message string) string {
	t.Helper()
	r.git(t, "add", "--all")
	r.git(t, "commit", "--quiet", "--allow-empty", "--message", message)
	r.git(t, "push", "--quiet", "--force", "origin", "HEAD:refs/heads/"+branch)
	return r.git(t, "rev-parse", "HEAD")
}

// tag pushes a tag of the work tree's commit; one with a message is annotated.
func (r repository) tag(t *testing.T, name, message string) {
	t.Helper()
	args := []string{"tag", name}
	if message != "" {
		args = append(args, "--annotate", "--message", message)
	}
	r.git(t, args...)
	r.git(t, "push", "--quiet", "origin", "refs/tags/"+name)
}

// url is the repository's address without a server.
func (r repository) url() string { return "file://" + r.bare }

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// newFetcher returns a fetcher with a store of its own.
func newFetcher(t *testing.T) *gitsrc.Fetcher {
	t.Helper()
	return gitsrc.New(gitsrc.Options{CacheDir: filepath.Join(t.TempDir(), "cache")})
}

func source(url, revision string) app.Source {
	return app.Source{RepoURL: url, TargetRevision: revision}
}

// resolve asks for a revision that must be there.
func resolve(t *testing.T, f *gitsrc.Fetcher, src app.Source, maxAge time.Duration) app.Commit {
	t.Helper()
	c, err := f.Resolve(t.Context(), src, maxAge)
	if err != nil {
		t.Fatalf("resolve %s: %v", src.Revision(), err)
	}
	return c
}

// fetch brings a commit that must be there.
func fetch(t *testing.T, f *gitsrc.Fetcher, src app.Source, id string) app.Checkout {
	t.Helper()
	c, err := f.Fetch(t.Context(), src, id)
	if err != nil {
		t.Fatalf("fetch %s: %v", id, err)
	}
	return c
}

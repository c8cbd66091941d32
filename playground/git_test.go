package playground_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// git runs git without the user's own configuration and without asking anybody.
func git(t *testing.T, dir string, env []string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Mira Holt", "GIT_AUTHOR_EMAIL=mira@example.com",
		"GIT_COMMITTER_NAME=Mira Holt", "GIT_COMMITTER_EMAIL=mira@example.com"), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func mustGit(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	out, err := git(t, dir, env, args...)
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// pushAndClone pushes a commit to a new repository and finds it in another clone.
func pushAndClone(t *testing.T, base, name string, env []string) {
	t.Helper()
	if err := playtest.Shared(t).MakeRepository(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	from, to := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(from, "greeting"), []byte("hello "+name), 0o600); err != nil {
		t.Fatal(err)
	}
	mustGit(t, from, env, "init", "--quiet", "--initial-branch=main")
	mustGit(t, from, env, "add", "--all")
	mustGit(t, from, env, "commit", "--quiet", "--message", "begin")
	mustGit(t, from, env, "push", "--quiet", base+"/"+name+".git", "main")
	mustGit(t, to, env, "clone", "--quiet", base+"/"+name+".git", ".")
	b, err := os.ReadFile(filepath.Join(to, "greeting"))
	if err != nil || string(b) != "hello "+name {
		t.Errorf("cloned %q (%v)", b, err)
	}
}

func TestGit(t *testing.T) {
	t.Parallel()
	p := playtest.Shared(t)
	user, password := p.GitCredentials()
	withPassword := func(password string) string {
		u, err := url.Parse(p.PrivateGitURL())
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword(user, password)
		return u.String()
	}
	key := func(file string) []string {
		return []string{fmt.Sprintf("GIT_SSH_COMMAND=ssh -F /dev/null -i %s -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes", file)}
	}
	t.Run("a repository without a password is cloned and pushed to over HTTP", func(t *testing.T) {
		t.Parallel()
		pushAndClone(t, p.GitURL(), "open", nil)
	})
	t.Run("a private repository is cloned and pushed to with its password", func(t *testing.T) {
		t.Parallel()
		pushAndClone(t, withPassword(password), "private", nil)
	})
	t.Run("a private repository is refused without its password", func(t *testing.T) {
		t.Parallel()
		for _, base := range []string{p.PrivateGitURL(), withPassword("wrong")} {
			if out, err := git(t, t.TempDir(), nil, "ls-remote", base+"/helm-web.git"); err == nil {
				t.Errorf("it was listed:\n%s", out)
			}
		}
		resp, err := http.Get(p.PrivateGitURL() + "/helm-web.git/info/refs?service=git-upload-pack")
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized || resp.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("it answers %s, want 401 with a challenge", resp.Status)
		}
	})
	t.Run("a repository is cloned and pushed to over SSH with the client's key", func(t *testing.T) {
		t.Parallel()
		pushAndClone(t, p.SSHGitURL(), "over-ssh", key(filepath.Join(p.Dir(), "ssh", "id_ed25519")))
	})
	t.Run("another key is refused over SSH", func(t *testing.T) {
		t.Parallel()
		if out, err := git(t, t.TempDir(), key(filepath.Join(p.Dir(), "ssh", "host_ed25519")), "ls-remote", p.SSHGitURL()+"/helm-web.git"); err == nil {
			t.Errorf("it was listed:\n%s", out)
		}
	})
	t.Run("a repository is not made twice", func(t *testing.T) {
		t.Parallel()
		if err := p.MakeRepository(t.Context(), "helm-web"); !errors.Is(err, fs.ErrExist) {
			t.Errorf("got %v, want that it exists", err)
		}
	})
	t.Run("a commit is on its branch", func(t *testing.T) {
		t.Parallel()
		id, err := p.Commit(t.Context(), "umbrella", "feature", "add a file", map[string][]byte{"new": []byte("text")})
		if err != nil {
			t.Fatal(err)
		}
		if out := mustGit(t, t.TempDir(), nil, "ls-remote", p.GitURL()+"/umbrella.git", "refs/heads/feature"); !strings.HasPrefix(out, id) {
			t.Errorf("the branch is at %q, want %s", out, id)
		}
	})
}

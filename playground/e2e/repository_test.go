package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
)

// repository is a colleague's clone of a repository of the playground.
type repository struct {
	t   *testing.T
	url string
	dir string
}

// newRepository makes a repository with these files on main.
func newRepository(t *testing.T, p *playground.Playground, name string, files map[string]string) *repository {
	t.Helper()
	if err := p.MakeRepository(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	r := &repository{t: t, url: p.GitURL() + "/" + name + ".git", dir: t.TempDir()}
	r.git("init", "--quiet", "--initial-branch=main")
	r.git("remote", "add", "origin", r.url)
	r.push("begin", files)
	return r
}

// push commits files on top of main and pushes them; an empty text removes a file. It returns the commit's id.
func (r *repository) push(message string, files map[string]string) string {
	r.t.Helper()
	for name, text := range files {
		path := filepath.Join(r.dir, name)
		if text == "" {
			if err := os.Remove(path); err != nil {
				r.t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			r.t.Fatal(err)
		}
	}
	r.git("add", "--all")
	r.git("commit", "--quiet", "--message", message)
	r.git("push", "--quiet", "origin", "main")
	return r.git("rev-parse", "HEAD")
}

// git runs git in the clone without the user's own configuration.
func (r *repository) git(args ...string) string {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "git", args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Mira Holt", "GIT_AUTHOR_EMAIL=mira@example.com",
		"GIT_COMMITTER_NAME=Mira Holt", "GIT_COMMITTER_EMAIL=mira@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// deployment is the manifest of a Deployment whose Pods become ready.
func deployment(name string, replicas int) string {
	return fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: %[1]s
spec:
  replicas: %[2]d
  selector:
    matchLabels: {app: %[1]s}
  template:
    metadata:
      labels: {app: %[1]s}
    spec:
      containers:
        - name: main
          image: example/%[1]s:1
`, name, replicas)
}

// configMap is the manifest of a ConfigMap with one entry.
func configMap(name, value string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %s\ndata:\n  value: %s\n", name, value)
}

// create makes an application of the repository's root in a namespace of its name; flags add to it.
func (p *program) create(name string, r *repository, flags ...string) {
	p.t.Helper()
	p.must(append([]string{
		"app", "create", name, "--repo", r.url, "--path", ".", "--revision", "main", "--dest-name", playground.Context,
		"--dest-namespace", name, "--sync-option", "CreateNamespace=true",
	}, flags...)...)
}

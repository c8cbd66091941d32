package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// patience bounds every run of the program: none that hangs may hang the tests.
const patience = playtest.Patience

// program is wheelhouse as one user runs it: with a store, a kubeconfig and folders of its own.
type program struct {
	t     *testing.T
	play  *playground.Playground
	path  string
	store string
	env   map[string]string
}

// onSamples returns the program on the store of the sample applications.
func onSamples(t *testing.T) *program {
	t.Helper()
	p := playtest.Shared(t)
	return newProgram(t, p, strings.TrimPrefix(p.Store(), "file:"))
}

// onOwnStore returns the program on an empty store of this test.
func onOwnStore(t *testing.T) *program {
	t.Helper()
	store := filepath.Join(t.TempDir(), "store")
	if err := os.Mkdir(store, 0o755); err != nil {
		t.Fatal(err)
	}
	return newProgram(t, playtest.Shared(t), store)
}

func newProgram(t *testing.T, p *playground.Playground, store string) *program {
	t.Helper()
	home := t.TempDir()
	return &program{t: t, play: p, path: build(t, p), store: store, env: map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": home, "LANG": "C.UTF-8",
		"XDG_DATA_HOME": filepath.Join(home, "data"), "XDG_CONFIG_HOME": filepath.Join(home, "config"),
		"XDG_CACHE_HOME": filepath.Join(home, "cache"), "XDG_STATE_HOME": filepath.Join(home, "state"),
		"KUBECONFIG": p.Kubeconfig(), "WHEELHOUSE_STORE": "file:" + store,
	}}
}

// in returns the same program for a subtest, which it then fails.
func (p *program) in(t *testing.T) *program {
	other := *p
	other.t = t
	return &other
}

// see looks into the cluster beside the program.
func (p *program) see() eyes {
	p.t.Helper()
	return cluster(p.t, p.play)
}

// with returns the same program with another environment variable.
func (p *program) with(name, value string) *program {
	other := *p
	other.env = map[string]string{name: value}
	for k, v := range p.env {
		if k != name {
			other.env[k] = v
		}
	}
	return &other
}

// result is what one run left behind.
type result struct {
	out, err string
	status   int
}

func (p *program) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.path, args...)
	for k, v := range p.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	return cmd
}

// run runs the program to its end.
func (p *program) run(args ...string) result {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	cmd := p.command(ctx, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || !exit.Exited()) {
		p.t.Fatalf("wheelhouse %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), errs.String())
	}
	return result{out: out.String(), err: errs.String(), status: cmd.ProcessState.ExitCode()}
}

// expect runs the program and fails the test when it ends with another status.
func (p *program) expect(status int, args ...string) result {
	p.t.Helper()
	r := p.run(args...)
	if r.status != status {
		p.t.Fatalf("wheelhouse %s: exit status %d, want %d\n%s%s", strings.Join(args, " "), r.status, status, r.out, r.err)
	}
	return r
}

// must runs the program, which must succeed, and returns what it printed.
func (p *program) must(args ...string) string {
	p.t.Helper()
	return p.expect(0, args...).out
}

// fails runs the program, which must neither succeed, nor report a difference, nor complain about its usage.
func (p *program) fails(args ...string) result {
	p.t.Helper()
	r := p.run(args...)
	if r.status <= 2 {
		p.t.Errorf("wheelhouse %s: exit status %d, want one that says it could not be done\n%s%s", strings.Join(args, " "), r.status, r.out, r.err)
	}
	return r
}

// contains fails the test when a text lacks one of the parts.
func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in:\n%s", part, text)
		}
	}
}

// application is the part of `-o json` that the tests read, in Argo CD's names.
type application struct {
	Metadata struct {
		Name        string            `json:"name"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Status struct {
		Sync       struct{ Status, Revision string }
		Health     struct{ Status string }
		Conditions []struct{ Type, Message string }
		Resources  []struct{ Kind, Name, Status string }
		History    []struct{ Revision string }

		ReconciledAt string
	} `json:"status"`
}

// read decodes the JSON that a run printed.
func read[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("read JSON: %v\n%s", err, text)
	}
	return v
}

// get returns the application as it is stored.
func (p *program) get(name string) application {
	p.t.Helper()
	return read[application](p.t, p.must("app", "get", name, "-o", "json"))
}

// writeConfig makes a text the program's configuration file.
func (p *program) writeConfig(text string) {
	p.t.Helper()
	dir := filepath.Join(p.env["XDG_CONFIG_HOME"], "wheelhouse")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

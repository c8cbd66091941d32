package cli_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/cli"
)

// asProgram is set for a run of the test binary that is the program itself; the worker that it starts of itself is one
// by its argument.
const asProgram = "WHEELHOUSE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" || len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "render-") {
		os.Exit(cli.Main(context.Background(), os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
	}
	os.Exit(m.Run())
}

// program is wheelhouse with a store and folders of its own, and without any cluster.
type program struct {
	t     *testing.T
	home  string
	store string
	env   []string
	stdin string
}

func newProgram(t *testing.T) *program {
	t.Helper()
	home := t.TempDir()
	store := filepath.Join(home, "applications")
	return &program{t: t, home: home, store: store, env: []string{
		asProgram + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_DATA_HOME=" + home, "XDG_CACHE_HOME=" + home,
		"XDG_STATE_HOME=" + home, "XDG_CONFIG_HOME=" + home, "KUBECONFIG=" + filepath.Join(home, "none"),
		"WHEELHOUSE_STORE=file:" + store,
	}}
}

// reads returns the same program with a text on its standard input.
func (p *program) reads(text string) *program {
	other := *p
	other.stdin = text
	return &other
}

// in returns the same program for a subtest, which it then fails.
func (p *program) in(t *testing.T) *program {
	other := *p
	other.t = t
	return &other
}

type result struct {
	out, err string
	status   int
}

func (p *program) run(args ...string) result {
	p.t.Helper()
	self, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	cmd := exec.CommandContext(p.t.Context(), self, args...)
	cmd.Env, cmd.Dir, cmd.Stdin = p.env, p.home, strings.NewReader(p.stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); !ok {
			p.t.Fatal(err)
		}
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

func (p *program) must(args ...string) string {
	p.t.Helper()
	return p.expect(0, args...).out
}

// write writes a file below the program's home and returns its path.
func (p *program) write(name, text string) string {
	p.t.Helper()
	path := filepath.Join(p.home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return path
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in:\n%s", part, text)
		}
	}
}

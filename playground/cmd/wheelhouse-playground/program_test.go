package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// asProgram is set for a run of the test binary that is the program itself.
const asProgram = "WHEELHOUSE_PLAYGROUND_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// result is what one run left behind.
type result struct {
	out, err string
	status   int
}

func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(append(os.Environ(), asProgram+"=1"), env...)
	return cmd
}

// expect runs the program and fails the test when it ends with another status.
func expect(t *testing.T, status int, args ...string) result {
	t.Helper()
	return expectWith(t, nil, status, args...)
}

func expectWith(t *testing.T, env []string, status int, args ...string) result {
	t.Helper()
	cmd := command(t, env, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); !ok {
			t.Fatal(err)
		}
	}
	r := result{out: out.String(), err: errs.String(), status: cmd.ProcessState.ExitCode()}
	if r.status != status {
		t.Fatalf("wheelhouse-playground %s: exit status %d, want %d\n%s%s", strings.Join(args, " "), r.status, status, r.out, r.err)
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

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// piped starts the program with its output in a pipe, the errors too where they are not kept apart, and returns the end that
// reads it.
func (p *program) piped(errs io.Writer, args ...string) (*exec.Cmd, *os.File) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	cmd := p.command(ctx, args...)
	r, w, err := os.Pipe()
	if err != nil {
		p.t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	if errs != nil {
		cmd.Stderr = errs
	}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	_ = w.Close()
	p.t.Cleanup(func() {
		_ = r.Close()
		cancel()
		_ = cmd.Wait()
	})
	return cmd, r
}

// readOne reads one line, and is gone.
func readOne(t *testing.T, r *os.File) string {
	t.Helper()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("read a line: %v", err)
	}
	_ = r.Close()
	return line
}

// TestASyncGoesOnWithoutItsReader takes away who reads a sync's output, as head does and a line of ssh that drops: the operation
// is carried on to its end.
func TestASyncGoesOnWithoutItsReader(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("unread", newRepository(t, w.play, "unread", map[string]string{
		"hook.yaml": endless, "one.yaml": configMap("one", "first"), "two.yaml": inWave("2", configMap("two", "second")),
	}))
	cmd, r := w.piped(nil, "app", "sync", "unread")
	contains(t, readOne(t, r), "Namespace/unread")
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "the hook runs", func() error { return see.find("job", "unread", "gate") })
	see.letGo("unread")
	if err := cmd.Wait(); err != nil {
		t.Errorf("the sync ended with %v", err)
	}
	see.present("configmap", "unread", "two")
	contains(t, w.must("app", "history", "unread"), "r1", "Succeeded")
	if out := w.must("app", "get", "unread"); strings.Contains(out, "OperationInterrupted") {
		t.Errorf("it is called interrupted:\n%s", out)
	}
}

// TestCommandsEndWithoutTheirReader has commands print to nobody: they end as if all had been read, and say nothing about it.
func TestCommandsEndWithoutTheirReader(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("unread-verbs", newRepository(t, w.play, "unread-verbs", map[string]string{"one.yaml": configMap("one", "first")}))
	for _, c := range []struct {
		name   string
		status int
		args   []string
	}{
		{"a table", 0, []string{"app", "list"}},
		{"a document", 0, []string{"app", "get", "unread-verbs", "-o", "json"}},
		{"help", 0, []string{"app", "sync", "--help"}},
		{"a difference", 1, []string{"app", "diff", "unread-verbs"}},
		{"a difference, for a script", 1, []string{"app", "diff", "unread-verbs", "-o", "json"}},
		{"an application that is not", 3, []string{"app", "get", "nobody"}},
		{"a sync that prints all it has", 0, []string{"app", "sync", "unread-verbs"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var errs bytes.Buffer
			cmd, r := w.in(t).piped(&errs, c.args...)
			_ = r.Close()
			_ = cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != c.status {
				t.Errorf("exit status %d (%s), want %d\n%s", got, cmd.ProcessState, c.status, errs.String())
			}
			if strings.Contains(errs.String(), "pipe") {
				t.Errorf("it speaks of the pipe:\n%s", errs.String())
			}
		})
	}
}

// TestFollowedLogsEndWithTheirReader follows a log that never ends until nobody reads it.
func TestFollowedLogsEndWithTheirReader(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t).overLine(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if !strings.HasSuffix(r.URL.Path, "/log") {
			next.ServeHTTP(w, r)
			return
		}
		for {
			if _, err := fmt.Fprintln(w, "one more line"); err != nil {
				return
			}
		}
	})
	w.create("talking", newRepository(t, w.play, "talking", map[string]string{"front.yaml": deployment("front", 1)}))
	w.must("app", "sync", "talking", "--wait", "--timeout", "120s")
	t.Run("of a pipe", func(t *testing.T) {
		var errs bytes.Buffer
		cmd, r := w.in(t).piped(&errs, "app", "logs", "talking", "--follow")
		contains(t, readOne(t, r), "one more line")
		if err := cmd.Wait(); err != nil {
			t.Errorf("it ended with %v\n%s", err, errs.String())
		}
	})
	t.Run("of a terminal", func(t *testing.T) {
		x := w.in(t).console(80, 24, "app", "logs", "talking", "--follow").shows("one more line")
		x.tmux("kill-server")
	})
}

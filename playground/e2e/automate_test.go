package e2e

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// output is what a program in the background has printed so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// automate runs `wheelhouse automate` until the test ends, and returns when it holds the automation of the store.
func (p *program) automate(flags ...string) *output {
	p.t.Helper()
	out := &output{}
	ctx := context.WithoutCancel(p.t.Context())
	cmd := p.command(ctx, append([]string{"automate", "--interval", "5s"}, flags...)...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { p.end(cmd, out) })
	eventuallySays(p.t, out, "automation: this process")
	return out
}

// end asks a program in the background to end and waits for it: a signal must be enough.
func (p *program) end(cmd *exec.Cmd, out *output) {
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Errorf("end automate: %v", err)
	}
	hung := time.AfterFunc(playtest.Patience, func() {
		p.t.Error("automate does not end on a signal")
		_ = cmd.Process.Kill()
	})
	_ = cmd.Wait()
	hung.Stop()
	if p.t.Failed() {
		p.t.Logf("automate said:\n%s", out)
	}
}

// eventuallySays waits until a program in the background has printed a text.
func eventuallySays(t *testing.T, out *output, text string) {
	t.Helper()
	playtest.Eventually(t, playtest.Patience, "it says "+text, func() error {
		if !strings.Contains(out.String(), text) {
			return errors.New("it says: " + out.String())
		}
		return nil
	})
}

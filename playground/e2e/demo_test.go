package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/components"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// firstRows is within what time after the control plane's start the console of a demo shows its rows.
const firstRows = 10 * time.Second

// TestDemo opens the demo in a terminal, as `make demo` does, and ends it well and badly.
func TestDemo(t *testing.T) {
	t.Parallel()
	p := onOwnStore(t)
	buildPlayground(t, filepath.Dir(p.path))
	bin, err := components.Ensure(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	p = p.with(components.EnvBin, bin)
	dir := filepath.Join(t.TempDir(), "demo")
	t.Run("the first rows are there soon after the control plane, and q takes all down", func(t *testing.T) {
		x := p.in(t).console(120, 40, "demo", "--dir", dir)
		rows := x.demoShown(dir)
		// A busy machine is no fault of the console: one start of three in time is enough.
		for try := 1; rows > firstRows && try < 3; try++ {
			x.quitDemo(dir)
			x = p.in(t).console(120, 40, "demo", "--dir", dir)
			rows = x.demoShown(dir)
		}
		if rows > firstRows {
			t.Errorf("the first rows came %s after the control plane, want at most %s", rows, firstRows)
		}
		x.shows("automation: this console", "self-healed").quitDemo(dir)
	})
	t.Run("a demo that is killed leaves nothing running", func(t *testing.T) {
		x := p.in(t).console(80, 24, "demo", "--dir", dir)
		x.demoShown(dir)
		if err := syscall.Kill(x.pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		nothingRuns(t, dir)
	})
	t.Run("a demo that is interrupted while it starts leaves nothing running", func(t *testing.T) {
		x := p.in(t).console(80, 24, "demo", "--dir", dir)
		x.shows("git server and repositories").press("C-c").ended()
		nothingRuns(t, dir)
	})
}

// demoShown waits for the rows of a demo and returns how long after the control plane's start they came.
func (x *terminal) demoShown(dir string) time.Duration {
	x.t.Helper()
	playtest.Eventually(x.t, 4*time.Minute, "the demo shows its applications", func() error {
		if s := x.screen(); !strings.Contains(s, "helm-web-2") {
			return errors.New(s)
		}
		return nil
	})
	shown := time.Now()
	info, err := os.Stat(filepath.Join(dir, "playground.json"))
	if err != nil {
		x.t.Fatal(err)
	}
	return shown.Sub(info.ModTime())
}

// quitDemo leaves the console, also while the automation is at work.
func (x *terminal) quitDemo(dir string) {
	x.t.Helper()
	x.press("q")
	playtest.Eventually(x.t, playtest.Patience, "the demo ends", func() error {
		screen, err := x.try("capture-pane", "-p")
		if err != nil {
			return nil
		}
		// It ends between two looks, and then a key has nobody to go to.
		if strings.Contains(screen, "Quit while an operation runs?") {
			_, _ = x.try("send-keys", "Right", "Enter")
		}
		return errors.New(screen)
	})
	nothingRuns(x.t, dir)
}

// nothingRuns waits until no playground and no program of it runs in a folder.
func nothingRuns(t *testing.T, dir string) {
	t.Helper()
	playtest.Eventually(t, playtest.Patience, "everything has ended", func() error {
		if _, err := playground.StatusOf(t.Context(), dir); !errors.Is(err, playground.ErrNone) {
			return fmt.Errorf("the playground: %w", err)
		}
		lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
		if err != nil {
			return err
		}
		for _, line := range lines {
			if b, err := os.ReadFile(line); err == nil && strings.Contains(string(b), dir) {
				return errors.New(strings.ReplaceAll(string(b), "\x00", " ") + " still runs")
			}
		}
		return nil
	})
}

// buildPlayground compiles wheelhouse-playground beside wheelhouse.
func buildPlayground(t *testing.T, dir string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", filepath.Join(dir, "wheelhouse-playground"), "./cmd/wheelhouse-playground")
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build wheelhouse-playground: %v\n%s", err, out)
	}
}

package tui

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// patience is how long a test waits for what must happen some time, however busy the machine is.
const patience = 2 * time.Minute

// quiet are updates that never come.
type quiet struct{}

func (quiet) Next(ctx context.Context) ([]app.Key, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// terminal is the console on a pseudo terminal whose bytes an emulator reads.
type terminal struct {
	t      *testing.T
	master *os.File
	screen vt10x.Terminal
	ended  chan error
}

func openTerminal(t *testing.T, w, h int, environ ...string) *terminal {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Rows: uint16(h), Cols: uint16(w)}); err != nil {
		t.Fatal(err)
	}
	x := &terminal{t: t, master: master, screen: vt10x.New(vt10x.WithSize(w, h)), ended: make(chan error, 1)}
	var readers sync.WaitGroup
	readers.Go(func() {
		buf := make([]byte, 8192)
		for {
			n, err := master.Read(buf)
			if err != nil {
				return
			}
			if _, err := x.screen.Write(buf[:n]); err != nil {
				return
			}
		}
	})
	// A test that fails before it has quit ends the console with its own end.
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	readers.Go(func() {
		x.ended <- Run(ctx, shop(), quiet{}, app.Principal{Name: "ada", Role: app.Admin}, Options{
			Theme: "dark", In: slave, Out: slave, Environ: append([]string{"TERM=xterm-256color"}, environ...),
		})
	})
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(slave.Close(), master.Close()); err != nil {
			t.Error(err)
		}
		readers.Wait()
	})
	return x
}

// end quits and waits for the program's end.
func (x *terminal) end() {
	x.t.Helper()
	x.keys("q")
	select {
	case err := <-x.ended:
		if err != nil {
			x.t.Fatal(err)
		}
	case <-time.After(patience):
		x.t.Fatalf("q did not end the console:\n%s", x.screen.String())
	}
}

func (x *terminal) keys(s string) {
	x.t.Helper()
	if _, err := x.master.WriteString(s); err != nil {
		x.t.Fatal(err)
	}
}

// until polls the screen for a text.
func (x *terminal) until(want string) {
	x.t.Helper()
	deadline := time.Now().Add(patience)
	for !strings.Contains(x.screen.String(), want) {
		if time.Now().After(deadline) {
			x.t.Fatalf("%q did not appear:\n%s", want, x.screen.String())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestTheConsoleWorksInATerminal(t *testing.T) {
	t.Parallel()
	x := openTerminal(t, 100, 30)
	x.until("payments-worker")
	x.keys("s")
	x.until("apply this plan")
	x.keys("\x1b")
	x.until("sort: attention")
	x.keys("/led")
	x.until("1 of 4")
	x.keys("\r")
	x.keys("\r")
	x.until("Resources")
	x.keys("q")
	x.until("1 of 4")
	x.end()
}

func TestEscTwiceInOneReadGoesBackTwice(t *testing.T) {
	t.Parallel()
	x := openTerminal(t, 100, 30)
	x.until("payments-worker")
	x.keys("/led")
	x.until("1 of 4")
	x.keys("\r\r")
	x.until("Resources")
	x.keys("?")
	x.until("Keys on the screen")
	x.keys("\x1b\x1b")
	x.until("1 of 4")
	x.keys("\r")
	x.until("Resources")
	x.keys("s")
	x.until("apply this plan")
	x.keys("\x1b\x1b")
	x.until("1 of 4")
	x.end()
}

func TestNoColorIsHonoured(t *testing.T) {
	t.Parallel()
	coloured := func(environ ...string) bool {
		x := openTerminal(t, 100, 30, environ...)
		x.until("payments-worker")
		defer x.end()
		x.screen.Lock()
		defer x.screen.Unlock()
		for col := range 100 {
			for row := range 30 {
				if c := x.screen.Cell(col, row); c.FG != vt10x.DefaultFG && c.FG < 1<<24 {
					return true
				}
			}
		}
		return false
	}
	if !coloured("COLORTERM=truecolor") {
		t.Error("a terminal with colours got none")
	}
	if coloured("COLORTERM=truecolor", "NO_COLOR=1") {
		t.Error("NO_COLOR got colours")
	}
}

func TestAnUnknownThemeEndsBeforeAnythingIsDrawn(t *testing.T) {
	t.Parallel()
	err := Run(t.Context(), shop(), quiet{}, app.Principal{}, Options{Theme: "sepia"})
	if err == nil || !strings.Contains(err.Error(), "okabe-ito") {
		t.Errorf("the error is %v", err)
	}
}

func TestUTF8IsToldByTheLocale(t *testing.T) {
	t.Parallel()
	for env, want := range map[string]bool{
		"LANG=C.UTF-8": true, "LANG=en_GB.utf8": true, "LANG=C": false, "": false, "LANG=C.UTF-8 LC_ALL=C": false, "LANG=C LC_CTYPE=de_DE.UTF-8": true,
	} {
		get := func(name string) string {
			for _, pair := range strings.Fields(env) {
				if n, v, _ := strings.Cut(pair, "="); n == name {
					return v
				}
			}
			return ""
		}
		if got := UTF8(get); got != want {
			t.Errorf("UTF8(%s) = %v", env, got)
		}
	}
}

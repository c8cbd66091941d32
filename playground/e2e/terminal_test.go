package e2e

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// terminal is the console in a real terminal, driven by its keys.
type terminal struct {
	t      *testing.T
	socket string
	pid    int
	env    []string
}

// console opens the console in a terminal of this size.
func (p *program) console(w, h int, flags ...string) *terminal {
	p.t.Helper()
	x := &terminal{t: p.t, socket: p.t.TempDir() + "/tmux", env: []string{"TERM=xterm-256color"}}
	for k, v := range p.env {
		x.env = append(x.env, k+"="+v)
	}
	command := append([]string{p.path}, flags...)
	args := append([]string{"-f", "/dev/null", "new-session", "-d", "-P", "-F", "#{pane_pid}", "-x", strconv.Itoa(w), "-y", strconv.Itoa(h)}, command...)
	pid, err := strconv.Atoi(strings.TrimSpace(x.tmux(args...)))
	if err != nil {
		p.t.Fatalf("read the console's process: %v", err)
	}
	x.pid = pid
	p.t.Cleanup(func() {
		// The server is gone when the console has ended, which is how a test should leave it.
		cmd := exec.Command("tmux", "-S", x.socket, "kill-server")
		cmd.Env = x.env
		_ = cmd.Run()
		// A console that still runs writes into folders that go away after this.
		playtest.Eventually(p.t, playtest.Patience, "the console's process ends", func() error {
			if err := syscall.Kill(x.pid, 0); err == nil {
				return fmt.Errorf("process %d is there", x.pid)
			}
			return nil
		})
	})
	return x
}

func (x *terminal) try(args ...string) (string, error) {
	cmd := exec.CommandContext(x.t.Context(), "tmux", append([]string{"-S", x.socket}, args...)...)
	cmd.Env = x.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("tmux %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

func (x *terminal) tmux(args ...string) string {
	x.t.Helper()
	out, err := x.try(args...)
	if err != nil {
		x.t.Fatal(err)
	}
	return out
}

// screen is what a person reads.
func (x *terminal) screen() string {
	x.t.Helper()
	return x.tmux("capture-pane", "-p")
}

// press presses keys by tmux's names.
func (x *terminal) press(keys ...string) *terminal {
	x.t.Helper()
	for _, k := range keys {
		x.tmux("send-keys", k)
	}
	return x
}

// write types a text.
func (x *terminal) write(text string) *terminal {
	x.t.Helper()
	x.tmux("send-keys", "-l", text)
	return x
}

// enter presses enter under a text just written until the console shows what comes of it: a test is faster than a
// person, and the console may take its first enter for a pasted newline.
func (x *terminal) enter(shows string) *terminal {
	x.t.Helper()
	x.press("Enter")
	again := true
	playtest.Eventually(x.t, playtest.Patience, "the console shows "+shows, func() error {
		s := x.screen()
		if strings.Contains(s, shows) {
			return nil
		}
		if again && strings.Contains(s, "press enter again") {
			again = false
			x.press("Enter")
		}
		return fmt.Errorf("%q is missing on\n%s", shows, s)
	})
	return x
}

// shows waits until all of these texts are on the screen.
func (x *terminal) shows(texts ...string) *terminal {
	x.t.Helper()
	playtest.Eventually(x.t, playtest.Patience, "the console shows "+strings.Join(texts, ", "), func() error {
		s := x.screen()
		for _, want := range texts {
			if !strings.Contains(s, want) {
				return fmt.Errorf("%q is missing on\n%s", want, s)
			}
		}
		return nil
	})
	return x
}

// hides waits until none of these texts is on the screen.
func (x *terminal) hides(texts ...string) *terminal {
	x.t.Helper()
	playtest.Eventually(x.t, playtest.Patience, "the console hides "+strings.Join(texts, ", "), func() error {
		s := x.screen()
		for _, no := range texts {
			if strings.Contains(s, no) {
				return fmt.Errorf("%q is still on\n%s", no, s)
			}
		}
		return nil
	})
	return x
}

// onLine moves the text cursor down to the line that has a text.
func (x *terminal) onLine(text string) *terminal {
	x.t.Helper()
	for range 200 {
		row, err := strconv.Atoi(strings.TrimSpace(x.tmux("display-message", "-p", "#{cursor_y}")))
		if err != nil {
			x.t.Fatal(err)
		}
		lines := strings.Split(x.screen(), "\n")
		if row < len(lines) && strings.Contains(strings.Split(lines[row]+"││", "││")[0], text) {
			return x
		}
		x.press("Down")
		playtest.Eventually(x.t, playtest.Patience, "the cursor moves", func() error {
			now := strings.TrimSpace(x.tmux("display-message", "-p", "#{cursor_y}"))
			if now == strconv.Itoa(row) && strings.Join(lines, "\n") == x.screen() {
				return errors.New("it stays on line " + now)
			}
			return nil
		})
	}
	x.t.Fatalf("no line has %q:\n%s", text, x.screen())
	return x
}

// ended waits until the console has ended, and with it the terminal.
func (x *terminal) ended() {
	x.t.Helper()
	playtest.Eventually(x.t, playtest.Patience, "the console ends", func() error {
		// One question only: between two the server may be gone, as it should.
		screen, err := x.try("capture-pane", "-p")
		if err == nil {
			return errors.New("it still runs:\n" + screen)
		}
		return nil
	})
}

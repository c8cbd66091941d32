package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestKill kills a playground, which cannot stop its components any more: none may be left behind.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd, children := foreground(t, dir)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for _, pid := range children {
		waitGone(t, pid)
	}
	t.Run("the folder has no playground any more", func(t *testing.T) { expect(t, exitNone, "status", "--dir", dir) })
	t.Run("up goes on from there", func(t *testing.T) {
		expect(t, 0, "up", "--dir", dir, "--detach")
		expect(t, 0, "status", "--dir", dir)
		expect(t, 0, "down", "--dir", dir)
	})
}

// foreground starts a playground as a person at a terminal does, and returns its components' processes.
func foreground(t *testing.T, dir string) (*exec.Cmd, []int) {
	t.Helper()
	cmd := command(t, nil, "up", "--dir", dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitUp(t, dir)
	children := childrenOf(t, cmd.Process.Pid)
	if len(children) < 5 {
		t.Errorf("%d children, want at least the 5 components", len(children))
	}
	return cmd, children
}

// waitUp waits until the playground of a folder answers.
func waitUp(t *testing.T, dir string) {
	t.Helper()
	playtest.Eventually(t, playtest.Patience, "the playground is up", func() error {
		_, err := playground.StatusOf(t.Context(), dir)
		return err
	})
}

// waitGone waits until a process has ended.
func waitGone(t *testing.T, pid int) {
	t.Helper()
	playtest.Eventually(t, playtest.Patience, "the process ends", func() error {
		state, _, err := processOf(pid)
		if err == nil && state != "Z" {
			return fmt.Errorf("process %d is still there (state %s)", pid, state)
		}
		return nil
	})
}

// processOf returns the state and the parent of a process.
func processOf(pid int) (state string, parent int, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", 0, err
	}
	_, rest, found := strings.Cut(string(b), ") ")
	fields := strings.Fields(rest)
	if !found || len(fields) < 2 {
		return "", 0, errors.New("no process state")
	}
	parent, err = strconv.Atoi(fields[1])
	return fields[0], parent, err
}

// childrenOf lists the children of a process.
func childrenOf(t *testing.T, parent int) []int {
	t.Helper()
	entries, err := filepath.Glob("/proc/[0-9]*")
	if err != nil || len(entries) == 0 {
		t.Fatalf("list processes: %d found (%v)", len(entries), err)
	}
	var out []int
	for _, e := range entries {
		pid, err := strconv.Atoi(filepath.Base(e))
		if err != nil {
			continue
		}
		if _, p, err := processOf(pid); err == nil && p == parent {
			out = append(out, pid)
		}
	}
	return out
}

// playgroundOf returns the process of the playground that a folder remembers, or none.
func playgroundOf(dir string) []*os.Process {
	var state struct{ PID int }
	b, err := os.ReadFile(filepath.Join(dir, "playground.json"))
	if err != nil || json.Unmarshal(b, &state) != nil || state.PID == 0 {
		return nil
	}
	p, err := os.FindProcess(state.PID)
	if err != nil || p.Signal(syscall.Signal(0)) != nil {
		return nil
	}
	return []*os.Process{p}
}

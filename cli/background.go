package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/adrg/xdg"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/command"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
)

// backgroundPause is the pause between two looks whether a program in the background has begun.
const backgroundPause = 50 * time.Millisecond

// background runs the same command again in a process of its own, which no end of this one or of its terminal ends. It
// returns when that holds the application's lock, or with what it came to when it has ended before.
func (g *global) background(ctx context.Context, locks engine.Locks, key app.Key) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	log, err := g.backgroundLog(key)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	args := slices.DeleteFunc(slices.Clone(g.args), func(a string) bool { return a == "--async" || strings.HasPrefix(a, "--async=") })
	cmd := exec.Command(self, append(args, "--yes")...)
	cmd.Stdout, cmd.Stderr = log, log
	separate(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the operation: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case err := <-ended:
			return g.endedEarly(log, err)
		case <-ctx.Done():
			return errors.Join(ctx.Err(), cmd.Process.Signal(os.Interrupt), <-ended)
		case <-time.After(backgroundPause):
		}
		holder, held, err := locks.Holder(ctx, key)
		if err != nil {
			return fmt.Errorf("watch the operation start: %w", err)
		}
		if held && holder.PID == cmd.Process.Pid {
			fmt.Fprintf(g.streams.Out, "%s: the operation runs in process %d and writes to %s\n", key, cmd.Process.Pid, log.Name())
			return nil
		}
	}
}

// backgroundLog makes the file that takes the output of an operation in the background.
func (g *global) backgroundLog(key app.Key) (*os.File, error) {
	dir := filepath.Join(xdg.StateHome, "wheelhouse")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder for logs: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, key.Name+".log"), os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make log: %w", err)
	}
	return f, nil
}

// endedEarly tells what a program in the background printed, and ends as it did.
func (g *global) endedEarly(log *os.File, ended error) error {
	if _, err := log.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	out := g.streams.Out
	if ended != nil {
		out = g.streams.Err
	}
	if _, err := io.Copy(out, log); err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	if exit, ok := errors.AsType[*exec.ExitError](ended); ok && exit.Exited() {
		return &command.Outcome{Status: exit.ExitCode(), Quiet: true, Err: ended}
	}
	return ended
}

//go:build !linux

package render

import (
	"os/exec"
	"runtime/debug"
)

// LimitWorker bounds the memory of this process, which must be a worker, as far as the collector can.
func LimitWorker(bytes int64) error {
	// A rendering makes much garbage and lives short: collecting it can wait for the limit.
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(bytes)
	return nil
}

// die leaves a worker to notice by itself that its input has ended.
func die(*exec.Cmd) {}

// limitCommand bounds nothing here.
func limitCommand(int64) error { return nil }

// killGroup kills a command.
func killGroup(cmd *exec.Cmd) error { return cmd.Process.Kill() }

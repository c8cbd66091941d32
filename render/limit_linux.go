package render

import (
	"os/exec"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/unix"
)

// LimitWorker bounds the memory of this process, which must be a worker. The limit is on what it allocates
// (RLIMIT_DATA): a Go program of this size needs 2 GiB of address space to start.
func LimitWorker(bytes int64) error {
	debug.SetMemoryLimit(bytes * 3 / 4)
	limit := uint64(bytes)
	return unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: limit, Max: limit})
}

// die puts a worker into a process group of its own: a signal from the terminal is for its parent, and its input ends with
// that one, however it ends.
func die(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// limitCommand bounds what this process, and each that it starts, may allocate and write into one file.
func limitCommand(memory int64) error {
	for resource, limit := range map[int]uint64{unix.RLIMIT_DATA: uint64(memory), unix.RLIMIT_FSIZE: pluginFileLimit, unix.RLIMIT_CORE: 0} {
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
			return err
		}
	}
	return nil
}

// killGroup kills a command and everything in its process group.
func killGroup(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

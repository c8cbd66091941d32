package render

import (
	"os"
	"os/exec"
	"runtime/debug"
	"syscall"
	"time"
	// A worker opens no files, those of time zones neither.
	_ "time/tzdata"

	"golang.org/x/sys/unix"
)

// LimitWorker bounds this process, which must be a worker. The limit of memory is on what it allocates (RLIMIT_DATA): a Go
// program of this size needs 2 GiB of address space to start. From here on it can open no file and no connection, and
// start no program: it has the descriptors that it has.
func LimitWorker(bytes int64) error {
	// A rendering makes much garbage and lives short: collecting it can wait for the limit.
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(bytes * 3 / 4)
	limit := uint64(bytes)
	if err := unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
		return err
	}
	return closeOff()
}

// closeOff forbids this process to open anything.
func closeOff() error {
	// The runtime opens what it needs for timers with the first of them.
	time.AfterFunc(time.Hour, func() {}).Stop()
	free, err := unix.Dup(int(os.Stdin.Fd()))
	if err != nil {
		return err
	}
	if err := unix.Close(free); err != nil {
		return err
	}
	// A descriptor is the lowest number that is free: all below are taken.
	return unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(free), Max: uint64(free)})
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

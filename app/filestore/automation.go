package filestore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// Nobody can wait for an flock and for something else as well. Beside the automation lock there is a FIFO, which its holder has open
// for writing: those who wait for the lock read from it, and are at its end when the last writer is gone, however it went.

// LockAutomation takes the store's automation lock as [Store.Lock] does an application's.
func (s *Store) LockAutomation(ctx context.Context, h app.Holder) (app.Lock, error) {
	l, err := s.take(ctx, s.automationPath(), h, "automation", func(f *os.File) error {
		return fmt.Errorf("held by %s: %w", readHolder(f), app.ErrLocked)
	})
	if err != nil {
		return nil, err
	}
	return &automationLock{Lock: l, alive: s.openFIFO()}, nil
}

// AutomationHolder returns who holds the automation lock, and false when nobody does.
func (s *Store) AutomationHolder(ctx context.Context) (app.Holder, bool, error) {
	return holder(ctx, s.automationPath(), readHolder)
}

// AutomationFreed returns a channel that is closed when the automation lock is next given up, or ctx ends, and reports whether that
// would be told: not while nobody of this machine holds it, where there are no FIFOs, or where nobody can wait for their end.
func (s *Store) AutomationFreed(ctx context.Context) (<-chan struct{}, bool) {
	if runtime.GOOS != "linux" {
		return nil, false // golang/go#24164
	}
	fd, err := unix.Open(s.fifoPath(), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, false
	}
	f := os.NewFile(uintptr(fd), s.fifoPath())
	if _, err := unix.Read(fd, make([]byte, 1)); !errors.Is(err, unix.EAGAIN) {
		_ = f.Close() // nobody writes, and nothing was read
		return nil, false
	}
	freed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { _ = f.Close() }) // ends the wait
	go func() {
		defer close(freed)
		_, _ = io.Copy(io.Discard, f) // that it ends is all there is to know
		if stop() {
			_ = f.Close()
		}
	}()
	return freed, true
}

func (s *Store) automationPath() string { return s.state.path("automation.lock") }

func (s *Store) fifoPath() string { return s.state.path("automation.fifo") }

// openFIFO shows those who wait that the lock is held. It returns nil where that cannot be: then they look by themselves.
func (s *Store) openFIFO() *os.File {
	if err := unix.Mkfifo(s.fifoPath(), 0o600); err != nil && !errors.Is(err, unix.EEXIST) {
		return nil
	}
	// For writing alone it could not be opened before somebody waits.
	fd, err := unix.Open(s.fifoPath(), unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(fd), s.fifoPath())
}

// automationLock is the automation lock with the open FIFO that shows it.
type automationLock struct {
	app.Lock
	alive *os.File
}

// Release gives the lock up, and then tells those who wait.
func (l *automationLock) Release() error {
	err := l.Lock.Release()
	if l.alive == nil {
		return err
	}
	if closed := l.alive.Close(); !errors.Is(closed, os.ErrClosed) {
		err = errors.Join(err, closed)
	}
	return err
}

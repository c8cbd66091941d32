package filestore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// openLock opens a lock file, making it if need be. Lock files are never removed: whoever waits for one that was
// removed would wait for another file than those who come later.
func openLock(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
}

// flock calls flock(2) again as long as signals interrupt it.
func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// unlock gives a lock back. Closing the file alone would leave the lock to a child process that is just being started.
func unlock(f *os.File) error {
	return errors.Join(flock(f, unix.LOCK_UN), f.Close())
}

// tryFlock takes a lock, for which it waits. It reports false when somebody else has it for all that time.
func tryFlock(ctx context.Context, f *os.File, try time.Duration) (bool, error) {
	for end := time.Now().Add(try); ; {
		err := flock(f, unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return false, err
		}
		if time.Now().After(end) {
			return false, nil
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return false, err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// exclusive calls write while no other goroutine or process writes to the store's documents, bindings or history.
func (s *Store) exclusive(ctx context.Context, write func() error) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if err := s.present(); err != nil {
		return err
	}
	return locked(ctx, s.state.path("write.lock"), write)
}

// lockPatience bounds the wait for a lock that is held for the time of a write: who has it for longer stands still, and a process that
// waited for it would neither go on nor end.
const lockPatience = app.LeaseTime

// locked calls act while nobody else holds a lock, for which it waits.
func locked(ctx context.Context, path string, act func() error) error {
	f, err := openLock(path)
	if err != nil {
		return err
	}
	free, err := tryFlock(ctx, f, lockPatience)
	if err == nil && !free {
		err = hint.With(fmt.Errorf("another process has held %s for %s", path, lockPatience), "fuser "+path+
			" names it; it may be stopped (Ctrl-Z): let it go on, or end it")
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	return errors.Join(act(), unlock(f))
}

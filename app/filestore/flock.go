package filestore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
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

// waitFlock takes a lock and waits for it.
func waitFlock(path string) (*os.File, error) {
	f, err := openLock(path)
	if err != nil {
		return nil, err
	}
	if err := flock(f, unix.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return f, nil
}

// unlock gives a lock back. Closing the file alone would leave the lock to a child process that is just being started.
func unlock(f *os.File) error {
	return errors.Join(flock(f, unix.LOCK_UN), f.Close())
}

// tryFlock takes a lock, for try or, where that is negative, until ctx ends. It reports false when somebody else has it.
func tryFlock(ctx context.Context, f *os.File, try time.Duration) (bool, error) {
	for end := time.Now().Add(try); ; {
		err := flock(f, unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return false, err
		}
		if try >= 0 && time.Now().After(end) {
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

// locked calls act while nobody else holds a lock, for which it waits.
func locked(ctx context.Context, path string, act func() error) error {
	f, err := openLock(path)
	if err != nil {
		return err
	}
	if _, err := tryFlock(ctx, f, -1); err != nil {
		return errors.Join(err, f.Close())
	}
	return errors.Join(act(), unlock(f))
}

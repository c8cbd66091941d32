package gitsrc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// The pauses between two looks at a lock that somebody else holds grow from the first to the second.
const (
	lockPause    = 2 * time.Millisecond
	lockPauseMax = 100 * time.Millisecond
)

// errHeld says that somebody else holds a lock.
var errHeld = errors.New("somebody else holds the lock")

// lockFile takes an exclusive lock between processes, and within this one, and waits for it as long as ctx lasts.
func lockFile(ctx context.Context, path string) (func(), error) {
	for pause := lockPause; ; pause = min(2*pause, lockPauseMax) {
		unlock, err := tryLock(path)
		if !errors.Is(err, errHeld) {
			return unlock, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the lock %s: %w", path, ctx.Err())
		case <-time.After(pause):
		}
	}
}

// tryLock is lockFile without waiting: errHeld when somebody else holds the lock.
func tryLock(path string) (func(), error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make folder of the lock: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	for {
		err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, errors.Join(errHeld, file.Close())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	return func() { _ = file.Close() }, nil
}

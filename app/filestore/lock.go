package filestore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// probeTime bounds for how long somebody who merely asks for the holder can keep a lock from a taker.
const probeTime = 100 * time.Millisecond

// showPause is the least time between two moments at which a holder shows that it runs.
const showPause = 5 * time.Second

// Lock takes the lock of one application for an operation. When it is held, the error is [app.ErrLocked] and names the
// holder. The application need not exist: objects of a released one are deleted under its lock too.
func (s *Store) Lock(ctx context.Context, key app.Key, h app.Holder) (app.Lock, error) {
	name, err := nameOf(key)
	if err != nil {
		return nil, err
	}
	return s.take(ctx, s.state.path("locks", name+".lock"), h, "application "+name, func(f *os.File) error {
		by := heardOf(f)
		remedy := fmt.Sprintf("wait for it with `wheelhouse app wait %s`, or end it with `wheelhouse app terminate %s`", name, name)
		if !by.Still.IsZero() {
			remedy = by.Remedy()
		}
		return hint.With(fmt.Errorf("held by %s: %w", by, app.ErrLocked), remedy)
	})
}

// Holder returns who holds an application's lock, and false when nobody does.
func (s *Store) Holder(ctx context.Context, key app.Key) (app.Holder, bool, error) {
	name, err := nameOf(key)
	if err != nil {
		return app.Holder{}, false, err
	}
	return holder(ctx, s.state.path("locks", name+".lock"), heardOf)
}

// Terminate asks a holder of an application's lock to end; a request to one that does not hold it any more has no effect.
func (s *Store) Terminate(ctx context.Context, key app.Key, end app.EndRequest) error {
	name, err := nameOf(key)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := writeJSON(request(s.state.path("locks", name+".lock")), end); err != nil {
		return fmt.Errorf("ask for the end of what is done to %s: %w", name, err)
	}
	return nil
}

// request is the file beside a lock in which its holder is asked to end.
func request(path string) string { return path + ".end" }

// lock is a held flock.
type lock struct {
	path   string
	holder app.Holder

	mu   sync.Mutex
	file *os.File
	// shown is when its holder was last shown to run.
	shown time.Time
}

// take takes a lock. What refused makes of the file is the reason when somebody else has it.
func (s *Store) take(ctx context.Context, path string, h app.Holder, what string, refused func(*os.File) error) (app.Lock, error) {
	if err := s.present(); err != nil {
		return nil, fmt.Errorf("lock %s: %w", what, err)
	}
	f, err := openLock(path)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", what, err)
	}
	free, err := tryFlock(ctx, f, probeTime)
	switch {
	case err != nil:
		err = fmt.Errorf("lock %s: %w", what, err)
	case !free:
		err = fmt.Errorf("lock %s: %w", what, refused(f))
	default:
		// A request that is there already was for somebody else.
		err = errors.Join(removeState(request(path)), removeState(skips(path)), writeHolder(f, h))
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &lock{path: path, holder: h, file: f}, nil
}

// Check returns an error when the lock was released, when its file is no longer the one that others would lock, and
// [app.ErrTerminated] when its holder is asked to end. The time of the file shows others that its holder runs.
func (l *lock) Check() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return fmt.Errorf("check lock %s: it was released", l.path)
	}
	mine, err := l.file.Stat()
	if err != nil {
		return fmt.Errorf("check lock: %w", err)
	}
	theirs, err := os.Stat(l.path)
	if err != nil {
		return fmt.Errorf("check lock: %w", err)
	}
	if !os.SameFile(mine, theirs) {
		return fmt.Errorf("check lock %s: its file was replaced", l.path)
	}
	if now := time.Now(); now.Sub(l.shown) > showPause {
		if err := os.Chtimes(l.path, now, now); err != nil {
			return fmt.Errorf("check lock: %w", err)
		}
		l.shown = now
	}
	var end app.EndRequest
	switch err := readJSON(request(l.path), &end); {
	case err == nil && end.Of.Is(l.holder):
		return fmt.Errorf("%w by %s", app.ErrTerminated, end.By)
	case err == nil, errors.Is(err, os.ErrNotExist):
		return nil
	default:
		return fmt.Errorf("check lock: %w", err)
	}
}

// Release gives the lock up.
func (l *lock) Release() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	f := l.file
	l.file = nil
	return errors.Join(f.Truncate(0), unlock(f))
}

// holder asks who holds a lock by trying to share it for a moment.
func holder(ctx context.Context, path string, read func(*os.File) app.Holder) (app.Holder, bool, error) {
	if err := ctx.Err(); err != nil {
		return app.Holder{}, false, err
	}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return app.Holder{}, false, nil
	}
	if err != nil {
		return app.Holder{}, false, fmt.Errorf("ask for lock holder: %w", err)
	}
	defer func() { _ = f.Close() }() // read only: nothing can be lost
	err = flock(f, unix.LOCK_SH|unix.LOCK_NB)
	switch {
	case err == nil:
		return app.Holder{}, false, flock(f, unix.LOCK_UN)
	case errors.Is(err, unix.EWOULDBLOCK):
		h := read(f)
		// Who has just taken it has not said yet who that is, and a request to nobody would be heeded by nobody.
		for end := time.Now().Add(probeTime); h.Since.IsZero() && time.Now().Before(end); h = read(f) {
			if waited := pause(ctx, time.Millisecond); waited != nil {
				return app.Holder{}, false, waited
			}
		}
		return h, true, nil
	default:
		return app.Holder{}, false, fmt.Errorf("ask for lock holder %s: %w", path, err)
	}
}

func writeHolder(f *os.File, h app.Holder) error {
	b, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("write lock holder: %w", err)
	}
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("write lock holder: %w", err)
	}
	if _, err := f.WriteAt(b, 0); err != nil {
		return fmt.Errorf("write lock holder: %w", err)
	}
	return nil
}

// heardOf reads who holds the lock of an application, and since when that is not heard of.
func heardOf(f *os.File) app.Holder {
	h := readHolder(f)
	if info, err := f.Stat(); err == nil && time.Since(info.ModTime()) > app.LeaseTime+showPause {
		h.Still = info.ModTime()
	}
	return h
}

// readHolder reads who holds a lock; for a moment after it was taken that is not written yet.
func readHolder(f *os.File) app.Holder {
	var h app.Holder
	b, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<16))
	if err != nil || json.Unmarshal(b, &h) != nil {
		return app.Holder{Name: "somebody", Front: "starting", Host: "unknown host"}
	}
	return h
}

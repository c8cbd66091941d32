package filestore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/disk"
)

// keepActions is how many actions on live objects of an application are kept.
const keepActions = 200

// interruptedAction is the outcome of an action whose process ended before it had one.
const interruptedAction = "interrupted: its process ended, and whether it was done is not known"

// BeginAction gives the record of an action its id, a1 for the first, and notes it; it is on disk when BeginAction returns.
// The oldest actions are dropped. Records of operations are not touched.
func (s *Store) BeginAction(ctx context.Context, r app.Record) (app.Record, app.OpenAction, error) {
	name, err := nameOf(r.App)
	if err != nil {
		return app.Record{}, nil, err
	}
	var open *openAction
	err = s.exclusive(ctx, func() error {
		dir := s.state.path("actions", name)
		numbers, err := actionNumbers(dir)
		if err != nil {
			return err
		}
		next := 1
		if len(numbers) > 0 {
			next = numbers[0] + 1
		}
		r.ID = "a" + strconv.Itoa(next)
		if open, err = noteAction(filepath.Join(dir, r.ID+".jsonl"), r); err != nil {
			return err
		}
		var errs []error
		for _, n := range numbers[min(len(numbers), keepActions-1):] {
			errs = append(errs, removeState(filepath.Join(dir, "a"+strconv.Itoa(n)+".jsonl")))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		if open != nil {
			err = errors.Join(err, open.Close())
		}
		return app.Record{}, nil, fmt.Errorf("note action on %s: %w", name, err)
	}
	return r, open, nil
}

// Actions returns the records of actions on live objects of an application, newest first. One that runs has no end yet.
func (s *Store) Actions(ctx context.Context, key app.Key) ([]app.Record, error) {
	name, err := nameOf(key)
	if err != nil {
		return nil, err
	}
	dir := s.state.path("actions", name)
	numbers, err := actionNumbers(dir)
	if err != nil {
		return nil, fmt.Errorf("read actions of %s: %w", name, err)
	}
	out := make([]app.Record, 0, len(numbers))
	for _, n := range numbers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, ok, err := readAction(filepath.Join(dir, "a"+strconv.Itoa(n)+".jsonl"))
		if err != nil {
			return nil, fmt.Errorf("read actions of %s: %w", name, err)
		}
		if ok {
			out = append(out, r)
		}
	}
	return out, nil
}

// actionNumbers lists the actions in a folder, newest first.
func actionNumbers(dir string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var numbers []int
	for _, e := range entries {
		digits, isAction := strings.CutPrefix(strings.TrimSuffix(e.Name(), ".jsonl"), "a")
		if n, err := strconv.Atoi(digits); isAction && err == nil {
			numbers = append(numbers, n)
		}
	}
	slices.SortFunc(numbers, func(a, b int) int { return cmp.Compare(b, a) })
	return numbers, nil
}

// openAction holds the file of an action: a line of what is intended and, at the end, one of the outcome. Its lock is held
// until then, and goes with the process: that tells an action that runs from one that was interrupted.
type openAction struct {
	mu   sync.Mutex
	file *os.File
}

func noteAction(path string, r app.Record) (*openAction, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	err = flock(f, unix.LOCK_EX)
	if err == nil {
		err = appendLine(f, r)
	}
	if err = errors.Join(err, disk.SyncFolder(filepath.Dir(path)), disk.SyncFolder(filepath.Dir(filepath.Dir(path)))); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	return &openAction{file: f}, nil
}

func appendLine(f *os.File, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := f.Write(append(b, '\n')); err != nil {
		return err
	}
	return f.Sync()
}

// End keeps the record of the outcome.
func (a *openAction) End(r app.Record) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file == nil {
		return fmt.Errorf("keep outcome of action %s on %s: it was closed", r.ID, r.App)
	}
	if err := appendLine(a.file, r); err != nil {
		return fmt.Errorf("keep outcome of action %s on %s: %w", r.ID, r.App, err)
	}
	return nil
}

// Close gives the action's file back.
func (a *openAction) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.file == nil {
		return nil
	}
	f := a.file
	a.file = nil
	return unlock(f)
}

// readAction reads the newest that a file says of its action; false when it says nothing, because the action was dropped
// meanwhile or is being noted.
func readAction(path string) (app.Record, bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return app.Record{}, false, nil
	}
	if err != nil {
		return app.Record{}, false, err
	}
	defer func() { _ = f.Close() }() // read only: nothing can be lost
	r, ok, err := lastRecord(f)
	if err != nil || !ok || r.Phase.Done() {
		return r, ok, err
	}
	switch err := flock(f, unix.LOCK_SH|unix.LOCK_NB); {
	case errors.Is(err, unix.EWOULDBLOCK):
		return r, true, nil
	case err != nil:
		return app.Record{}, false, fmt.Errorf("lock %s: %w", path, err)
	}
	// Nobody writes any more. What was written between the look and the lock counts.
	if r, ok, err = lastRecord(f); err == nil && ok && !r.Phase.Done() {
		r.Phase, r.FinishedAt, r.Message = app.OperationError, r.StartedAt, interruptedAction
	}
	return r, ok, errors.Join(err, flock(f, unix.LOCK_UN))
}

// lastRecord reads the last whole line of a file; a line that a crash tore is left out.
func lastRecord(f *os.File) (app.Record, bool, error) {
	b, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<30))
	if err != nil {
		return app.Record{}, false, err
	}
	whole := b[:bytes.LastIndexByte(b, '\n')+1]
	if len(whole) == 0 {
		return app.Record{}, false, nil
	}
	whole = whole[:len(whole)-1]
	var r app.Record
	if err := json.Unmarshal(whole[bytes.LastIndexByte(whole, '\n')+1:], &r); err != nil {
		return r, false, fmt.Errorf("read %s: %w", f.Name(), err)
	}
	return r, true, nil
}

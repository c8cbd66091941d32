package filestore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/disk"
)

// Journals keeps the journals of a store's operations: one file each, a line for its head and one per entry. It is a
// type of its own because its Remove is not the store's.
type Journals struct {
	store *Store
}

// Journals returns the journals of the store.
func (s *Store) Journals() *Journals { return &Journals{store: s} }

// Begin opens a journal; it is on disk when Begin returns. An id that was used before is refused.
func (j *Journals) Begin(ctx context.Context, head app.JournalHead) (app.JournalWriter, error) {
	path, err := j.path(head.App, head.ID)
	if err != nil {
		return nil, fmt.Errorf("begin journal: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := j.store.present(); err != nil {
		return nil, fmt.Errorf("begin journal %s of %s: %w", head.ID, head.App, err)
	}
	w, err := newJournal(path, head)
	if err != nil {
		return nil, fmt.Errorf("begin journal %s of %s: %w", head.ID, head.App, err)
	}
	return w, nil
}

func newJournal(path string, head app.JournalHead) (*journalWriter, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	w := newJournalWriter(f)
	if err := errors.Join(w.line(head), disk.SyncFolder(filepath.Dir(path)), disk.SyncFolder(filepath.Dir(filepath.Dir(path)))); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	return w, nil
}

// Reopen goes on with a journal; [app.ErrNotFound] when it is not there any more. A last line that a crash tore is cut
// off.
func (j *Journals) Reopen(ctx context.Context, key app.Key, id string) (app.JournalWriter, error) {
	path, err := j.path(key, id)
	if err != nil {
		return nil, fmt.Errorf("reopen journal: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w, err := reopenJournal(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = app.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("reopen journal %s of %s: %w", id, key, err)
	}
	return w, nil
}

func reopenJournal(path string) (*journalWriter, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	whole := int64(bytes.LastIndexByte(b, '\n') + 1)
	if err := f.Truncate(whole); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return newJournalWriter(f), nil
}

// Open returns the journals of an application that were begun and not removed, oldest first, except for the one of an id,
// which is not read. A last line that a crash tore is left out, and so is a journal whose head was torn: its operation
// never came to a write.
func (j *Journals) Open(ctx context.Context, key app.Key, except string) ([]app.Journal, error) {
	name, err := nameOf(key)
	if err != nil {
		return nil, err
	}
	dir := j.store.state.path("journal", name)
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read journals of %s: %w", name, err)
	}
	var out []app.Journal
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if id, ok := strings.CutSuffix(e.Name(), ".jsonl"); !ok || id == except {
			continue
		}
		journal, ok, err := readJournal(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("read journals of %s: %w", name, err)
		}
		if ok {
			out = append(out, journal)
		}
	}
	slices.SortStableFunc(out, func(a, b app.Journal) int { return a.Head.StartedAt.Compare(b.Head.StartedAt) })
	return out, nil
}

func readJournal(path string) (app.Journal, bool, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return app.Journal{}, false, nil // removed meanwhile
	}
	if err != nil {
		return app.Journal{}, false, err
	}
	lines := bytes.Split(b, []byte("\n"))
	lines = lines[:len(lines)-1] // behind the last line end there is nothing, or a torn line
	var j app.Journal
	for i, line := range lines {
		var err error
		if i == 0 {
			err = json.Unmarshal(line, &j.Head)
		} else {
			j.Entries = append(j.Entries, app.JournalEntry{})
			err = json.Unmarshal(line, &j.Entries[i-1])
		}
		if err != nil {
			return app.Journal{}, false, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
	}
	return j, len(lines) > 0, nil
}

// Remove drops a journal; one that is not there is dropped already.
func (j *Journals) Remove(ctx context.Context, key app.Key, id string) error {
	path, err := j.path(key, id)
	if err != nil {
		return fmt.Errorf("remove journal: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := removeState(path); err != nil {
		return fmt.Errorf("remove journal %s of %s: %w", id, key, err)
	}
	return nil
}

func (j *Journals) path(key app.Key, id string) (string, error) {
	name, err := nameOf(key)
	if err != nil {
		return "", err
	}
	return j.store.state.path("journal", name, id+".jsonl"), checkID(id)
}

// How often the disk is asked while one line comes after the other: at once for the first few, and then no more often than that.
// Each time takes two tenths of a millisecond and a third of that of a core, and what it is done for, the next writes' intentions,
// have a few milliseconds while those before them are with the server.
const (
	syncsAtOnce = 16
	syncPause   = 5 * time.Millisecond
)

// journalWriter appends lines to a journal's file. Lines that come while the disk is waited for are written, and brought there,
// together. After a line that could not be written whole it writes no more: what follows a torn line could not be read.
type journalWriter struct {
	file *os.File

	// mu guards the writing: the lines that are not written yet, the number of all lines, and the error that ended it.
	mu      sync.Mutex
	pending []byte
	lines   int
	err     error

	// disk is held by the one that syncs, as often as syncs lets it; synced counts the lines that are on disk for sure.
	disk   sync.Mutex
	syncs  *rate.Limiter
	synced int
}

func newJournalWriter(f *os.File) *journalWriter {
	return &journalWriter{file: f, syncs: rate.NewLimiter(rate.Every(syncPause), syncsAtOnce)}
}

// Write appends an entry; it is on disk when Write returns.
func (w *journalWriter) Write(e app.JournalEntry) error {
	if err := w.line(e); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}

// Note appends an entry; the operating system has it when Note returns.
func (w *journalWriter) Note(e app.JournalEntry) error {
	_, err := w.add(e)
	if err == nil {
		_, err = w.hand()
	}
	if err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}

// line appends a line and waits until it is on disk.
func (w *journalWriter) line(v any) error {
	mine, err := w.add(v)
	if err != nil {
		return err
	}
	w.disk.Lock()
	defer w.disk.Unlock()
	if w.synced >= mine {
		return nil
	}
	time.Sleep(w.syncs.Reserve().Delay())
	upTo, err := w.hand()
	if err != nil {
		return err
	}
	if err := w.file.Sync(); err != nil {
		w.mu.Lock()
		w.err = err
		w.mu.Unlock()
		return err
	}
	w.synced = upTo
	return nil
}

// add puts a line behind those that are to be written and returns its number.
func (w *journalWriter) add(v any) (int, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return 0, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return 0, w.err
	}
	w.pending = append(append(w.pending, b...), '\n')
	w.lines++
	return w.lines, nil
}

// hand gives the operating system the lines that it does not have, and returns the number of the last.
func (w *journalWriter) hand() (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil && len(w.pending) > 0 {
		_, w.err = w.file.Write(w.pending)
		w.pending = w.pending[:0]
	}
	return w.lines, w.err
}

// Close ends the writing; the journal stays.
func (w *journalWriter) Close() error {
	w.disk.Lock()
	defer w.disk.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.file.Close()
}

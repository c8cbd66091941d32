package filestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/app/filestore"
)

// journalled writes a journal with two entries and returns its file.
func journalled(t *testing.T) (*filestore.Store, string) {
	t.Helper()
	dir := t.TempDir()
	s := open(t, dir)
	w, err := s.Journals().Begin(t.Context(), app.JournalHead{ID: "op", App: app.Key{Name: "web"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []app.JournalMark{app.JournalIntended, app.JournalDone} {
		if err := w.Write(app.JournalEntry{Mark: m, Step: "1"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(app.JournalEntry{Mark: app.JournalEnd}); err == nil {
		t.Error("a closed journal was written to")
	}
	return s, filepath.Join(dir, ".wheelhouse", "journal", "web", "op.jsonl")
}

func TestATornLineIsLeftOut(t *testing.T) {
	t.Parallel()
	s, path := journalled(t)
	whole := read(t, path)
	for n := range len(whole) {
		if err := os.WriteFile(path, []byte(whole[:n]), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := s.Journals().Open(t.Context(), app.Key{Name: "web"}, "")
		if err != nil {
			t.Fatalf("torn after %d bytes: %v", n, err)
		}
		lines := strings.Count(whole[:n], "\n")
		switch {
		case lines == 0 && len(got) > 0:
			t.Errorf("torn after %d bytes there is a journal without a head", n)
		case lines > 0 && (len(got) != 1 || len(got[0].Entries) != lines-1):
			t.Errorf("torn after %d bytes, %d lines are whole: %+v", n, lines, got)
		}
	}
}

func TestADamagedLineIsAnError(t *testing.T) {
	t.Parallel()
	s, path := journalled(t)
	lines := strings.SplitAfter(read(t, path), "\n")
	lines[1] = "{\n"
	write(t, strings.Join(lines, ""), path)
	if _, err := s.Journals().Open(t.Context(), app.Key{Name: "web"}, ""); err == nil || !strings.Contains(err.Error(), "op.jsonl:2") {
		t.Errorf("open gave %v", err)
	}
}

func TestWhatFollowsATornLineCanBeRead(t *testing.T) {
	t.Parallel()
	s, path := journalled(t)
	whole := read(t, path)
	if err := os.WriteFile(path, []byte(whole[:len(whole)-3]), 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := s.Journals().Reopen(t.Context(), app.Key{Name: "web"}, "op")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(app.JournalEntry{Mark: app.JournalFailed, Step: "1"}), w.Close()); err != nil {
		t.Fatal(err)
	}
	got, err := s.Journals().Open(t.Context(), app.Key{Name: "web"}, "")
	if err != nil || len(got) != 1 || len(got[0].Entries) != 2 || got[0].Entries[1].Mark != app.JournalFailed {
		t.Errorf("after a torn line and another there is %+v, %v", got, err)
	}
}

func TestTheDiskIsNotAskedAllTheTime(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		w, err := s.Journals().Begin(t.Context(), app.JournalHead{ID: "op", App: app.Key{Name: "web"}})
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		took := func(lines int) time.Duration {
			for range lines {
				if err := w.Write(app.JournalEntry{Mark: app.JournalIntended, Step: "1"}); err != nil {
					t.Fatal(err)
				}
			}
			return time.Since(begun)
		}
		// The head was the first line.
		if d := took(15); d != 0 {
			t.Errorf("the first few lines wait %s for each other", d)
		}
		if d := took(10); d != 50*time.Millisecond {
			t.Errorf("ten more take %s", d)
		}
		time.Sleep(time.Second)
		begun = time.Now()
		if d := took(16); d != 0 {
			t.Errorf("after a pause the first few wait %s", d)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

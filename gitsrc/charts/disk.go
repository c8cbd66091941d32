package charts

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// disk is the cache below a folder, shared by all processes: files appear whole, under a name that says their content or
// with a checksum of it, so that no lock is needed. What cannot be read is not there.
type disk struct {
	dir string
	// limit bounds the bytes of all files together.
	limit int64
}

// note is what goes with a cached file whose name does not say its content.
type note struct {
	// Sum is the SHA-256 of the file that the note is about.
	Sum      string `json:"sum"`
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"modified,omitempty"`
	// Of is what the file is of, such as the URL of an index.
	Of string `json:"of"`
}

// blob returns the file with this SHA-256.
func (d disk) blob(sum string) ([]byte, bool) {
	name := d.path("archive", sum)
	b, err := os.ReadFile(name)
	if err != nil || sumOf(b) != sum {
		return nil, false
	}
	touch(name)
	return b, true
}

// touch notes the time of the last use, which decides what leaves the cache.
func touch(names ...string) {
	now := time.Now()
	for _, name := range names {
		_ = os.Chtimes(name, now, now)
	}
}

// keepBlob keeps content under its SHA-256.
func (d disk) keepBlob(b []byte) error {
	err := d.write(d.path("archive", sumOf(b)), b)
	d.clear()
	return err
}

// note reads the note of a name.
func (d disk) note(kind, of string) (note, bool) {
	var n note
	text, err := os.ReadFile(d.path(kind, noteOf(of)))
	return n, err == nil && json.Unmarshal(text, &n) == nil && n.Of == of
}

// noteOf is the name of the file with the note of a name.
func noteOf(of string) string { return sumOf([]byte(of)) + noteExt }

const noteExt = ".json"

// noted returns the file that was kept for a name, with its note.
func (d disk) noted(kind, of string) ([]byte, note, bool) {
	n, ok := d.note(kind, of)
	if !ok {
		return nil, note{}, false
	}
	b, err := os.ReadFile(d.path(kind, n.Sum))
	if err != nil || sumOf(b) != n.Sum {
		return nil, note{}, false
	}
	touch(d.path(kind, n.Sum), d.path(kind, noteOf(of)))
	return b, n, true
}

// notedFile is noted for a file that is too large for memory. The caller closes it, or leaves it to who uses it.
func (d disk) notedFile(kind, of string) (*os.File, note, bool) {
	n, ok := d.note(kind, of)
	if !ok {
		return nil, note{}, false
	}
	f, err := os.Open(d.path(kind, n.Sum))
	if err != nil {
		return nil, note{}, false
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil || hex.EncodeToString(sum.Sum(nil)) != n.Sum {
		_ = f.Close()
		return nil, note{}, false
	}
	touch(d.path(kind, n.Sum), d.path(kind, noteOf(of)))
	return f, n, true
}

// newFile makes a file that [disk.keepNotedFile] keeps; where the cache takes none it is elsewhere.
func (d disk) newFile(kind string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Join(d.dir, kind), 0o700); err == nil {
		if f, err := os.CreateTemp(filepath.Join(d.dir, kind), ".new-*"); err == nil {
			return f, nil
		}
	}
	f, err := os.CreateTemp("", "wheelhouse-*")
	if err != nil {
		return nil, fmt.Errorf("write cache: %w", err)
	}
	return f, nil
}

// keepNotedFile keeps a file of newFile for a name in place of the one before. The note has its sum.
func (d disk) keepNotedFile(kind, file string, n note) error {
	if err := os.Rename(file, d.path(kind, n.Sum)); err != nil {
		return fmt.Errorf("write cache: %w", err)
	}
	return d.keepNote(kind, n)
}

// keepNoted keeps a file for a name in place of the one before.
func (d disk) keepNoted(kind string, b []byte, n note) error {
	n.Sum = sumOf(b)
	return errors.Join(d.write(d.path(kind, n.Sum), b), d.keepNote(kind, n))
}

// keepNote writes a note, and removes the file of the one before where no other note has that.
func (d disk) keepNote(kind string, n note) error {
	before, had := d.note(kind, n.Of)
	text, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("write cache: %w", err)
	}
	if err := d.write(d.path(kind, noteOf(n.Of)), text); err != nil {
		return err
	}
	if had && before.Sum != n.Sum && !d.shared(kind, before.Sum) {
		_ = os.Remove(d.path(kind, before.Sum))
	}
	d.clear()
	return nil
}

// shared reports whether a note has the file with this sum.
func (d disk) shared(kind, sum string) bool {
	entries, _ := os.ReadDir(filepath.Join(d.dir, kind))
	for _, e := range entries {
		if filepath.Ext(e.Name()) != noteExt {
			continue
		}
		var n note
		if text, err := os.ReadFile(d.path(kind, e.Name())); err == nil && json.Unmarshal(text, &n) == nil && n.Sum == sum {
			return true
		}
	}
	return false
}

func (d disk) path(kind, name string) string { return filepath.Join(d.dir, kind, name) }

// write writes a file as a whole.
func (d disk) write(name string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("make cache folder: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return fmt.Errorf("write cache: %w", err)
	}
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write cache: %w", err), os.Remove(tmp.Name()))
	}
	return nil
}

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

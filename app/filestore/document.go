package filestore

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// settled is the age from which a file's times can be trusted to change with its content: clocks of file systems are
// coarse.
const settled = 2 * time.Second

// maxFile is the size in bytes up to which a file is read.
const maxFile = 4 << 20

// document is what one file says.
type document struct {
	file string
	// app has no namespace; namespace is what the file says.
	app       app.Application
	namespace string
	sum       [sha256.Size]byte
	// target is the file behind symbolic links, empty where there are none.
	target string
}

// cached is a document or error together with the state of the file that it was read from.
type cached struct {
	info fs.FileInfo
	// fresh is true when the file was so young that another change could look the same, or could not be read.
	fresh bool
	doc   *document
	err   error
}

// isDocument reports whether a file of this name may hold an application.
func isDocument(file string) bool {
	if strings.HasPrefix(file, ".") {
		return false
	}
	switch filepath.Ext(file) {
	case ".yaml", ".yml", ".json":
		return true
	default:
		return false
	}
}

// readLocked returns what a file of the folder says, from the cache if the file did not change. A file without an
// application gives nil; documents are shared and must not be changed. Callers hold s.mu.
func (s *Store) readLocked(file string) (*document, error) {
	path := filepath.Join(s.dir, file)
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, nil
	}
	if c, ok := s.cache[file]; ok && !c.fresh && sameState(c.info, info) {
		return c.doc, c.err
	}
	c := cached{info: info, fresh: time.Since(info.ModTime()) < settled}
	c.doc, c.err = parseFile(path, info)
	if _, io := errors.AsType[*fs.PathError](c.err); io {
		c.fresh = true
	}
	s.cache[file] = c
	return c.doc, c.err
}

func sameState(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && a.Mode() == b.Mode()
}

func parseFile(path string, info fs.FileInfo) (*document, error) {
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s: larger than %d MiB", path, maxFile>>20)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	d, err := parse(data, path)
	if d == nil || err != nil {
		return nil, err
	}
	if target, err := filepath.EvalSymlinks(path); err == nil && target != path {
		d.target = target
	}
	return d, nil
}

// parse reads the content of a file.
func parse(data []byte, path string) (*document, error) {
	a, err := app.Decode(data, path)
	if errors.Is(err, app.ErrNoApplication) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d := &document{file: filepath.Base(path), namespace: a.Metadata.Namespace, sum: sha256.Sum256(data)}
	a.Metadata.Namespace = ""
	if _, err := nameOf(a.Key()); err != nil {
		return nil, fmt.Errorf("%s: metadata.name: %q is not a name that Kubernetes takes", path, a.Metadata.Name)
	}
	d.app = a
	return d, nil
}

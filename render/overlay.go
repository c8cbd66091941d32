package render

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// overlaid returns a view of files in which some are replaced or added.
func overlaid(files fs.FS, over map[string][]byte) fs.FS {
	if len(over) == 0 {
		return files
	}
	return overlay{files, over}
}

// overlay is an fs.FS with edits that are not committed.
type overlay struct {
	fs.FS
	over map[string][]byte
}

func (o overlay) learn(questions ...question) { foresee(o.FS, questions...) }

// Open opens the edited file where there is one.
func (o overlay) Open(name string) (fs.File, error) {
	if b, ok := o.over[name]; ok {
		return &memFile{memInfo{path.Base(name), int64(len(b))}, bytes.NewReader(b)}, nil
	}
	return o.FS.Open(name)
}

// ReadDir lists a folder with added files in it.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(o.FS, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for p, b := range o.over {
		if path.Dir(p) != name || slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == path.Base(p) }) {
			continue
		}
		entries = append(entries, fs.FileInfoToDirEntry(memInfo{path.Base(p), int64(len(b))}))
		err = nil
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

// memInfo describes a file in memory.
type memInfo struct {
	name string
	size int64
}

func (i memInfo) Name() string     { return i.name }
func (i memInfo) Size() int64      { return i.size }
func (memInfo) Mode() fs.FileMode  { return 0o644 }
func (memInfo) ModTime() time.Time { return time.Time{} }
func (memInfo) IsDir() bool        { return false }
func (memInfo) Sys() any           { return nil }

type memFile struct {
	info memInfo
	*bytes.Reader
}

func (f *memFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *memFile) Close() error               { return nil }

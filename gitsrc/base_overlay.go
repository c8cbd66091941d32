package gitsrc

import (
	"bytes"
	"io/fs"
	"path"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/charts"
)

// bases is a repository with what its kustomizations name elsewhere. What the repository itself has below app.BaseFolder is
// not seen.
type bases struct {
	fs.FS
	places map[string]place
	// mounts are the files of other repositories, by the name below app.BaseFolder.
	mounts map[string]fs.FS
}

// place says where something is, or why it could not be brought.
type place struct {
	path string
	err  error
}

var (
	_ fs.ReadDirFS  = (*bases)(nil)
	_ fs.ReadFileFS = (*bases)(nil)
	_ fs.StatFS     = (*bases)(nil)
)

// find returns the files that a path is in, and its name there.
func (b *bases) find(op, name string) (fs.FS, string, error) {
	below, ok := strings.CutPrefix(name, app.BaseFolder+"/")
	if !ok {
		return b.FS, name, nil
	}
	if p, ok := b.places[name]; ok {
		return oneFile{path.Base(name), []byte(p.path)}, path.Base(name), p.err
	}
	id, rest, _ := strings.Cut(below, "/")
	files, ok := b.mounts[id]
	if !ok {
		return nil, "", &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	if rest == "" {
		rest = "."
	}
	return files, rest, nil
}

// Open opens a file or folder.
func (b *bases) Open(name string) (fs.File, error) {
	files, name, err := b.find("open", name)
	if err != nil {
		return nil, err
	}
	return files.Open(name)
}

// ReadFile reads a whole file.
func (b *bases) ReadFile(name string) ([]byte, error) {
	files, name, err := b.find("read", name)
	if err != nil {
		return nil, err
	}
	return fs.ReadFile(files, name)
}

// ReadDir lists a folder.
func (b *bases) ReadDir(name string) ([]fs.DirEntry, error) {
	files, name, err := b.find("readdir", name)
	if err != nil {
		return nil, err
	}
	return fs.ReadDir(files, name)
}

// Stat describes a file or folder.
func (b *bases) Stat(name string) (fs.FileInfo, error) {
	files, name, err := b.find("stat", name)
	if err != nil {
		return nil, err
	}
	return fs.Stat(files, name)
}

// Hash returns the hash of a file or folder where it is known. That of the root is another one when something else was
// brought, although no folder lists that: it stands for everything that can be read.
func (b *bases) Hash(name string) (string, bool) {
	if p, ok := b.places[name]; ok {
		return p.hash(), true
	}
	files, inside, err := b.find("hash", name)
	if err != nil {
		return "", false
	}
	h, ok := files.(interface{ Hash(string) (string, bool) })
	if !ok {
		return "", false
	}
	hash, there := h.Hash(inside)
	if name != "." || !there {
		return hash, there
	}
	hashes := make(map[string]string, len(b.places))
	for at, p := range b.places {
		hashes[at] = p.hash()
	}
	return charts.HashWith(hash, hashes), true
}

// Origin returns the URL of the git repository that a file is in; empty when it is in none.
func (b *bases) Origin(name string) string {
	files, inside, err := b.find("find", name)
	if err != nil {
		return ""
	}
	o, ok := files.(interface{ Origin(string) string })
	if !ok {
		return ""
	}
	return o.Origin(inside)
}

func (p place) hash() string {
	if p.err != nil {
		return "error: " + p.err.Error()
	}
	return p.path
}

// oneFile is a repository that has one file.
type oneFile struct {
	name string
	data []byte
}

// Open opens the file, or the folder that it is in.
func (o oneFile) Open(name string) (fs.File, error) {
	about := info{node{name: o.name, mode: filemode.Regular}, func() int64 { return int64(len(o.data)) }}
	switch {
	case !fs.ValidPath(name):
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	case name == o.name:
		return &file{about, bytes.NewReader(o.data)}, nil
	case name == ".":
		root := info{node{name: ".", mode: filemode.Dir}, func() int64 { return 0 }}
		return &folder{info: root, path: ".", entries: []fs.DirEntry{fs.FileInfoToDirEntry(about)}}, nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// Hash returns git's hash of the file.
func (o oneFile) Hash(name string) (string, bool) {
	return plumbing.ComputeHash(plumbing.BlobObject, o.data).String(), name == o.name || name == "."
}

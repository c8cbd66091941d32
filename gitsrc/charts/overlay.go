package charts

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// dependencies is a repository with packages that its charts depend on. A file of the repository at one of their paths is
// not seen.
type dependencies struct {
	fs.FS
	found map[string]found
}

// found is a package by its SHA-256, or why there is none.
type found struct {
	sum  string
	read func() ([]byte, error)
	err  error
}

var (
	_ fs.ReadDirFS  = (*dependencies)(nil)
	_ fs.ReadFileFS = (*dependencies)(nil)
	_ fs.StatFS     = (*dependencies)(nil)
)

// get returns the content of a package, and false for a path of the repository.
func (d *dependencies) get(op, name string) ([]byte, bool, error) {
	if !strings.HasPrefix(name, app.DependencyFolder+"/") {
		return nil, false, nil
	}
	f, ok := d.found[name]
	switch {
	case !ok:
		return nil, true, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	case f.err != nil:
		return nil, true, f.err
	}
	b, err := f.read()
	return b, true, err
}

// Open opens a file or folder.
func (d *dependencies) Open(name string) (fs.File, error) {
	b, ok, err := d.get("open", name)
	if !ok {
		return d.FS.Open(name)
	}
	if err != nil {
		return nil, err
	}
	return &file{node: &node{name: path.Base(name), data: b}, Reader: bytes.NewReader(b)}, nil
}

// ReadFile reads a whole file.
func (d *dependencies) ReadFile(name string) ([]byte, error) {
	b, ok, err := d.get("read", name)
	if !ok {
		return fs.ReadFile(d.FS, name)
	}
	return b, err
}

// ReadDir lists a folder of the repository.
func (d *dependencies) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(d.FS, name) }

// Stat describes a file or folder.
func (d *dependencies) Stat(name string) (fs.FileInfo, error) {
	b, ok, err := d.get("stat", name)
	if !ok {
		return fs.Stat(d.FS, name)
	}
	if err != nil {
		return nil, err
	}
	return info{&node{name: path.Base(name), data: b}}, nil
}

// Hash returns the hash of a package or of what the repository has, where it knows it. That of the root is another one when
// a package is, although no folder lists packages: it stands for everything that can be read.
func (d *dependencies) Hash(name string) (string, bool) {
	if f, ok := d.found[name]; ok {
		return f.hash(), true
	}
	h, ok := d.FS.(interface{ Hash(string) (string, bool) })
	if !ok {
		return "", false
	}
	hash, there := h.Hash(name)
	if name != "." || !there {
		return hash, there
	}
	hashes := make(map[string]string, len(d.found))
	for at, f := range d.found {
		hashes[at] = f.hash()
	}
	return HashWith(hash, hashes), true
}

// Origin returns the URL of the git repository that a file is in; empty for a package.
func (d *dependencies) Origin(name string) string {
	o, ok := d.FS.(interface{ Origin(string) string })
	if _, brought := d.found[name]; brought || !ok {
		return ""
	}
	return o.Origin(name)
}

// HashWith is the hash of a root together with what was brought to it, by its path: it is another one when any of them is.
func HashWith(root string, brought map[string]string) string {
	all := sha256.New()
	fmt.Fprintln(all, root)
	for _, at := range slices.Sorted(maps.Keys(brought)) {
		fmt.Fprintf(all, "%s %q\n", at, brought[at])
	}
	return hex.EncodeToString(all.Sum(nil))
}

func (f found) hash() string {
	if f.err != nil {
		return "error: " + f.err.Error()
	}
	return f.sum
}

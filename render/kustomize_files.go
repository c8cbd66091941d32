package render

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// readLimit bounds what one rendering reads of a chart's folder or for a kustomization.
const readLimit = 64 << 20

// kustomizeFS is a repository as Kustomize sees files: with / for its root, and nothing beside it. What is written stays in
// memory.
//
// Once something was brought from elsewhere the repository is in a folder whose name nobody can know, and the paths of what
// was brought are beside it: a base reads no file of the repository that names it.
type kustomizeFS struct {
	files fs.FS
	// over are files that replace others, by their paths in the repository.
	over map[string][]byte
	read int
	// hidden is the name of the folder that the repository is in; empty is the root.
	hidden string
	// mounts are what was brought, by the name below app.BaseFolder.
	mounts map[string]mount
	// named are the author's names for what was brought, by the names that the library is given in their place.
	named map[string]string
}

var _ filesys.FileSystem = (*kustomizeFS)(nil)

var errReadOnly = errors.New("the repository is not written to")

// within is the path in the repository of one of the library's. A path that goes up past the root stays there; one that is
// neither of the repository nor of what was brought is no valid path.
func (f *kustomizeFS) within(name string) string {
	name = strings.TrimPrefix(path.Join("/", filepath.ToSlash(name)), "/")
	if f.hidden != "" && baseOf(name) == "" {
		below, ok := strings.CutPrefix(name+"/", f.hidden+"/")
		if !ok {
			return ""
		}
		name = strings.TrimSuffix(below, "/")
	}
	return orElse(name, ".")
}

// outward is the library's path of one in the repository.
func (f *kustomizeFS) outward(name string) string {
	if baseOf(name) != "" {
		return path.Join("/", name)
	}
	return path.Join("/", f.hidden, name)
}

// ReadFile reads a whole file.
func (f *kustomizeFS) ReadFile(name string) ([]byte, error) { return f.content(f.within(name)) }

// content reads a file by its path in the repository.
func (f *kustomizeFS) content(name string) ([]byte, error) {
	if b, ok := f.over[name]; ok {
		return bytes.Clone(b), nil
	}
	b, err := fs.ReadFile(f.files, name)
	if f.read += len(b); f.read > readLimit {
		return nil, errors.New("the kustomization reads more than 64 MB")
	}
	return b, err
}

// WriteFile replaces a file, in memory.
func (f *kustomizeFS) WriteFile(name string, data []byte) error {
	f.over[f.within(name)] = bytes.Clone(data)
	return nil
}

// IsDir reports whether a path is a folder.
func (f *kustomizeFS) IsDir(name string) bool {
	info, err := fs.Stat(f.files, f.within(name))
	return err == nil && info.IsDir()
}

// Exists reports whether there is a file or folder.
func (f *kustomizeFS) Exists(name string) bool {
	return f.has(f.within(name))
}

// has reports whether there is something at a path in the repository.
func (f *kustomizeFS) has(name string) bool {
	if _, ok := f.over[name]; ok {
		return true
	}
	_, err := fs.Stat(f.files, name)
	return err == nil
}

// CleanedAbs parts a path into its folder and its file; a folder has no file.
func (f *kustomizeFS) CleanedAbs(name string) (filesys.ConfirmedDir, string, error) {
	full := path.Join("/", filepath.ToSlash(name))
	switch {
	case f.IsDir(full):
		return filesys.ConfirmedDir(full), "", nil
	case f.Exists(full):
		return filesys.ConfirmedDir(path.Dir(full)), path.Base(full), nil
	}
	return "", "", fmt.Errorf("'%s' is not in the repository: %w", name, fs.ErrNotExist)
}

// ReadDir lists a folder.
func (f *kustomizeFS) ReadDir(name string) ([]string, error) {
	entries, err := fs.ReadDir(f.files, f.within(name))
	if err != nil {
		return nil, err
	}
	out := make([]string, len(entries))
	for i, e := range entries {
		out[i] = e.Name()
	}
	return out, nil
}

// Glob lists the paths that fit a pattern, from the root.
func (f *kustomizeFS) Glob(pattern string) ([]string, error) {
	found, err := fs.Glob(f.files, f.within(pattern))
	for i := range found {
		found[i] = f.outward(found[i])
	}
	return found, err
}

// Walk visits a folder and all below it.
func (f *kustomizeFS) Walk(name string, visit filepath.WalkFunc) error {
	return fs.WalkDir(f.files, f.within(name), func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return visit(f.outward(at), nil, err)
		}
		info, err := d.Info()
		return visit(f.outward(at), info, err)
	})
}

// Open opens a file for reading.
func (f *kustomizeFS) Open(name string) (filesys.File, error) {
	b, err := f.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return readOnlyFile{bytes.NewReader(b), memInfo{path.Base(f.within(name)), int64(len(b))}}, nil
}

// Create refuses, as all that changes folders does.
func (f *kustomizeFS) Create(string) (filesys.File, error) { return nil, errReadOnly }

// Mkdir refuses.
func (f *kustomizeFS) Mkdir(string) error { return errReadOnly }

// MkdirAll refuses.
func (f *kustomizeFS) MkdirAll(string) error { return errReadOnly }

// RemoveAll refuses.
func (f *kustomizeFS) RemoveAll(string) error { return errReadOnly }

// readOnlyFile is a file that is read.
type readOnlyFile struct {
	*bytes.Reader
	info memInfo
}

func (readOnlyFile) Write([]byte) (int, error)    { return 0, errReadOnly }
func (readOnlyFile) Close() error                 { return nil }
func (f readOnlyFile) Stat() (os.FileInfo, error) { return f.info, nil }

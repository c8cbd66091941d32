package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// openLocal opens a folder that stands for a source. Its repository is the clone that it lies in, so that bases and
// values files beside it are found; links that lead out of that are refused, as they are in git.
func openLocal(dir, root string, src app.Source) (engine.LocalSource, func() error, error) {
	none := func() error { return nil }
	dir, err := existing(dir)
	if err != nil {
		return engine.LocalSource{}, none, err
	}
	switch {
	case root != "":
		if root, err = existing(root); err != nil {
			return engine.LocalSource{}, none, err
		}
	case src.Chart != "":
		root = dir
	default:
		root = cloneOf(dir)
	}
	inside, err := filepath.Rel(root, dir)
	if err != nil || !filepath.IsLocal(inside) {
		return engine.LocalSource{}, none, usagef("--local %s is not in --local-repo-root %s", dir, root)
	}
	if src.Chart != "" && inside != "." {
		return engine.LocalSource{}, none, usagef("the source is a chart: --local is its root")
	}
	r, err := os.OpenRoot(root)
	if err != nil {
		return engine.LocalSource{}, none, fmt.Errorf("open %s: %w", root, err)
	}
	return engine.LocalSource{Files: localFS{r.FS()}, Path: filepath.ToSlash(inside)}, r.Close, nil
}

// existing returns the absolute path of a folder, links followed.
func existing(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", hint.With(fmt.Errorf("%s: %w: there is no such folder", dir, app.ErrNotFound), "name the source's folder in your clone")
	}
	if err != nil {
		return "", fmt.Errorf("find %s: %w", dir, err)
	}
	if info, err := os.Stat(abs); err != nil || !info.IsDir() {
		return "", usagef("%s is no folder", dir)
	}
	return abs, nil
}

// cloneOf returns the nearest folder above that is a git clone, or the folder itself.
func cloneOf(dir string) string {
	for up := dir; ; up = filepath.Dir(up) {
		if _, err := os.Lstat(filepath.Join(up, ".git")); err == nil {
			return up
		}
		if up == filepath.Dir(up) {
			return dir
		}
	}
}

// localFS shows a folder as a commit of it would be: links are what they lead to, and git's own files are not there. What git
// keeps none of, such as a pipe, on which a reader waits for ever, is not listed and cannot be opened.
type localFS struct{ fs.FS }

var (
	_ fs.ReadDirFS = localFS{}
	_ fs.StatFS    = localFS{}
)

// Open opens a file or folder.
func (l localFS) Open(name string) (fs.File, error) {
	if gits(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	if _, err := l.Stat(name); err != nil {
		return nil, err
	}
	return l.FS.Open(name)
}

// Stat describes a file or folder.
func (l localFS) Stat(name string) (fs.FileInfo, error) {
	if gits(name) {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	info, err := fs.Stat(l.FS, name)
	if err == nil && special(info.Mode()) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errSpecial}
	}
	return info, err
}

var errSpecial = errors.New("it is neither a file nor a folder that git could keep")

// special reports whether something is other than a file, a folder or a link.
func special(m fs.FileMode) bool { return m.Type()&^(fs.ModeDir|fs.ModeSymlink) != 0 }

// ReadDir lists a folder.
func (l localFS) ReadDir(name string) ([]fs.DirEntry, error) {
	if gits(name) {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	entries, err := fs.ReadDir(l.FS, name)
	out := entries[:0]
	for _, e := range entries {
		if gits(e.Name()) || special(e.Type()) {
			continue
		}
		if e.Type()&fs.ModeSymlink != 0 {
			// One that leads nowhere stays: what is wrong with it is seen when it is opened.
			if info, err := l.Stat(path.Join(name, e.Name())); err == nil {
				e = named{fs.FileInfoToDirEntry(info), e.Name()}
			}
		}
		out = append(out, e)
	}
	return out, err
}

func gits(name string) bool { return name == ".git" || strings.HasPrefix(name, ".git/") }

// named is a link's target under the link's name.
type named struct {
	fs.DirEntry
	name string
}

// Name returns the link's name.
func (n named) Name() string { return n.name }

package gitsrc

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/internal/lfs"
)

// treeFS is an fs.FS over the objects of one commit. Symbolic links are followed within the repository; one that leads
// out of it is an error. Submodules are folders with the files of another repository; links do not lead out of them. go-git's object
// storage is not made for concurrent use, so one reader is in it at a time.
type treeFS struct {
	mu    sync.Mutex
	store storer.EncodedObjectStorer
	root  plumbing.Hash
	// mend returns a store in which an object that could not be read is there.
	mend func(missing plumbing.Hash, cause error, anew bool) (storer.EncodedObjectStorer, error)
	// modules opens submodules.
	modules *modules
	// folders are those that were read already.
	folders folders
	// large returns what a pointer of Git LFS stands for; nil where pointers stay what they are. Then mark is empty, and else at
	// the end of every hash.
	large func(*treeFS, lfs.Pointer) ([]byte, error)
	mark  string
	// ahead says which folders' files are in the store, of a partial one.
	ahead ahead
}

var (
	_ fs.ReadDirFS  = (*treeFS)(nil)
	_ fs.ReadFileFS = (*treeFS)(nil)
	_ fs.StatFS     = (*treeFS)(nil)
)

// errEscapes says that a symbolic link leads out of the repository.
var errEscapes = hint.With(errors.New("the symbolic link leads out of the repository"), "make it lead to a file of the repository")

// linkDepth bounds the symbolic links on one path.
const linkDepth = 32

// node is what a path leads to.
type node struct {
	name string
	mode filemode.FileMode
	hash plumbing.Hash
	// in is the repository that has it: this one, or a submodule.
	in *treeFS
	// at is the path of a submodule in that repository.
	at string
}

// find follows a path, and the symbolic links on it.
func (t *treeFS) find(op, name string) (node, error) {
	if !fs.ValidPath(name) {
		return node{}, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	n, err := t.follow(name, 0)
	if err != nil {
		return node{}, &fs.PathError{Op: op, Path: name, Err: err}
	}
	n.name = path.Base(name)
	return n, nil
}

func (t *treeFS) follow(name string, depth int) (node, error) {
	if depth > linkDepth {
		return node{}, errors.New("too many symbolic links")
	}
	here := node{mode: filemode.Dir, hash: t.root, in: t}
	if name == "." {
		return here, nil
	}
	parts := strings.Split(name, "/")
	for i, part := range parts {
		if here.mode == filemode.Submodule {
			sub, err := t.modules.open(t, path.Join(parts[:i]...), here.hash)
			if err != nil {
				return node{}, err
			}
			return sub.follow(path.Join(parts[i:]...), depth)
		}
		if here.mode != filemode.Dir {
			return node{}, fs.ErrNotExist
		}
		tree, err := t.tree(here.hash)
		if err != nil {
			return node{}, err
		}
		entry := t.folders.entry(here.hash, tree, part)
		if entry == nil {
			return node{}, fs.ErrNotExist
		}
		here = node{mode: entry.Mode, hash: entry.Hash, in: t}
		if entry.Mode == filemode.Symlink {
			target, err := t.target(entry.Hash, path.Join(parts[:i]...))
			if err != nil {
				return node{}, err
			}
			return t.follow(path.Join(append([]string{target}, parts[i+1:]...)...), depth+1)
		}
	}
	if here.mode == filemode.Submodule {
		// What it is called is known from the folder that it is in; what is in it, when it is opened.
		here.at = name
	}
	return here, nil
}

func childOf(tree *object.Tree, name string) *object.TreeEntry {
	for i := range tree.Entries {
		if tree.Entries[i].Name == name {
			return &tree.Entries[i]
		}
	}
	return nil
}

// target reads where a link in a folder leads, from the root.
func (t *treeFS) target(hash plumbing.Hash, folder string) (string, error) {
	b, err := t.blob(hash)
	if err != nil {
		return "", err
	}
	link := string(b)
	if path.IsAbs(link) {
		return "", errEscapes
	}
	joined := path.Join(folder, link)
	if joined == ".." || strings.HasPrefix(joined, "../") {
		return "", errEscapes
	}
	return joined, nil
}

func (t *treeFS) tree(hash plumbing.Hash) (tree *object.Tree, err error) {
	if known := t.folders.get(hash); known != nil {
		return known, nil
	}
	err = t.read(hash, func(s storer.EncodedObjectStorer) error {
		tree, err = readTree(s, hash)
		return err
	})
	if err == nil {
		t.folders.put(hash, tree)
	}
	return tree, err
}

func (t *treeFS) blob(hash plumbing.Hash) (data []byte, err error) {
	err = t.read(hash, func(s storer.EncodedObjectStorer) error {
		data, err = readObject(s, plumbing.BlobObject, hash)
		return err
	})
	return data, err
}

// read reads an object, from a mended store if it cannot be read from this one.
func (t *treeFS) read(hash plumbing.Hash, from func(storer.EncodedObjectStorer) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	err := from(t.store)
	for _, anew := range []bool{false, true} {
		if err == nil || errors.Is(err, errTooLarge) {
			return err
		}
		store, mendErr := t.mend(hash, err, anew)
		if mendErr != nil {
			return mendErr
		}
		t.store = store
		err = from(store)
	}
	return err
}

// Open opens a file or folder.
func (t *treeFS) Open(name string) (fs.File, error) {
	n, err := t.find("open", name)
	if err != nil {
		return nil, err
	}
	if n.mode.IsFile() {
		data, err := n.in.content(n.hash)
		if err != nil {
			return nil, &fs.PathError{Op: "open", Path: name, Err: err}
		}
		return &file{info: info{n, func() int64 { return int64(len(data)) }}, r: bytes.NewReader(data)}, nil
	}
	entries, err := t.entriesOf(name, n)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &folder{info: t.stat(n), entries: entries, path: name}, nil
}

// ReadFile reads a whole file.
func (t *treeFS) ReadFile(name string) ([]byte, error) {
	n, err := t.find("read", name)
	if err != nil {
		return nil, err
	}
	if !n.mode.IsFile() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("is a folder")}
	}
	data, err := n.in.content(n.hash)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return data, nil
}

// ReadDir lists a folder, sorted by name. A symbolic link is listed as what it leads to.
func (t *treeFS) ReadDir(name string) ([]fs.DirEntry, error) {
	n, err := t.find("readdir", name)
	if err != nil {
		return nil, err
	}
	if n.mode.IsFile() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errors.New("is no folder")}
	}
	return t.entriesOf(name, n)
}

// Stat describes a file or folder.
func (t *treeFS) Stat(name string) (fs.FileInfo, error) {
	n, err := t.find("stat", name)
	if err != nil {
		return nil, err
	}
	return t.stat(n), nil
}

// Hash returns git's hash of a file or folder, marked where pointers of Git LFS are replaced: equal hashes are equal content,
// all the way down.
func (t *treeFS) Hash(name string) (string, bool) {
	n, err := t.find("hash", name)
	if err != nil {
		return "", false
	}
	return n.hash.String() + n.in.mark, true
}

// stat describes a node. The size is looked up when somebody asks: whoever lists a folder rarely does, and each look opens
// an object.
func (t *treeFS) stat(n node) info {
	return info{n, func() (size int64) {
		if !n.mode.IsFile() {
			return 0
		}
		err := n.in.read(n.hash, func(s storer.EncodedObjectStorer) (err error) {
			defer recovered(&err)
			size, err = s.EncodedObjectSize(n.hash)
			return err
		})
		if err != nil {
			// What is wrong is told to whoever reads the file.
			return 0
		}
		return n.in.contentSize(n.hash, size)
	}}
}

func (t *treeFS) entriesOf(folder string, n node) ([]fs.DirEntry, error) {
	if n.mode == filemode.Submodule {
		sub, err := n.in.modules.open(n.in, n.at, n.hash)
		if err != nil {
			return nil, &fs.PathError{Op: "readdir", Path: folder, Err: err}
		}
		n = node{mode: filemode.Dir, hash: sub.root, in: sub}
	}
	tree, err := n.in.tree(n.hash)
	if err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: folder, Err: err}
	}
	out := make([]fs.DirEntry, 0, len(tree.Entries))
	for _, e := range tree.Entries {
		child := node{name: e.Name, mode: e.Mode, hash: e.Hash, in: n.in}
		if e.Mode == filemode.Symlink {
			followed, err := t.follow(path.Join(folder, e.Name), 0)
			if err != nil {
				// What it leads to is seen when it is opened.
				followed = node{mode: filemode.Regular, hash: e.Hash, in: n.in}
			}
			followed.name = e.Name
			child = followed
		}
		out = append(out, fs.FileInfoToDirEntry(t.stat(child)))
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return out, nil
}

// info is the fs.FileInfo of a node. Commits keep no times of files.
type info struct {
	node
	size func() int64
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size() }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return !i.mode.IsFile() }
func (i info) Sys() any           { return nil }

func (i info) Mode() fs.FileMode {
	switch {
	case i.IsDir():
		return fs.ModeDir | 0o755
	case i.mode == filemode.Executable:
		return 0o755
	}
	return 0o644
}

type file struct {
	info info
	r    *bytes.Reader
}

func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *file) Read(p []byte) (int, error) { return f.r.Read(p) }
func (f *file) Close() error               { return nil }

type folder struct {
	info    info
	path    string
	entries []fs.DirEntry
}

func (d *folder) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *folder) Close() error               { return nil }

func (d *folder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.path, Err: errors.New("is a folder")}
}

// ReadDir returns the next entries of an open folder.
func (d *folder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 || n > len(d.entries) {
		if n > 0 && len(d.entries) == 0 {
			return nil, io.EOF
		}
		n = len(d.entries)
	}
	out := d.entries[:n]
	d.entries = d.entries[n:]
	return out, nil
}

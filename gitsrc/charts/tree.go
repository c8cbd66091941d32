package charts

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// tree is an fs.FS in memory that nobody changes. It knows the hashes of its content, all the way down.
type tree struct {
	root  *node
	nodes map[string]*node
	bytes int64
	// archive is the SHA-256 of the archive that it was.
	archive string
}

// node is a file or a folder.
type node struct {
	name    string
	dir     bool
	data    []byte
	entries []*node
	hash    string
}

var (
	_ fs.ReadDirFS  = (*tree)(nil)
	_ fs.ReadFileFS = (*tree)(nil)
	_ fs.StatFS     = (*tree)(nil)
)

// newTree makes a tree of files and folders by their paths; folders has every folder that a file is in.
func newTree(files map[string][]byte, folders map[string]bool) (*tree, error) {
	t := &tree{nodes: map[string]*node{}}
	for name := range folders {
		t.nodes[name] = &node{name: path.Base(name), dir: true}
	}
	for name, b := range files {
		t.nodes[name] = &node{name: path.Base(name), data: b}
		t.bytes += int64(len(b))
	}
	for name, n := range t.nodes {
		if name == "." {
			continue
		}
		parent := t.nodes[path.Dir(name)]
		if parent == nil || !parent.dir {
			return nil, fmt.Errorf("unpack: %s is in no folder", name)
		}
		parent.entries = append(parent.entries, n)
	}
	t.root = t.nodes["."]
	t.root.seal()
	return t, nil
}

// seal sorts the entries of folders and hashes everything.
func (n *node) seal() {
	h := sha256.New()
	if !n.dir {
		h.Write(n.data)
		n.hash = hex.EncodeToString(h.Sum(nil))
		return
	}
	slices.SortFunc(n.entries, func(a, b *node) int { return strings.Compare(a.name, b.name) })
	for _, e := range n.entries {
		e.seal()
		fmt.Fprintf(h, "%t %s %q\n", e.dir, e.hash, e.name)
	}
	n.hash = "tree-" + hex.EncodeToString(h.Sum(nil))
}

// sub returns the tree below a folder.
func (t *tree) sub(folder string) *tree {
	root := *t.nodes[folder]
	root.name = "."
	out := &tree{archive: t.archive, root: &root, nodes: map[string]*node{".": &root}}
	for name, n := range t.nodes {
		if rel, ok := strings.CutPrefix(name, folder+"/"); ok {
			out.nodes[rel] = n
			out.bytes += int64(len(n.data))
		}
	}
	return out
}

func (t *tree) find(op, name string) (*node, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	n, ok := t.nodes[name]
	if !ok {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return n, nil
}

// Open opens a file or folder.
func (t *tree) Open(name string) (fs.File, error) {
	n, err := t.find("open", name)
	if err != nil {
		return nil, err
	}
	if n.dir {
		return &folder{node: n, path: name, left: n.list()}, nil
	}
	return &file{node: n, Reader: bytes.NewReader(n.data)}, nil
}

// ReadFile returns a copy of a file's content.
func (t *tree) ReadFile(name string) ([]byte, error) {
	n, err := t.find("read", name)
	if err != nil {
		return nil, err
	}
	if n.dir {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("is a folder")}
	}
	return bytes.Clone(n.data), nil
}

// ReadDir lists a folder, sorted by name.
func (t *tree) ReadDir(name string) ([]fs.DirEntry, error) {
	n, err := t.find("readdir", name)
	if err != nil {
		return nil, err
	}
	if !n.dir {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errors.New("is no folder")}
	}
	return n.list(), nil
}

// Stat describes a file or folder.
func (t *tree) Stat(name string) (fs.FileInfo, error) {
	n, err := t.find("stat", name)
	if err != nil {
		return nil, err
	}
	return info{n}, nil
}

// Hash returns the hash of a file or folder: equal hashes are equal content, all the way down.
func (t *tree) Hash(name string) (string, bool) {
	n, ok := t.nodes[name]
	if !ok {
		return "", false
	}
	return n.hash, true
}

func (n *node) list() []fs.DirEntry {
	out := make([]fs.DirEntry, len(n.entries))
	for i, e := range n.entries {
		out[i] = fs.FileInfoToDirEntry(info{e})
	}
	return out
}

// info is the fs.FileInfo of a node; the times of an archive say nothing about its content and are dropped.
type info struct{ *node }

func (i info) Name() string     { return i.name }
func (i info) Size() int64      { return int64(len(i.data)) }
func (info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool      { return i.dir }
func (info) Sys() any           { return nil }

func (i info) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}

type file struct {
	*node
	*bytes.Reader
}

func (f *file) Stat() (fs.FileInfo, error) { return info{f.node}, nil }
func (f *file) Close() error               { return nil }

type folder struct {
	*node
	path string
	left []fs.DirEntry
}

func (d *folder) Stat() (fs.FileInfo, error) { return info{d.node}, nil }
func (d *folder) Close() error               { return nil }

func (d *folder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.path, Err: errors.New("is a folder")}
}

// ReadDir returns the next entries of an open folder.
func (d *folder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && len(d.left) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(d.left) {
		n = len(d.left)
	}
	out := d.left[:n:n]
	d.left = d.left[n:]
	return out, nil
}

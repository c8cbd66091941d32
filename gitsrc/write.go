package gitsrc

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// write stores blobs, trees and the commit. Where nothing would change it returns the parent.
func write(s storer.EncodedObjectStorer, parent *object.Commit, c app.NewCommit) (*object.Commit, error) {
	root := parent.TreeHash
	for _, name := range slices.Sorted(maps.Keys(c.Restore)) {
		old, err := commitAt(s, plumbing.NewHash(c.Restore[name]))
		if err != nil {
			return nil, fmt.Errorf("read commit %s: %w", short7(c.Restore[name]), err)
		}
		if root, err = restoreInto(s, root, old, name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Files)) {
		var err error
		if root, err = writeFileInto(s, root, name, c.Files[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if root.IsZero() {
		var err error
		if root, err = writeTree(s, &object.Tree{}); err != nil {
			return nil, err
		}
	}
	if root == parent.TreeHash {
		return parent, nil
	}
	who := signature(c.Author)
	commit := &object.Commit{
		Author: who, Committer: who, Message: c.Message, TreeHash: root, ParentHashes: []plumbing.Hash{parent.Hash},
	}
	o := s.NewEncodedObject()
	if err := commit.Encode(o); err != nil {
		return nil, err
	}
	hash, err := s.SetEncodedObject(o)
	if err != nil {
		return nil, err
	}
	return object.GetCommit(s, hash)
}

// restoreInto returns the hash of a tree in which a path is as it was in an older commit.
func restoreInto(s storer.EncodedObjectStorer, root plumbing.Hash, old *object.Commit, name string) (plumbing.Hash, error) {
	entry, err := entryAt(s, old.TreeHash, name)
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("in commit %s: %w", short7(old.Hash.String()), err)
	}
	if name == "." {
		return entry.Hash, nil
	}
	return setEntry(s, root, strings.Split(name, "/"), func(object.TreeEntry, bool) (object.TreeEntry, error) { return entry, nil })
}

// writeFileInto returns the hash of a tree in which one file has new content; nil content removes it.
func writeFileInto(s storer.EncodedObjectStorer, root plumbing.Hash, name string, content []byte) (plumbing.Hash, error) {
	return setEntry(s, root, strings.Split(name, "/"), func(e object.TreeEntry, there bool) (object.TreeEntry, error) {
		if err := fits(e, there, false); err != nil {
			return e, err
		}
		if !there {
			e.Mode = filemode.Regular
		}
		e.Hash = plumbing.ZeroHash
		if content == nil {
			return e, nil
		}
		var err error
		e.Hash, err = writeBlob(s, content)
		return e, err
	})
}

// setEntry returns the hash of a tree in which one entry is another one; one without a hash is none. What next makes of the
// entry that is there, if there is one, gets its name.
func setEntry(
	s storer.EncodedObjectStorer, root plumbing.Hash, parts []string, next func(object.TreeEntry, bool) (object.TreeEntry, error),
) (plumbing.Hash, error) {
	tree := &object.Tree{}
	if !root.IsZero() {
		t, err := readTree(s, root)
		if err != nil {
			return plumbing.ZeroHash, err
		}
		tree.Entries = slices.Clone(t.Entries)
	}
	at := slices.IndexFunc(tree.Entries, func(e object.TreeEntry) bool { return e.Name == parts[0] })
	entry := object.TreeEntry{Name: parts[0]}
	if at >= 0 {
		entry = tree.Entries[at]
	}
	var err error
	if len(parts) > 1 {
		if err := fits(entry, at >= 0, true); err != nil {
			return plumbing.ZeroHash, err
		}
		entry.Mode = filemode.Dir
		entry.Hash, err = setEntry(s, entry.Hash, parts[1:], next)
	} else {
		entry, err = next(entry, at >= 0)
		entry.Name = parts[0]
	}
	switch {
	case err != nil:
		return plumbing.ZeroHash, err
	case entry.Hash.IsZero() && at < 0:
		return root, nil
	case entry.Hash.IsZero():
		tree.Entries = slices.Delete(tree.Entries, at, at+1)
	case at >= 0:
		tree.Entries[at] = entry
	default:
		tree.Entries = append(tree.Entries, entry)
	}
	if len(tree.Entries) == 0 {
		// Git has no empty folders.
		return plumbing.ZeroHash, nil
	}
	slices.SortFunc(tree.Entries, func(a, b object.TreeEntry) int { return strings.Compare(sortName(a), sortName(b)) })
	return writeTree(s, tree)
}

func writeTree(s storer.EncodedObjectStorer, tree *object.Tree) (plumbing.Hash, error) {
	o := s.NewEncodedObject()
	if err := tree.Encode(o); err != nil {
		return plumbing.ZeroHash, err
	}
	return s.SetEncodedObject(o)
}

// entryAt finds what a tree has at a path; it has no hash where there is nothing. A path that leads through a link or a
// submodule is an error: its files are elsewhere.
func entryAt(s storer.EncodedObjectStorer, root plumbing.Hash, name string) (object.TreeEntry, error) {
	entry := object.TreeEntry{Mode: filemode.Dir, Hash: root}
	if name == "." {
		return entry, nil
	}
	for _, part := range strings.Split(name, "/") {
		switch entry.Mode {
		case filemode.Dir:
		case filemode.Symlink, filemode.Submodule:
			return object.TreeEntry{}, fits(entry, true, true)
		default:
			return object.TreeEntry{}, nil
		}
		tree, err := readTree(s, entry.Hash)
		if err != nil {
			return object.TreeEntry{}, err
		}
		at := slices.IndexFunc(tree.Entries, func(e object.TreeEntry) bool { return e.Name == part })
		if at < 0 {
			return object.TreeEntry{}, nil
		}
		entry = tree.Entries[at]
	}
	return entry, nil
}

// fits refuses to write a file in the place of something else, or below it.
func fits(e object.TreeEntry, there, below bool) error {
	switch {
	case !there, below == (e.Mode == filemode.Dir) && e.Mode != filemode.Symlink && e.Mode != filemode.Submodule:
		return nil
	case e.Mode == filemode.Symlink:
		return hint.With(fmt.Errorf("%s is a link", e.Name), "commit to the file that it leads to")
	case below && e.Mode == filemode.Submodule:
		return hint.With(fmt.Errorf("%s is a submodule", e.Name), "commit to the repository that it names")
	case below:
		return hint.With(fmt.Errorf("%s is no folder", e.Name), "choose another path")
	}
	return hint.With(fmt.Errorf("%s is no file", e.Name), "choose another path")
}

// sortName is the name by which git sorts entries of a tree: folders as if they ended in a slash.
func sortName(e object.TreeEntry) string {
	if e.Mode == filemode.Dir {
		return e.Name + "/"
	}
	return e.Name
}

func writeBlob(s storer.EncodedObjectStorer, content []byte) (plumbing.Hash, error) {
	o := s.NewEncodedObject()
	o.SetType(plumbing.BlobObject)
	w, err := o.Writer()
	if err != nil {
		return plumbing.ZeroHash, err
	}
	_, err = w.Write(content)
	if err := errors.Join(err, w.Close()); err != nil {
		return plumbing.ZeroHash, err
	}
	return s.SetEncodedObject(o)
}

// signature reads "Name <mail>".
func signature(author string) object.Signature {
	name, mail, _ := strings.Cut(author, "<")
	return object.Signature{
		Name: strings.TrimSpace(name), Email: strings.TrimSuffix(strings.TrimSpace(mail), ">"), When: time.Now(),
	}
}

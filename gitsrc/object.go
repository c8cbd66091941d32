package gitsrc

import (
	"errors"
	"fmt"
	"io"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// mostBytes is the size of the largest file that is read from a repository, in bytes: what is read is kept in memory.
const mostBytes = 64 << 20

// errTooLarge says that a file is larger than mostBytes.
var errTooLarge = fmt.Errorf("the file is larger than %d MiB", mostBytes>>20)

// readObject reads an object and compares it with its hash: git's packs have checksums as a whole, not for the single
// object. What cannot be read is errDamaged, or plumbing.ErrObjectNotFound.
func readObject(s storer.EncodedObjectStorer, kind plumbing.ObjectType, hash plumbing.Hash) (_ []byte, err error) {
	defer recovered(&err)
	size, err := s.EncodedObjectSize(hash)
	switch {
	case errors.Is(err, plumbing.ErrObjectNotFound):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: object %s: %w", errDamaged, hash, err)
	case size > mostBytes:
		return nil, errTooLarge
	}
	o, err := s.EncodedObject(plumbing.AnyObject, hash)
	if err != nil {
		return nil, fmt.Errorf("%w: object %s: %w", errDamaged, hash, err)
	}
	r, err := o.Reader()
	if err != nil {
		return nil, fmt.Errorf("%w: object %s: %w", errDamaged, hash, err)
	}
	data, err := io.ReadAll(io.LimitReader(r, mostBytes+1))
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("%w: object %s: %w", errDamaged, hash, err)
	}
	if o.Type() != kind || plumbing.ComputeHash(kind, data) != hash {
		return nil, fmt.Errorf("%w: object %s is another one than its name says", errDamaged, hash)
	}
	return data, nil
}

// readTree reads one folder.
func readTree(s storer.EncodedObjectStorer, hash plumbing.Hash) (*object.Tree, error) {
	tree := &object.Tree{}
	return tree, decode(s, plumbing.TreeObject, hash, tree)
}

// commitAt reads a commit. Its trees and files are read unverified by its own methods.
func commitAt(s storer.EncodedObjectStorer, hash plumbing.Hash) (*object.Commit, error) {
	if err := decode(s, plumbing.CommitObject, hash, &object.Commit{}); err != nil {
		return nil, err
	}
	return object.GetCommit(s, hash)
}

func decode(s storer.EncodedObjectStorer, kind plumbing.ObjectType, hash plumbing.Hash, into interface {
	Decode(plumbing.EncodedObject) error
},
) error {
	data, err := readObject(s, kind, hash)
	if err != nil {
		return err
	}
	o := &plumbing.MemoryObject{}
	o.SetType(kind)
	if _, err := o.Write(data); err != nil {
		return err
	}
	return into.Decode(o)
}

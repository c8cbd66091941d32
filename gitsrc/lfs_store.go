package gitsrc

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/internal/lfs"
)

// The folders of a store in which the git-lfs program keeps objects of a bare repository, and those that are not whole yet.
const (
	largeFolder = "lfs/objects"
	largeDrafts = "lfs/tmp"
)

// draftAge is how old an object that is not whole has to be to be taken for the leftover of a killed process.
const draftAge = time.Hour

// largeObject is the content of a pointer in the store of a repository.
type largeObject struct {
	// folder is that of the store.
	folder string
	lfs.Pointer
}

func (o largeObject) path() string { return path.Join(largeFolder, o.OID[:2], o.OID[2:4], o.OID) }

// verify compares content with the pointer.
func (o largeObject) verify(data []byte) error {
	if int64(len(data)) != o.Size {
		return fmt.Errorf("it has %d bytes, and its pointer says %d", len(data), o.Size)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != o.OID {
		return errors.New("it is another content than its pointer names")
	}
	return nil
}

// load reads the object: fs.ErrNotExist when it is not there, errDamaged when it is not what its name says.
func (o largeObject) load() ([]byte, error) {
	root, err := os.OpenRoot(o.folder)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	info, err := root.Stat(o.path())
	if err != nil {
		return nil, err
	}
	if info.Size() != o.Size {
		return nil, fmt.Errorf("%w: object %s has %d bytes of %d", errDamaged, o.OID, info.Size(), o.Size)
	}
	data, err := root.ReadFile(o.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil {
		err = o.verify(data)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: object %s: %w", errDamaged, o.OID, err)
	}
	return data, nil
}

// store keeps the object, which appears as a whole. The store itself is not made: another process may be about to put a new
// one in its place.
func (o largeObject) store(data []byte) (err error) {
	root, err := os.OpenRoot(o.folder)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if err := errors.Join(root.MkdirAll(path.Dir(o.path()), 0o700), root.MkdirAll(largeDrafts, 0o700)); err != nil {
		return err
	}
	clearDrafts(root)
	draft := path.Join(largeDrafts, o.OID+"-"+rand.Text())
	if err := root.WriteFile(draft, data, 0o600); err != nil {
		return errors.Join(err, root.Remove(draft))
	}
	if err := root.Rename(draft, o.path()); err != nil {
		return errors.Join(err, root.Remove(draft))
	}
	return nil
}

// clearDrafts removes what killed processes left.
func clearDrafts(root *os.Root) {
	entries, err := fs.ReadDir(root.FS(), largeDrafts)
	if err != nil {
		return
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > draftAge {
			_ = root.Remove(path.Join(largeDrafts, e.Name()))
		}
	}
}

package filestore

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// Store is an open folder of applications. All methods are safe for concurrent use, within a process and between
// processes. A cancelled context ends the wait for another writer; a write that has begun is finished.
type Store struct {
	dir          string
	state        folder
	installation string
	// turn lets one goroutine at a time compete for the folder's write lock.
	turn chan struct{}

	statuses   once[app.Status]
	remembered once[app.Released]

	mu    sync.Mutex
	cache map[string]cached
	files map[string]string
	last  *snapshot
}

// Open opens the store in a folder and makes the folder and its .wheelhouse on first use. It reads the store's format
// and identity, which is why it does IO; a format newer than this program's is refused.
func Open(dir string) (*Store, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", dir, err)
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return nil, fmt.Errorf("open store %s: %w", dir, err)
	}
	s := &Store{
		dir: abs, state: folder(filepath.Join(abs, stateFolder)), turn: make(chan struct{}, 1),
		cache: map[string]cached{}, files: map[string]string{},
	}
	if s.installation, err = s.state.prepare(); err != nil {
		return nil, fmt.Errorf("open store %s: %w", dir, err)
	}
	return s, nil
}

// Name returns "file:" and the folder's absolute path.
func (s *Store) Name() string { return "file:" + s.dir }

// Installation returns the id that tells the marks of this store from those of others.
func (s *Store) Installation() string { return s.installation }

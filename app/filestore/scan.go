package filestore

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// snapshot is what a folder said when it was read.
type snapshot struct {
	docs map[string]*document
	errs map[string]error
}

// fingerprints returns for every application a text that changes with its document or with what is wrong with it.
func (s *snapshot) fingerprints() map[string]string {
	out := make(map[string]string, len(s.docs)+len(s.errs))
	for name, d := range s.docs {
		out[name] = hex.EncodeToString(d.sum[:])
	}
	for name, err := range s.errs {
		out[name] = err.Error()
	}
	return out
}

// targets returns the folders outside the store that documents are linked from.
func (s *snapshot) targets(dir string) []string {
	var out []string
	for _, d := range s.docs {
		if t := filepath.Dir(d.target); d.target != "" && t != dir && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

// scan reads the folder. It is [app.ErrEmptied] when the folder shows that it is not what it was.
func (s *Store) scan() (*snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, s.lost(err)
	}
	if err := s.present(); err != nil {
		return nil, err
	}
	seen := s.state.readSeen()
	snap := &snapshot{docs: map[string]*document{}, errs: map[string]error{}}
	found := map[string]string{}
	for _, e := range entries {
		if isDocument(e.Name()) {
			s.addLocked(snap, found, e.Name(), seen)
		}
	}
	// A folder that went away while it was read has lost its files, and nobody removed one.
	if err := s.present(); err != nil {
		return nil, err
	}
	s.forgetLocked(found)
	if err := s.state.settle(seen, found, len(snap.errs)); err != nil {
		return nil, s.lost(err)
	}
	return snap, nil
}

// addLocked reads one file into the snapshot. A file that cannot be read stands for the application that was last seen
// in it.
func (s *Store) addLocked(snap *snapshot, found map[string]string, file string, seen map[string]string) {
	d, err := s.readLocked(file)
	switch {
	case errors.Is(err, os.ErrNotExist) && !isLink(filepath.Join(s.dir, file)):
		return // it vanished while the folder was read
	case err != nil:
		name := seen[file]
		if name == "" {
			name = strings.TrimSuffix(file, filepath.Ext(file))
		} else {
			found[file] = name
		}
		snap.errs[name] = errors.Join(snap.errs[name], err)
		delete(snap.docs, name)
		return
	case d == nil:
		return
	}
	name := d.app.Metadata.Name
	found[file] = name
	if other, twice := snap.docs[name]; twice {
		snap.errs[name] = fmt.Errorf("application %s is in two files: %s and %s", name, other.file, file)
		delete(snap.docs, name)
		delete(s.files, name)
	} else if snap.errs[name] == nil {
		snap.docs[name] = d
		s.files[name] = file
	}
}

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&os.ModeSymlink != 0
}

// forgetLocked drops what the cache knows of files that are gone.
func (s *Store) forgetLocked(found map[string]string) {
	for name, file := range s.files {
		if found[file] != name {
			delete(s.files, name)
		}
	}
	for file := range s.cache {
		if _, err := os.Lstat(filepath.Join(s.dir, file)); err != nil {
			delete(s.cache, file)
		}
	}
}

// present returns [app.ErrEmptied] when the folder is not the one that was opened: a share that is no longer mounted
// leaves an empty folder in its place, and nothing may be written there.
func (s *Store) present() error {
	id, err := s.state.readInstallation()
	if err != nil {
		return s.lost(err)
	}
	if id != s.installation {
		return s.lost(errors.New("another store is in its place"))
	}
	return nil
}

func (s *Store) lost(err error) error {
	return fmt.Errorf("read store %s: %w: %w", s.dir, app.ErrEmptied, err)
}

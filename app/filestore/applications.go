package filestore

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// List returns the applications of the folder with their last known status, sorted by name, and what is wrong with
// files that cannot be read. A folder that lost its applications is [app.ErrEmptied].
func (s *Store) List(ctx context.Context) ([]app.Application, map[app.Key]error, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	snap, err := s.scan()
	if err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	s.last = snap
	s.mu.Unlock()
	apps := make([]app.Application, 0, len(snap.docs))
	errs := make(map[app.Key]error, len(snap.errs))
	for _, name := range slices.Sorted(maps.Keys(snap.docs)) {
		a, err := s.withStatus(snap.docs[name])
		if err != nil {
			errs[app.Key{Name: name}] = err
			continue
		}
		apps = append(apps, a)
	}
	for name, err := range snap.errs {
		errs[app.Key{Name: name}] = err
	}
	return apps, errs, nil
}

// Load returns one application with its last known status.
func (s *Store) Load(ctx context.Context, key app.Key) (app.Application, error) {
	if err := ctx.Err(); err != nil {
		return app.Application{}, err
	}
	d, err := s.find(key)
	if err != nil {
		return app.Application{}, err
	}
	return s.withStatus(d)
}

// find returns an application's document: from the file that it was last in, else by reading the folder.
func (s *Store) find(key app.Key) (*document, error) {
	name, err := nameOf(key)
	if err != nil {
		return nil, err
	}
	if d := s.findKnown(name); d != nil {
		return d, nil
	}
	snap, err := s.scan()
	if err != nil {
		return nil, err
	}
	if err := snap.errs[name]; err != nil {
		return nil, fmt.Errorf("load application %s: %w", name, err)
	}
	d := snap.docs[name]
	if d == nil {
		return nil, hint.With(fmt.Errorf("application %s: %w", name, app.ErrNotFound),
			"see `wheelhouse app list` for the applications of this store")
	}
	return d, nil
}

func (s *Store) findKnown(name string) *document {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, ok := s.files[name]
	if !ok {
		return nil
	}
	d, err := s.readLocked(file)
	if err != nil || d == nil || d.app.Metadata.Name != name {
		return nil
	}
	return d
}

package filestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/disk"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// errMoved says that a file changed while it was being edited.
var errMoved = errors.New("the file keeps changing")

// Create writes a new application to NAME.yaml. From then on its key is its name alone, whatever namespace its
// document says; a status that it brings along is kept.
func (s *Store) Create(ctx context.Context, a app.Application) error {
	a.Default()
	key := app.Key{Name: a.Metadata.Name}
	if _, err := nameOf(key); err != nil {
		return fmt.Errorf("create application: %q is not a name that Kubernetes takes", key.Name)
	}
	err := s.exclusive(ctx, func() error { return s.create(key, a) })
	if err != nil {
		return fmt.Errorf("create application %s: %w", key, err)
	}
	return nil
}

func (s *Store) create(key app.Key, a app.Application) error {
	snap, err := s.scan()
	if err != nil {
		return err
	}
	if snap.docs[key.Name] != nil || snap.errs[key.Name] != nil {
		return app.ErrExists
	}
	path := filepath.Join(s.dir, key.Name+".yaml")
	if _, err := os.Lstat(path); err == nil {
		return hint.With(fmt.Errorf("%s holds something else: %w", path, app.ErrExists), "move that file away")
	}
	data, err := app.Encode(a.WithoutStatus())
	if err != nil {
		return err
	}
	if err := s.startStatus(key.Name, a.Status); err != nil {
		return err
	}
	return replaceFile(path, data, 0o666) // as the umask allows: the file is the author's
}

// startStatus gives a new application its own status instead of that of an earlier one of the same name.
func (s *Store) startStatus(name string, status app.Status) error {
	if reflect.ValueOf(status).IsZero() {
		return removeState(s.statusPath(name))
	}
	return writeJSON(s.statusPath(name), status)
}

// Update reads an application, lets change edit it, and writes the lines of its file that differ. Its name and status
// cannot be changed this way. It returns the application as it is then.
func (s *Store) Update(ctx context.Context, key app.Key, change func(*app.Application) error) (app.Application, error) {
	var out app.Application
	var own error
	err := s.exclusive(ctx, func() error {
		for range 5 {
			d, err := s.update(key, func(a *app.Application) error {
				own = change(a)
				return own
			})
			if errors.Is(err, errMoved) {
				continue
			}
			if err != nil {
				return err
			}
			out, err = s.withStatus(d)
			return err
		}
		return errMoved
	})
	switch {
	case own != nil:
		return app.Application{}, own
	case err != nil:
		return app.Application{}, fmt.Errorf("update application %s: %w", key, err)
	}
	return out, nil
}

func (s *Store) update(key app.Key, change func(*app.Application) error) (*document, error) {
	d, err := s.find(key)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(s.dir, d.file)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if d, err = parse(data, path); err != nil {
		return nil, err
	}
	if d == nil || d.app.Key() != key {
		return nil, errMoved
	}
	edited, err := s.edit(d, data, path, change)
	if err != nil || bytes.Equal(edited, data) {
		return d, err
	}
	// Somebody may have saved the file in an editor meanwhile; the moment between this look and the rename is all
	// that is left to chance.
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, data) {
		return nil, errors.Join(errMoved, err)
	}
	if err := rewriteFile(path, edited); err != nil {
		return nil, err
	}
	return parse(edited, path)
}

// edit returns the text of a file after a change of its application.
func (s *Store) edit(d *document, data []byte, path string, change func(*app.Application) error) ([]byte, error) {
	a, err := s.withStatus(d)
	if err != nil {
		return nil, err
	}
	if err := change(&a); err != nil {
		return nil, err
	}
	if a.Metadata.Name != d.app.Metadata.Name {
		return nil, fmt.Errorf("it cannot be renamed to %q", a.Metadata.Name)
	}
	a.Metadata.Namespace = d.namespace
	a.Default()
	return app.Edit(data, path, a)
}

// Remove removes an application's document and status; documents of other kinds stay in the file. Its inventory,
// history and locks stay too: what it owned in a cluster is still there.
func (s *Store) Remove(ctx context.Context, key app.Key) error {
	err := s.exclusive(ctx, func() error { return s.remove(key) })
	if err != nil {
		return fmt.Errorf("remove application %s: %w", key, err)
	}
	return nil
}

func (s *Store) remove(key app.Key) error {
	d, err := s.find(key)
	if err != nil {
		return err
	}
	path := filepath.Join(s.dir, d.file)
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	rest, err := app.Cut(data, path)
	if err != nil {
		return err
	}
	if rest == nil {
		err = errors.Join(os.Remove(path), disk.SyncFolder(s.dir))
	} else {
		err = rewriteFile(path, rest)
	}
	return errors.Join(err, removeState(s.statusPath(key.Name)), s.state.unsee(d.file))
}

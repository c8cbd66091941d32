package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// Bind returns the identity that a cluster's name is bound to, binding it to id when it is not bound yet.
func (s *Store) Bind(ctx context.Context, cluster string, id app.ClusterIdentity) (app.ClusterIdentity, error) {
	bound := id
	err := s.changeBindings(ctx, func(m map[string]app.ClusterIdentity) {
		if old, ok := m[cluster]; ok {
			bound = old
		}
		m[cluster] = bound
	})
	if err != nil {
		return "", fmt.Errorf("bind cluster %s: %w", cluster, err)
	}
	return bound, nil
}

// Rebind binds a name to another identity.
func (s *Store) Rebind(ctx context.Context, cluster string, id app.ClusterIdentity) error {
	err := s.changeBindings(ctx, func(m map[string]app.ClusterIdentity) { m[cluster] = id })
	if err != nil {
		return fmt.Errorf("rebind cluster %s: %w", cluster, err)
	}
	return nil
}

// Unbind forgets a name; [app.ErrNotFound] when it was not bound.
func (s *Store) Unbind(ctx context.Context, cluster string) error {
	known := false
	err := s.changeBindings(ctx, func(m map[string]app.ClusterIdentity) {
		_, known = m[cluster]
		delete(m, cluster)
	})
	if err == nil && !known {
		err = app.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("unbind cluster %s: %w", cluster, err)
	}
	return nil
}

// Bound returns all names with what they are bound to.
func (s *Store) Bound(ctx context.Context) (map[string]app.ClusterIdentity, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.present(); err != nil {
		return nil, err
	}
	all, err := s.readBindings()
	if err != nil {
		return nil, fmt.Errorf("list bound clusters: %w", err)
	}
	return all, nil
}

func (s *Store) readBindings() (map[string]app.ClusterIdentity, error) {
	m := map[string]app.ClusterIdentity{}
	if err := readJSON(s.state.path("bindings.json"), &m); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return m, nil
}

func (s *Store) changeBindings(ctx context.Context, change func(map[string]app.ClusterIdentity)) error {
	return s.exclusive(ctx, func() error {
		m, err := s.readBindings()
		if err != nil {
			return err
		}
		old := maps.Clone(m)
		change(m)
		if maps.Equal(old, m) {
			return nil
		}
		return writeJSON(s.state.path("bindings.json"), m)
	})
}

// UpdateInventory reads what was remembered of an application, the zero Released where nothing was, lets change edit it and writes it,
// as one act among all processes. What comes out as it went in is not written. The list is shared: change replaces it.
func (s *Store) UpdateInventory(ctx context.Context, key app.Key, change func(*app.Released)) error {
	err := s.withInventory(ctx, key, func(path string) error {
		before, err := s.remembered.read(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		after := before
		change(&after)
		if sameInventory(&before, &after) {
			return nil
		}
		return s.remembered.write(path, after)
	})
	if err != nil {
		return fmt.Errorf("update inventory of %s: %w", key, err)
	}
	return nil
}

// withInventory calls act with the path of an inventory while nobody else changes that.
func (s *Store) withInventory(ctx context.Context, key app.Key, act func(path string) error) error {
	name, err := nameOf(key)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.present(); err != nil {
		return err
	}
	path := s.state.path("inventory", name)
	return locked(ctx, path+".lock", func() error { return act(path + ".json") })
}

func sameInventory(a, b *app.Released) bool {
	return a.Key == b.Key && a.Destination == b.Destination && a.Cluster == b.Cluster && a.Claim == b.Claim &&
		slices.Equal(a.Objects, b.Objects)
}

// Inventory returns what was remembered of an application; [app.ErrNotFound] when nothing was. Its list is shared.
func (s *Store) Inventory(ctx context.Context, key app.Key) (app.Released, error) {
	path, err := s.inventoryPath(key)
	if err != nil {
		return app.Released{}, err
	}
	if err := ctx.Err(); err != nil {
		return app.Released{}, err
	}
	r, err := s.remembered.read(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = app.ErrNotFound
	}
	if err != nil {
		return app.Released{}, fmt.Errorf("read inventory of %s: %w", key, err)
	}
	return r, nil
}

// Released returns the inventories whose application is gone, sorted by name. One whose file cannot be read is not
// gone, and where the folder is not what it was, nothing is known to be.
func (s *Store) Released(ctx context.Context) ([]app.Released, error) {
	snap, err := s.scan()
	if err != nil {
		return nil, err
	}
	names, err := s.inventories()
	if err != nil {
		return nil, fmt.Errorf("list inventories: %w", err)
	}
	var out []app.Released
	for _, name := range names {
		if snap.docs[name] != nil || snap.errs[name] != nil {
			continue
		}
		r, err := s.Inventory(ctx, app.Key{Name: name})
		if errors.Is(err, app.ErrNotFound) {
			continue // forgotten meanwhile
		}
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func (s *Store) inventories() ([]string, error) {
	entries, err := os.ReadDir(s.state.path("inventory"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".json"); ok && !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Forget drops an inventory; one that is not there is forgotten already.
func (s *Store) Forget(ctx context.Context, key app.Key) error {
	if err := s.withInventory(ctx, key, removeState); err != nil {
		return fmt.Errorf("forget inventory of %s: %w", key, err)
	}
	return nil
}

func (s *Store) inventoryPath(key app.Key) (string, error) {
	name, err := nameOf(key)
	return s.state.path("inventory", name+".json"), err
}

package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// Halts returns the clusters in which automation is paused, sorted by name.
func (s *Store) Halts(ctx context.Context) ([]app.Halt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	halts, err := s.readHalts()
	if err != nil {
		return nil, fmt.Errorf("read halts: %w", err)
	}
	return halts, nil
}

// Halt pauses automation in a cluster. Where it is paused already, that stays as it is.
func (s *Store) Halt(ctx context.Context, h app.Halt) error {
	err := s.changeHalts(ctx, func(halts []app.Halt) []app.Halt {
		if slices.ContainsFunc(halts, func(o app.Halt) bool { return o.Cluster == h.Cluster }) {
			return halts
		}
		return append(halts, h)
	})
	if err != nil {
		return fmt.Errorf("halt automation in %s: %w", h.Cluster, err)
	}
	return nil
}

// Unhalt lets automation go on in a cluster; [app.ErrNotFound] when it is not paused there.
func (s *Store) Unhalt(ctx context.Context, cluster string) error {
	found := false
	err := s.changeHalts(ctx, func(halts []app.Halt) []app.Halt {
		return slices.DeleteFunc(halts, func(h app.Halt) bool {
			found = found || h.Cluster == cluster
			return h.Cluster == cluster
		})
	})
	if err == nil && !found {
		err = app.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("let automation go on in %s: %w", cluster, err)
	}
	return nil
}

func (s *Store) readHalts() ([]app.Halt, error) {
	var halts []app.Halt
	if err := readJSON(s.state.path("halts.json"), &halts); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return halts, nil
}

func (s *Store) changeHalts(ctx context.Context, change func([]app.Halt) []app.Halt) error {
	return s.exclusive(ctx, func() error {
		halts, err := s.readHalts()
		if err != nil {
			return err
		}
		halts = change(halts)
		slices.SortFunc(halts, func(a, b app.Halt) int { return strings.Compare(a.Cluster, b.Cluster) })
		return writeJSON(s.state.path("halts.json"), halts)
	})
}

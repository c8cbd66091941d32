package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// How deep the history of an application is: so many records, and so many different sets of objects.
const (
	keepRecords   = 200
	keepManifests = 20
)

// Append gives a record its id, r1 for the first, and keeps it, with the objects when there are any; data of Secrets is
// left out of them. Records of the same objects share them. The oldest records, and the oldest objects, are dropped.
func (s *Store) Append(ctx context.Context, r app.Record, manifests []*unstructured.Unstructured) (app.Record, error) {
	name, err := nameOf(r.App)
	if err != nil {
		return app.Record{}, err
	}
	h := history(s.state.path("history", name))
	err = s.exclusive(ctx, func() error {
		c, err := h.contents()
		if err != nil {
			return err
		}
		next := 1
		if len(c.numbers) > 0 {
			next = c.numbers[0] + 1
		}
		r.ID = recordID(next)
		// An append that did not get to its record may have left this.
		if err := h.unlink(next, c.objects[next]); err != nil {
			return err
		}
		if r.ManifestsHash, err = h.write(r, manifests); err != nil {
			return err
		}
		r.Manifests = r.ManifestsHash != ""
		c.numbers = append([]int{next}, c.numbers...)
		c.objects[next] = r.ManifestsHash
		return h.trim(c)
	})
	if err != nil {
		return app.Record{}, fmt.Errorf("append record of %s: %w", name, err)
	}
	return r, nil
}

// Records returns the records of an application, newest first.
func (s *Store) Records(ctx context.Context, key app.Key) ([]app.Record, error) {
	name, err := nameOf(key)
	if err != nil {
		return nil, err
	}
	h := history(s.state.path("history", name))
	c, err := h.contents()
	if err != nil {
		return nil, fmt.Errorf("read history of %s: %w", name, err)
	}
	out := make([]app.Record, 0, len(c.numbers))
	for _, n := range c.numbers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var r app.Record
		err := readJSON(h.record(n), &r)
		r.ManifestsHash = c.objects[n]
		r.Manifests = r.ManifestsHash != ""
		if errors.Is(err, fs.ErrNotExist) {
			continue // trimmed meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("read history of %s: %w", name, err)
		}
		out = append(out, r)
	}
	return out, nil
}

// Manifests returns the rendered objects of a record, without data of Secrets; [app.ErrNotFound] when they are gone.
func (s *Store) Manifests(ctx context.Context, key app.Key, id string) ([]*unstructured.Unstructured, error) {
	name, err := nameOf(key)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	h := history(s.state.path("history", name))
	n, ok := recordNumber(id)
	c, err := h.contents()
	if err == nil && (!ok || c.objects[n] == "") {
		err = app.ErrNotFound
	}
	var objects []*unstructured.Unstructured
	if err == nil {
		objects, err = readManifests(h.manifests(c.objects[n]))
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = app.ErrNotFound // trimmed meanwhile
	}
	if err != nil {
		return nil, fmt.Errorf("manifests of %s %s: %w", name, id, err)
	}
	return objects, nil
}

package filestore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// How deep the history of an application is.
const (
	keepRecords   = 200
	keepManifests = 20
)

// Append gives a record its id, r1 for the first, and keeps it, with the objects when there are any; data of Secrets is
// left out of them. The oldest records, and the objects of all but the newest, are dropped.
func (s *Store) Append(ctx context.Context, r app.Record, manifests []*unstructured.Unstructured) (app.Record, error) {
	name, err := nameOf(r.App)
	if err != nil {
		return app.Record{}, err
	}
	h := history(s.state.path("history", name))
	err = s.exclusive(ctx, func() error {
		numbers, err := h.numbers()
		if err != nil {
			return err
		}
		next := 1
		if len(numbers) > 0 {
			next = numbers[0] + 1
		}
		r.ID = recordID(next)
		r.Manifests = len(manifests) > 0
		return errors.Join(h.write(r, manifests), h.trim(append([]int{next}, numbers...)))
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
	numbers, err := h.numbers()
	if err != nil {
		return nil, fmt.Errorf("read history of %s: %w", name, err)
	}
	out := make([]app.Record, 0, len(numbers))
	for _, n := range numbers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := h.record(n)
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
	n, ok := recordNumber(id)
	err = fs.ErrNotExist
	var objects []*unstructured.Unstructured
	if ok {
		objects, err = readManifests(history(s.state.path("history", name)).manifests(n))
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = app.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("manifests of %s %s: %w", name, id, err)
	}
	return objects, nil
}

// history is the folder of one application's records.
type history string

func (h history) file(n int) string { return string(h) + "/" + recordID(n) + ".json" }

func (h history) manifests(n int) string { return string(h) + "/" + recordID(n) + ".manifests.gz" }

func recordID(n int) string { return "r" + strconv.Itoa(n) }

func recordNumber(id string) (int, bool) {
	digits, ok := strings.CutPrefix(id, "r")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && n > 0 && recordID(n) == id
}

// numbers returns the numbers of the records that there are, newest first.
func (h history) numbers() ([]int, error) {
	entries, err := os.ReadDir(string(h))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var out []int
	for _, e := range entries {
		id, ok := strings.CutSuffix(e.Name(), ".json")
		if n, isRecord := recordNumber(id); ok && isRecord {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b int) int { return cmp.Compare(b, a) })
	return out, nil
}

func (h history) record(n int) (app.Record, error) {
	var r app.Record
	if err := readJSON(h.file(n), &r); err != nil {
		return app.Record{}, err
	}
	_, err := os.Stat(h.manifests(n))
	r.Manifests = err == nil
	return r, nil
}

// write keeps the objects first: a record that promises objects has them.
func (h history) write(r app.Record, manifests []*unstructured.Unstructured) error {
	n, _ := recordNumber(r.ID)
	if err := removeState(h.manifests(n)); err != nil {
		return err // of an append that did not get to its record
	}
	if len(manifests) > 0 {
		if err := writeManifests(h.manifests(n), manifests); err != nil {
			return err
		}
	}
	return writeJSON(h.file(n), r)
}

// trim drops what is older than the history is deep; numbers are newest first.
func (h history) trim(numbers []int) error {
	var errs []error
	withObjects := 0
	for i, n := range numbers {
		if i >= keepRecords {
			errs = append(errs, removeState(h.file(n)))
		}
		if _, err := os.Stat(h.manifests(n)); err != nil {
			continue
		}
		if withObjects++; withObjects > keepManifests || i >= keepRecords {
			errs = append(errs, removeState(h.manifests(n)))
		}
	}
	return errors.Join(errs...)
}

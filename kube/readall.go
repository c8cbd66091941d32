package kube

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

const (
	// listFrom is the number of objects of one kind and namespace from which they are listed and not read one by one.
	listFrom = 16
	// pageSize is the number of objects of one page of a list.
	pageSize = 500
)

// reading collects what one question finds.
type reading struct {
	cluster *Cluster
	mu      sync.Mutex
	set     object.LiveSet
}

// readAll reads objects, several at once: many of one kind and namespace by a list, the others one by one. What may
// not be read is unreadable, not absent.
func (k *Cluster) readAll(ctx context.Context, refs []object.Ref) (object.LiveSet, error) {
	r := &reading{cluster: k, set: object.LiveSet{
		Objects: map[object.Ref]*unstructured.Unstructured{}, Unreadable: map[object.Place]error{}, AsOf: time.Now(),
	}}
	places := map[object.Place][]object.Ref{}
	for _, ref := range refs {
		places[ref.Place()] = append(places[ref.Place()], ref)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readsInFlight)
	for p, refs := range places {
		if len(refs) >= listFrom {
			g.Go(func() error { return r.list(ctx, p, refs) })
			continue
		}
		for _, ref := range refs {
			g.Go(func() error { return r.get(ctx, ref) })
		}
	}
	return r.set, g.Wait()
}

// get reads one object.
func (r *reading) get(ctx context.Context, ref object.Ref) error {
	u, err := r.cluster.Read(ctx, ref)
	if errors.Is(err, app.ErrNotFound) {
		return nil
	}
	if err != nil {
		return r.unreadable(ref.Place(), err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.set.Objects[ref] = u
	return nil
}

// list reads the objects of a place and keeps those that are asked for. Who may read single objects only reads them so.
func (r *reading) list(ctx context.Context, p object.Place, refs []object.Ref) error {
	resource, err := r.cluster.resourceOf(p.Kind)
	if errors.Is(err, object.ErrNoKind) {
		return nil
	}
	if err != nil {
		return r.unreadable(p, err)
	}
	asked := make(map[object.Ref]struct{}, len(refs))
	for _, ref := range refs {
		asked[ref] = struct{}{}
	}
	for o := (metav1.ListOptions{Limit: pageSize}); ; {
		page, err := r.cluster.resource(resource, p.Namespace).List(ctx, o)
		if apierrors.IsForbidden(err) || apierrors.IsMethodNotSupported(err) || apierrors.IsResourceExpired(err) {
			return r.each(ctx, refs)
		}
		if err != nil {
			return r.unreadable(p, r.cluster.explain(err))
		}
		r.mu.Lock()
		for i := range page.Items {
			ref := object.Of(&page.Items[i])
			if _, ok := asked[ref]; ok {
				r.set.Objects[ref] = &page.Items[i]
			}
		}
		r.mu.Unlock()
		if o.Continue = page.GetContinue(); o.Continue == "" {
			return nil
		}
	}
}

// each reads objects one after another.
func (r *reading) each(ctx context.Context, refs []object.Ref) error {
	for _, ref := range refs {
		if err := r.get(ctx, ref); err != nil {
			return err
		}
	}
	return nil
}

// unreadable notes a place where objects may not be read, or where the server fails to; any other error is returned.
func (r *reading) unreadable(p object.Place, err error) error {
	switch {
	case errors.Is(err, object.ErrFailing):
	case isFailing(err):
		err = hint.With(fmt.Errorf("%w: %w", object.ErrFailing, err), remedy)
	case !apierrors.IsForbidden(err) && !apierrors.IsMethodNotSupported(err):
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.set.Unreadable[p] = err
	return nil
}

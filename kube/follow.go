package kube

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// The pauses before a watch that ended, or could not begin, is begun anew.
const firstReturn, longestReturn = 500 * time.Millisecond, 5 * time.Second

// Follow tells of every change of some objects until ctx ends, where no Watch runs that would. It opens one watch for each
// kind and namespace that they are in, of their metadata alone, or of the one object there. Tell is called from several
// goroutines, for each change and for each watch that begins, before which something may have been missed. Follow returns
// early only when an object cannot be watched, because the right is missing or its kind is not served.
func (k *Cluster) Follow(ctx context.Context, refs []object.Ref, tell func()) error {
	places := map[object.Place]map[string]bool{}
	for _, ref := range refs {
		p := ref.Place()
		if places[p] == nil {
			places[p] = map[string]bool{}
		}
		places[p][ref.Name] = true
	}
	g, ctx := errgroup.WithContext(ctx)
	for p, names := range places {
		g.Go(func() error { return k.followPlace(ctx, p, names, tell) })
	}
	return g.Wait()
}

// followPlace watches objects of one kind and namespace, again and again.
func (k *Cluster) followPlace(ctx context.Context, p object.Place, names map[string]bool, tell func()) error {
	r, err := k.resourceOf(p.Kind)
	if err != nil {
		return fmt.Errorf("follow %s: %w", p.Kind, err)
	}
	var o metav1.ListOptions
	if len(names) == 1 {
		for name := range names {
			o.FieldSelector = fields.OneTermEqualSelector("metadata.name", name).String()
		}
	}
	for pause := firstReturn; ; {
		w, err := k.metadata.Resource(r.GroupVersionResource()).Namespace(p.Namespace).Watch(ctx, o)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case apierrors.IsForbidden(err), apierrors.IsMethodNotSupported(err), apierrors.IsNotFound(err):
			return fmt.Errorf("follow %s: %w", p.Kind, k.explain(err))
		case err == nil:
			pause = firstReturn
			tell()
			hear(ctx, w, names, tell)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
			pause = min(pause*2, longestReturn)
		}
	}
}

// hear tells of what a watch says of objects of these names, until it ends.
func hear(ctx context.Context, w watch.Interface, names map[string]bool, tell func()) {
	defer w.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case ev, ok := <-w.ResultChan():
			if !ok || ev.Type == watch.Error {
				return
			}
			if u, err := meta.Accessor(ev.Object); err == nil && names[u.GetName()] {
				tell()
			}
		}
	}
}

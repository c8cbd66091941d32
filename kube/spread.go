package kube

import (
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// mostNarrow bounds the watches of single namespaces in one cluster: each is a stream that server and client keep open. An
// ordinary application's namespace takes about fifteen.
const mostNarrow = 1000

// errManyWatches says that a namespace is not watched although it might be.
var errManyWatches = hint.With(fmt.Errorf("%d watches of single namespaces are open already", mostNarrow),
	"ask for the right to list and watch the kind in all namespaces")

// workloads are watched in every namespace that questions are about: they come to be without being declared, or lead from what
// is declared to what is not.
var workloads = append([]schema.GroupKind{
	{Group: "apps", Kind: "Deployment"},
	{Group: "apps", Kind: "StatefulSet"},
	{Group: "apps", Kind: "DaemonSet"},
	{Group: "batch", Kind: "CronJob"},
}, childKinds...)

// watchOf returns the watch that tells of an object: of its kind everywhere or, until that is listed, in its namespace.
func (c *cache) watchOf(ref object.Ref) *watched { return c.watchAt(ref.Place()) }

// watchAt is watchOf for the objects of a place.
func (c *cache) watchAt(p object.Place) *watched {
	wide, narrow := c.watches[p.Wide()], c.watches[p]
	if wide == nil || narrow != nil && !wide.isListed() {
		return narrow
	}
	return wide
}

// need takes note of where a question's objects are. Where their kinds may not be watched everywhere, that is where they are.
func (c *cache) need(refs []object.Ref) {
	c.mu.Lock()
	defer c.mu.Unlock()
	news := false
	note := func(p object.Place) {
		if _, known := c.places[p]; !known {
			c.places[p] = struct{}{}
			news = true
		}
	}
	var last object.Place
	for _, ref := range refs {
		p := ref.Place()
		if p.Namespace == "" || p == last {
			continue
		}
		note(p)
		if p.Namespace != last.Namespace {
			for _, gk := range workloads {
				note(object.Place{Kind: gk, Namespace: p.Namespace})
			}
		}
		last = p
	}
	if news && c.watcher != nil {
		c.watcher.spreadLocked()
	}
}

// spreadLocked begins the watches of kinds that may not be watched everywhere, where they are needed. The caller holds the
// lock of the cache.
func (w *watcher) spreadLocked() {
	c := w.cluster.cache
	narrow := 0
	for p := range c.watches {
		if p.Namespace != "" {
			narrow++
		}
	}
	for p := range c.places {
		if !apierrors.IsForbidden(c.skip[p.Wide()]) || c.watches[p] != nil || c.skip[p] != nil {
			continue
		}
		if narrow >= mostNarrow {
			c.skip[p] = errManyWatches
			continue
		}
		w.beginLocked(p)
		narrow++
	}
}

// widened ends the watches of namespaces once their kind is watched everywhere.
func (c *cache) widened(one *watched) {
	if one.place.Namespace != "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.watches[one.place] != one {
		return
	}
	for p, narrow := range c.watches {
		if p.Kind == one.place.Kind && p.Namespace != "" {
			delete(c.watches, p)
			narrow.done()
			narrow.stop()
		}
	}
	for p := range c.skip {
		if p.Kind == one.place.Kind {
			delete(c.skip, p)
		}
	}
}

// skipped returns what is not watched, with the reason. Of a kind that is watched in namespaces, or was to be, it names those
// where it is not.
func (c *cache) skipped() map[object.Place]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	narrow := map[schema.GroupKind]bool{}
	for p := range c.watches {
		narrow[p.Kind] = narrow[p.Kind] || p.Namespace != ""
	}
	for p := range c.skip {
		narrow[p.Kind] = narrow[p.Kind] || p.Namespace != ""
	}
	out := make(map[object.Place]string, len(c.skip))
	for p, err := range c.skip {
		if p.Namespace != "" || !narrow[p.Kind] {
			out[p] = err.Error()
		}
	}
	return out
}

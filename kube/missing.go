package kube

import (
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// A kind that is watched and is not found (404) may be gone, with its definition; it may be served in another version only; or the
// answer is that of a proxy, which knows of no API server for the moment. The answer itself does not say which. So the kind fails like
// any other, its watch is tried on and on, and what the cluster serves is looked at after a pause: what is not served any more is then
// no longer watched, and says nothing of itself.

// missed has a look taken at what the cluster serves, for a kind was not found.
func (w *watcher) missed() {
	select {
	case w.missing <- struct{}{}:
	default:
		// A look is due already.
	}
}

// missing reports whether the last answer was that there is no such kind. The caller holds the lock of the cache.
func (w *watched) missing() bool { return w.failure != nil && apierrors.IsNotFound(w.failure.err) }

// renewLocked watches a place in the version that is served now. What was known of it no longer counts, until the first list. The
// caller holds the lock of the cache.
func (w *watcher) renewLocked(old *watched) {
	c := w.cluster.cache
	old.stop()
	old.done()
	c.unwatch(old.place)
	w.beginLocked(old.place)
	if one := c.watches[old.place]; one != nil {
		one.failure = &failure{err: old.failure.err, since: old.failure.since, counts: true}
		one.answer()
	}
}

// discovered has the watcher look at what is served if a question has found a kind there that it does not know. Who may not read
// definitions is not told of new ones.
func (c *cache) discovered(found *kinds) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.watcher == nil || c.watcher.served == found {
		return
	}
	for gk := range found.preferred {
		if _, known := c.watcher.served.preferred[gk]; !known {
			c.watcher.redefined()
			return
		}
	}
}

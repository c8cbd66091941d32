package kube

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// While a server is away its watches end and are tried again, each with pauses that grow up to a minute. The first request that is
// answered says that the server is back, and nothing of what has changed meanwhile. So all watches that did not outlast the absence
// begin anew then, with a list: until it has come, questions wait for it as they do for the first one, and what was known before does
// not pass for what is.

// returnPause is how long a watch that begins anew waits at least; up to as much is added. A server that has just started knows
// neither everybody's rights at once nor is it helped by all watches in the same moment.
const returnPause = time.Second

// returned begins those watches anew that were not open when the server came back. It was last heard of before at the time that is
// lost. The objects stay, for most will be the same. A watch that asks for its first list, or is about to, goes on: on a line that is
// cut again and again it would never get there.
func (c *cache) returned(lost time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.watcher == nil {
		return
	}
	for _, old := range slices.Collect(maps.Values(c.watches)) {
		if !old.open.Load() && (old.isListed() || old.resting.Load()) {
			c.watcher.returnLocked(old, lost)
		}
	}
}

// returnLocked begins a watch anew, with what was known of it. The caller holds the lock of the cache.
func (w *watcher) returnLocked(old *watched, lost time.Time) {
	ctx, cancel := context.WithCancel(w.ctx)
	one := newWatched(old.place, cancel)
	one.unended.Store(old.unended.Load())
	one.anew, one.knownAsOf = true, old.knownAsOf
	if old.isListed() {
		one.knownAsOf = lost
	}
	// What failed by itself does so until it is listed.
	one.failure = old.failure
	if one.unknown() != nil {
		one.answer()
	}
	old.stop()
	old.done()
	w.runLocked(ctx, one, w.served.preferred[old.place.Kind])
}

// pauses lets a watch that begins anew wait for its turn, and reports whether that has come before ctx has ended.
func (w *watched) pauses(ctx context.Context) bool {
	if !w.anew {
		return true
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(returnPause + rand.N(returnPause)):
		return true
	}
}

// behind reports whether a watch has begun anew and the list has not come yet.
func (w *watched) behind() bool { return !w.knownAsOf.IsZero() && !w.isListed() }

// behind returns as of when the places are known of which the list is still awaited after the server was away; false when there is
// none. Of what fails nothing is known.
func (c *cache) behind() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var oldest time.Time
	for _, w := range c.watches {
		if w.behind() && w.unknown() == nil && (oldest.IsZero() || w.knownAsOf.Before(oldest)) {
			oldest = w.knownAsOf
		}
	}
	return oldest, !oldest.IsZero()
}

// mayPass reports whether a refusal may be that of a server that does not know everybody's rights yet: it is back only now, and the
// place was watched before.
func (w *watcher) mayPass(one *watched, err error) bool {
	c := w.cluster.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	return apierrors.IsForbidden(err) && one.behind() && (one.failure == nil || time.Since(one.failure.since) < patience)
}

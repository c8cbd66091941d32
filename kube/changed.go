package kube

import (
	"context"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Changed returns a channel that is closed when one of the objects next changes, comes or goes, and reports whether that
// would be told at all: a Watch has to run, follow all of their kinds where they are, and hear of the server. Nobody has to wait for
// the channel; it is forgotten with ctx.
func (k *Cluster) Changed(ctx context.Context, refs []object.Ref) (<-chan struct{}, bool) {
	changed, told := k.cache.await(ctx, refs)
	return changed, told && k.contact.failure() == nil
}

// await is Changed by what the cache hears.
func (c *cache) await(ctx context.Context, refs []object.Ref) (<-chan struct{}, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one, told := make(chan struct{}), c.watcher != nil && len(refs) > 0
	for _, ref := range refs {
		if c.waiting[ref] == nil {
			c.waiting[ref] = map[chan struct{}]struct{}{}
		}
		c.waiting[ref][one] = struct{}{}
		if w := c.watchOf(ref); w == nil || !w.isListed() || w.unknown() != nil {
			told = false
		}
	}
	context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, ref := range refs {
			c.leaveLocked(ref, one)
		}
	})
	return one, told
}

// leaveLocked forgets one who waits for an object.
func (c *cache) leaveLocked(ref object.Ref, one chan struct{}) {
	delete(c.waiting[ref], one)
	if len(c.waiting[ref]) == 0 {
		delete(c.waiting, ref)
	}
}

// wakeLocked tells those who wait for an object that it has changed.
func (c *cache) wakeLocked(ref object.Ref) {
	for one := range c.waiting[ref] {
		select {
		case <-one:
			// It waits for several, and another of them was first.
		default:
			close(one)
		}
		c.leaveLocked(ref, one)
	}
}

// isListed reports whether the first list of a kind has come.
func (w *watched) isListed() bool {
	select {
	case <-w.listed:
		return true
	default:
		return false
	}
}

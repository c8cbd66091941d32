package kube

import (
	"maps"
	"slices"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// answer is what was last answered to an application's question. It is the answer again while the same objects are asked for and
// nothing has moved where they are: to find that out takes as long as there are kinds and namespaces, and not objects. Where a few
// objects have moved, it is the answer with those put in their place.
type answer struct {
	refs []object.Ref
	set  object.LiveSet
	// marked counts the changes of objects with the application's mark, and places what was so in each place.
	marked uint64
	places map[object.Place]place
	// at is the length of the trail up to which the answer is true, and asks are the refs, once that was asked for.
	at   uint64
	asks map[object.Ref]struct{}
}

const (
	// trailLength is how many changes are remembered by their objects, of all that is watched.
	trailLength = 1024
	// amendMost is the most objects that are put into an answer while nobody else may use the cache.
	amendMost = 64
)

// place is what an answer depends on in one place.
type place struct {
	watch *watched
	moved uint64
}

// asked reports whether just these objects were asked for the last time.
func (c *cache) asked(q object.LiveQuery) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.answers[q.App]
	return a != nil && object.SameList(a.refs, q.Refs)
}

// answered returns the last answer to a question if it still is one.
func (c *cache) answered(q object.LiveQuery) (object.LiveSet, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.answers[q.App]
	if a == nil || !object.SameList(a.refs, q.Refs) {
		return object.LiveSet{}, false
	}
	still := a.marked == c.marked[q.App]
	for p, was := range a.places {
		if w := c.watchAt(p); w == nil || w != was.watch || w.unknown() != nil {
			return object.LiveSet{}, false
		}
		still = still && c.moved[p] == was.moved
	}
	if !still && !c.amendLocked(q, a) {
		return object.LiveSet{}, false
	}
	a.at = c.changes
	return a.set, true
}

// amendLocked puts what has moved since an answer into it, if that is little, and known in full. The caller holds the lock.
func (c *cache) amendLocked(q object.LiveQuery, a *answer) bool {
	changed, ok := c.sinceLocked(q, a)
	if !ok {
		return false
	}
	objects := a.set.Objects
	if len(changed) > 0 {
		objects = maps.Clone(objects)
	}
	for _, ref := range changed {
		r := c.objects[ref]
		if r == nil || !a.has(q, r) {
			delete(objects, ref)
			continue
		}
		if objects[ref] = r.objectLocked(); objects[ref] == nil {
			return false
		}
	}
	a.marked = c.marked[q.App]
	for p := range a.places {
		a.places[p] = c.placeLocked(p)
	}
	if len(changed) == 0 {
		return true
	}
	for _, ref := range changed {
		a.places[ref.Place()] = c.placeLocked(ref.Place())
	}
	c.editions++
	a.set.Objects, a.set.Since, a.set.Changed, a.set.Edition = objects, a.set.Edition, changed, c.editions
	return true
}

// placeLocked is what an answer depends on in a place now. The caller holds the lock.
func (c *cache) placeLocked(p object.Place) place {
	return place{watch: c.watchAt(p), moved: c.moved[p]}
}

// sinceLocked returns the objects that have moved since an answer and are in it, or are to be; false where that is not known of all, or
// where they are many. The caller holds the lock.
func (c *cache) sinceLocked(q object.LiveQuery, a *answer) ([]object.Ref, bool) {
	if c.changes-a.at > trailLength {
		return nil, false
	}
	if a.asks == nil {
		a.asks = make(map[object.Ref]struct{}, len(a.refs))
		for _, ref := range a.refs {
			a.asks[ref] = struct{}{}
		}
	}
	var changed []object.Ref
	for n := a.at; n < c.changes; n++ {
		ref := c.trail[n%trailLength]
		r := c.objects[ref]
		_, had := a.set.Objects[ref]
		if !had && (r == nil || !a.has(q, r)) || slices.Contains(changed, ref) {
			continue
		}
		if w := c.watchOf(ref); w == nil || !w.isListed() || w.unknown() != nil || len(changed) == amendMost {
			return nil, false
		}
		changed = append(changed, ref)
	}
	return changed, true
}

// has reports whether an object that is there belongs to the answer to a question: it is asked for, or has the mark.
func (a *answer) has(q object.LiveQuery, r *record) bool {
	_, asked := a.asks[r.ref]
	return asked || r.app == q.App
}

// rememberLocked keeps an answer in which nothing was left open, and numbers it. The caller holds the lock.
func (c *cache) rememberLocked(q object.LiveQuery, set *object.LiveSet) {
	a := &answer{refs: q.Refs, marked: c.marked[q.App], places: map[object.Place]place{}, at: c.changes}
	var last object.Place
	where := func(ref object.Ref) {
		if p := ref.Place(); p != last {
			a.places[p] = c.placeLocked(p)
			last = p
		}
	}
	for _, ref := range q.Refs {
		where(ref)
	}
	for r := range c.byApp[q.App] {
		where(r.ref)
	}
	c.editions++
	set.Edition = c.editions
	a.set = *set
	c.answers[q.App] = a
}

// movedLocked notes that a record came or went. The caller holds the lock.
func (c *cache) movedLocked(r *record) {
	c.moved[r.ref.Place()]++
	c.trail[c.changes%trailLength] = r.ref
	c.changes++
	if r.app != "" {
		c.marked[r.app]++
	}
}

// Forget drops what is remembered for the questions of an application that asks no more, by the name in its mark.
func (k *Cluster) Forget(app string) { k.cache.forget(app) }

func (c *cache) forget(app string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.answers, app)
	delete(c.marked, app)
}

package kube

import "github.com/wheelhouse-gitops/wheelhouse/kube/object"

// answer is what was last answered to an application's question. It is the answer again while the same objects are asked for and
// nothing has moved where they are: to find that out takes as long as there are kinds and namespaces, and not objects.
type answer struct {
	refs []object.Ref
	set  object.LiveSet
	// marked counts the changes of objects with the application's mark, and places what was so in each place.
	marked uint64
	places map[object.Place]place
}

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
	if a == nil || !object.SameList(a.refs, q.Refs) || a.marked != c.marked[q.App] {
		return object.LiveSet{}, false
	}
	for p, was := range a.places {
		if w := c.watchAt(p); w == nil || w != was.watch || w.unknown() != nil || c.moved[p] != was.moved {
			return object.LiveSet{}, false
		}
	}
	return a.set, true
}

// rememberLocked keeps an answer in which nothing was left open, and numbers it. The caller holds the lock.
func (c *cache) rememberLocked(q object.LiveQuery, set *object.LiveSet) {
	a := &answer{refs: q.Refs, marked: c.marked[q.App], places: map[object.Place]place{}}
	var last object.Place
	for i, ref := range q.Refs {
		if p := ref.Place(); i == 0 || p != last {
			a.places[p] = place{watch: c.watchAt(p), moved: c.moved[p]}
			last = p
		}
	}
	c.editions++
	set.Edition = c.editions
	a.set = *set
	c.answers[q.App] = a
}

// movedLocked notes that a record came or went. The caller holds the lock.
func (c *cache) movedLocked(r *record) {
	c.moved[r.ref.Place()]++
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

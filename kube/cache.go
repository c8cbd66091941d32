package kube

import (
	"context"
	"slices"
	"sync"
	"time"
	"unique"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// cache holds what the watches of a cluster have told. Of an object that is marked, was asked for by name, or belongs
// to one that is, the whole body is kept; of all others only who they are and whom they belong to.
type cache struct {
	mu       sync.Mutex
	objects  map[object.Ref]*record
	byUID    map[types.UID]*record
	children map[types.UID]map[*record]struct{}
	// claims are the claims that may be a StatefulSet's, by what their names have in common.
	claims map[object.Ref]map[*record]struct{}
	byApp  map[string]map[*record]struct{}
	wanted map[object.Ref]struct{}
	// watches are what is watched; skip says why other places are not.
	watches map[object.Place]*watched
	skip    map[object.Place]error
	// places are where questions were about, and where what they lead to may be.
	places map[object.Place]struct{}
	// closed are places of which the last question could not be answered for want of a right; againAt is when what is skipped
	// is tried again.
	closed  map[object.Place]struct{}
	againAt time.Time
	// watcher begins watches; it is nil while no Watch runs.
	watcher *watcher
	ends    ends
	// answers are those to the last questions of applications; moved and marked count the changes in each place and of objects with
	// an application's mark, and editions the answers. The trail names the objects of the last changes, of which there were so many.
	answers  map[string]*answer
	trail    []object.Ref
	changes  uint64
	moved    map[object.Place]uint64
	marked   map[string]uint64
	editions uint64
	// waiting are those who wait for the next change of an object.
	waiting map[object.Ref]map[chan struct{}]struct{}
}

// record is one live object.
type record struct {
	ref     object.Ref
	uid     types.UID
	owners  []types.UID
	app     string
	version string
	// body is nil where nobody needs it.
	body *object.Body
	// untold is the event to tell while only an answer has brought this version, and the watch has not.
	untold *object.Event
}

func newCache() *cache {
	return &cache{
		objects: map[object.Ref]*record{}, byUID: map[types.UID]*record{},
		children: map[types.UID]map[*record]struct{}{}, claims: map[object.Ref]map[*record]struct{}{}, byApp: map[string]map[*record]struct{}{},
		wanted: map[object.Ref]struct{}{}, watches: map[object.Place]*watched{}, skip: map[object.Place]error{},
		places: map[object.Place]struct{}{}, closed: map[object.Place]struct{}{},
		waiting: map[object.Ref]map[chan struct{}]struct{}{},
		answers: map[string]*answer{}, trail: make([]object.Ref, trailLength), moved: map[object.Place]uint64{}, marked: map[string]uint64{},
	}
}

func (c *cache) running() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.watcher != nil
}

// wait waits for the first list of all that is watched, and of what is watched for want of it; where a kind fails, for the word
// of that.
func (c *cache) wait(ctx context.Context) error {
	for {
		pending := c.pending()
		if len(pending) == 0 {
			return nil
		}
		if err := all(ctx, pending); err != nil {
			return err
		}
	}
}

// all waits until each of some watches has been answered.
func all(ctx context.Context, pending []chan struct{}) error {
	for _, answered := range pending {
		select {
		case <-answered:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// pending returns the watches of which nothing has been heard.
func (c *cache) pending() []chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pendingLocked()
}

// pendingLocked is pending for who holds the lock.
func (c *cache) pendingLocked() []chan struct{} {
	var out []chan struct{}
	for _, w := range c.watches {
		select {
		case <-w.answered:
		default:
			out = append(out, w.answered)
		}
	}
	return out
}

// live answers a question from memory. Objects whose body was not kept are named for reading; from now on it is. Of a kind that
// fails nothing is known.
func (c *cache) live(q object.LiveQuery) (object.LiveSet, []object.Ref) {
	if set, ok := c.answered(q); ok {
		set.AsOf = time.Now()
		return set, nil
	}
	c.readThrough(q)
	c.mu.Lock()
	defer c.mu.Unlock()
	set := object.LiveSet{
		Objects: make(map[object.Ref]*unstructured.Unstructured, len(q.Refs)), Unreadable: map[object.Place]error{}, AsOf: time.Now(),
	}
	var bodiless []object.Ref
	take := func(ref object.Ref, r *record) {
		w := c.watchOf(ref)
		switch {
		case w == nil:
			// It is not watched: only the server knows.
			bodiless = append(bodiless, ref)
		case w.unknown() != nil:
			set.Unreadable[ref.Place()] = w.unknown()
		case !w.isListed():
			// Its watch began after the wait for the others.
			bodiless = append(bodiless, ref)
		case r != nil:
			if u := r.objectLocked(); u != nil {
				set.Objects[ref] = u
			} else {
				bodiless = append(bodiless, ref)
			}
		}
	}
	for _, ref := range q.Refs {
		c.wanted[ref] = struct{}{}
		take(ref, c.objects[ref])
	}
	for r := range c.byApp[q.App] {
		if _, ok := set.Objects[r.ref]; !ok {
			take(r.ref, r)
		}
	}
	if q.App != "" && len(q.Refs) > 0 && len(bodiless) == 0 && len(set.Unreadable) == 0 {
		c.rememberLocked(q, &set)
	}
	return set, slices.Compact(bodiless)
}

// want has the bodies of objects kept from now on.
func (c *cache) want(refs []object.Ref) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, ref := range refs {
		c.wanted[ref] = struct{}{}
	}
}

// recordOf is what is noted of an object beside its body.
func recordOf(u *unstructured.Unstructured) *record {
	return &record{
		ref: interned(object.Of(u)), uid: u.GetUID(), owners: ownersOf(u), version: u.GetResourceVersion(),
		app: unique.Make(object.MarkOf(u).App).Value(),
	}
}

// upsert takes over an object that a watch sent, unless a newer one is known, or its end. It returns the event to tell.
func (c *cache) upsert(r *record, body *object.Body) (object.Event, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ev, changed := c.replaceLocked(r, body); changed {
		return ev, true
	}
	return c.heardLocked(r.ref, r.uid, r.version)
}

// heard returns the event to tell of a version that a watch has sent, if an answer had brought it before: what an answer brings
// is known at once, and told to all when its turn comes.
func (c *cache) heard(ref object.Ref, uid types.UID, version string) (object.Event, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.heardLocked(ref, uid, version)
}

// heardLocked is heard for who holds the lock.
func (c *cache) heardLocked(ref object.Ref, uid types.UID, version string) (object.Event, bool) {
	r, ok := c.objects[ref]
	if !ok || r.untold == nil || r.uid != uid || r.version != version {
		return object.Event{}, false
	}
	ev := *r.untold
	r.untold = nil
	return ev, true
}

// replaceLocked puts a record in the place of what was known under its name, unless that is newer, and keeps the body if
// somebody needs it; nil is a body that was not kept. The caller holds the lock.
func (c *cache) replaceLocked(r *record, body *object.Body) (object.Event, bool) {
	if c.ends.has(r.uid) {
		return object.Event{}, false
	}
	old, ok := c.objects[r.ref]
	if ok && (old.version == r.version && (old.body != nil || body == nil) || older(r.version, old.version) && old.uid == r.uid) {
		return object.Event{}, false
	}
	if ok {
		c.unlink(old)
	}
	c.link(r)
	if c.keeps(r) {
		r.body = body
	}
	ev := object.Event{Ref: r.ref, App: c.appOf(r)}
	if ok && old.app != ev.App {
		ev.Before = old.app
	}
	return ev, true
}

// older compares resource versions, which are numbers that grow within a cluster.
func older(a, b string) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

// ended forgets an object whose end the watch has told, or that a list has no more. Another object of its name stays, and an answer about
// the old one that comes late does not bring it back.
func (c *cache) ended(ref object.Ref, uid types.UID) (object.Event, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ends.add(uid)
	r, ok := c.objects[ref]
	if !ok || r.uid != uid {
		return object.Event{}, false
	}
	ev := object.Event{Ref: ref, App: c.appOf(r), Deleted: true}
	c.unlink(r)
	return ev, true
}

func (c *cache) link(r *record) {
	c.movedLocked(r)
	c.objects[r.ref] = r
	c.byUID[r.uid] = r
	c.wakeLocked(r.ref)
	for _, o := range r.owners {
		put(c.children, o, r)
	}
	if stem, ok := r.stem(); ok {
		put(c.claims, stem, r)
	}
	if r.app != "" {
		put(c.byApp, r.app, r)
	}
}

func (c *cache) unlink(r *record) {
	c.movedLocked(r)
	delete(c.objects, r.ref)
	c.wakeLocked(r.ref)
	if c.byUID[r.uid] == r {
		delete(c.byUID, r.uid)
	}
	for _, o := range r.owners {
		drop(c.children, o, r)
	}
	if stem, ok := r.stem(); ok {
		drop(c.claims, stem, r)
	}
	if r.app != "" {
		drop(c.byApp, r.app, r)
	}
}

func put[K comparable](m map[K]map[*record]struct{}, k K, r *record) {
	if m[k] == nil {
		m[k] = map[*record]struct{}{}
	}
	m[k][r] = struct{}{}
}

func drop[K comparable](m map[K]map[*record]struct{}, k K, r *record) {
	delete(m[k], r)
	if len(m[k]) == 0 {
		delete(m, k)
	}
}

// keeps decides whether the body of an object is kept.
func (c *cache) keeps(r *record) bool {
	if _, asked := c.wanted[r.ref]; asked {
		return true
	}
	return c.appOf(r) != ""
}

// ownerDepth bounds the walk along owners: Pods are three steps from a CronJob.
const ownerDepth = 8

// appOf returns the application of an object: that of its own mark, or of the owner it leads to. The caller holds the lock.
func (c *cache) appOf(r *record) string {
	for range ownerDepth {
		if r.app != "" {
			return r.app
		}
		owner := c.setOfLocked(r)
		for _, uid := range r.owners {
			if o, ok := c.byUID[uid]; ok {
				owner = o
				break
			}
		}
		if owner == nil {
			return ""
		}
		r = owner
	}
	return ""
}

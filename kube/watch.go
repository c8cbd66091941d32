package kube

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	clientcache "k8s.io/client-go/tools/cache"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// excluded are kinds that nobody declares and that change all the time: Argo CD's default exclusions.
var excluded = map[schema.GroupKind]bool{
	{Kind: "Event"}: true, {Group: "events.k8s.io", Kind: "Event"}: true, {Kind: "Endpoints"}: true,
	{Group: "discovery.k8s.io", Kind: "EndpointSlice"}: true, {Group: "coordination.k8s.io", Kind: "Lease"}: true,
	{Group: "cert-manager.io", Kind: "CertificateRequest"}: true, {Group: "certificates.k8s.io", Kind: "CertificateSigningRequest"}: true,
	{Group: "cilium.io", Kind: "CiliumIdentity"}: true, {Group: "cilium.io", Kind: "CiliumEndpoint"}: true,
	{Group: "cilium.io", Kind: "CiliumEndpointSlice"}: true,
	{Group: "kyverno.io", Kind: "PolicyReport"}:       true, {Group: "kyverno.io", Kind: "ClusterPolicyReport"}: true,
	{Group: "wgpolicyk8s.io", Kind: "PolicyReport"}: true, {Group: "wgpolicyk8s.io", Kind: "ClusterPolicyReport"}: true,
	{Kind: "Node"}: true, {Kind: "ComponentStatus"}: true,
}

// watched is the watch of one kind, everywhere or in a namespace.
type watched struct {
	place object.Place
	// resource is the kind in the version that is watched.
	resource schema.GroupVersionResource
	// listed is closed with the first list, and answered with that or the first failure.
	listed, answered chan struct{}
	once, first      sync.Once
	stop             context.CancelFunc
	// failure is why the last request failed, nil when it did not; the lock of the cache guards it.
	failure *failure
	// unended is set when the server has begun a watch with a list whose end it does not tell.
	unended atomic.Bool
	// open is set while a stream is, and resting while nothing is asked after a failure; anew is set for a watch that was begun anew,
	// and knownAsOf is as of when the place was known before that, zero when it was not: see [cache.returned].
	open, resting atomic.Bool
	anew          bool
	knownAsOf     time.Time
}

func newWatched(p object.Place, stop context.CancelFunc) *watched {
	return &watched{place: p, listed: make(chan struct{}), answered: make(chan struct{}), stop: stop}
}

func (w *watched) done() {
	w.once.Do(func() { close(w.listed) })
	w.answer()
}

func (w *watched) answer() { w.first.Do(func() { close(w.answered) }) }

// Watch lists and watches every kind that the cluster serves and tells sink of each change, one at a time, until ctx
// ends; and of a server that has been away for [patience], and of its return. A kind that may not be watched everywhere
// is watched in the namespaces that questions are about, as they come up. It returns after everything it started has
// stopped. One Watch runs at a time.
func (k *Cluster) Watch(ctx context.Context, sink func(object.Event)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events := make(chan object.Event, 1024)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	changed := make(chan struct{}, 1)
	missing := make(chan struct{}, 1)
	w := &watcher{cluster: k, ctx: ctx, wg: &wg, events: events, definitions: changed, missing: missing}
	if err := w.start(true); err != nil {
		return err
	}
	k.cache.turn(w)
	defer k.cache.turn(nil)
	// A definition that came or went is looked for at once, and again when discovery may be asked anew: the server needs a
	// moment to serve a new kind.
	var again <-chan time.Time
	if len(k.failingGroups()) > 0 {
		again = time.After(failingGroupPause)
	}
	away := absence{contact: k.contact}
	away.turned()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case ev := <-events:
			sink(ev)
			continue
		case <-k.contact.turned:
			if away.turned() {
				sink(object.Event{Ref: everything})
			}
			continue
		case <-away.due:
			if away.lasts() {
				sink(object.Event{Ref: everything})
			}
			continue
		case <-changed:
			again = time.After(rediscover + rediscover/4)
		case <-missing:
			if again == nil {
				again = time.After(rediscover + rediscover/4)
			}
			continue
		case <-again:
			again = nil
		}
		before := k.Knowledge().Failing
		if err := w.start(true); err != nil {
			k.contact.note(err)
			if again == nil {
				again = time.After(failingGroupPause)
			}
		}
		after := k.Knowledge().Failing
		for p := range before {
			if _, fails := after[p]; !fails {
				sink(object.Event{Ref: p.Any()})
			}
		}
		if again == nil && len(k.failingGroups()) > 0 {
			again = time.After(failingGroupPause)
		}
	}
}

// turn switches the cache on, with the watcher that feeds it, or off; off, it forgets everything.
func (c *cache) turn(w *watcher) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watcher = w
	if w != nil {
		// Questions may have come since the start.
		w.spreadLocked()
		return
	}
	fresh := newCache()
	c.objects, c.byUID, c.children, c.claims, c.byApp = fresh.objects, fresh.byUID, fresh.children, fresh.claims, fresh.byApp
	c.watches, c.skip, c.closed, c.answers = fresh.watches, fresh.skip, fresh.closed, fresh.answers
	for ref := range c.waiting {
		c.wakeLocked(ref)
	}
}

// watcher starts and stops the watches of one cluster. Its context lives as long as the call of Watch that made it.
type watcher struct {
	cluster     *Cluster
	ctx         context.Context
	wg          *sync.WaitGroup
	events      chan object.Event
	definitions chan struct{}
	// missing holds something after a kind that is watched was not found.
	missing chan struct{}
	// served is what the cluster serves; the lock of the cache guards it.
	served *kinds
}

// start begins the watches of kinds that are new and ends those of kinds that are gone.
func (w *watcher) start(renew bool) error {
	served, err := w.cluster.discover(renew)
	if err != nil {
		return err
	}
	c := w.cluster.cache
	c.mu.Lock()
	defer c.mu.Unlock()
	w.served = served
	for p, old := range c.watches {
		switch r, ok := served.preferred[p.Kind]; {
		case !ok:
			old.stop()
			old.done()
			c.unwatch(p)
		case old.missing() && old.resource != r.GroupVersionResource():
			w.renewLocked(old)
		}
	}
	for p := range c.skip {
		if _, ok := served.preferred[p.Kind]; !ok {
			delete(c.skip, p)
		}
	}
	for gk := range served.preferred {
		w.beginLocked(object.Place{Kind: gk})
	}
	w.spreadLocked()
	return nil
}

// beginLocked begins the watch of a place, unless there is one, or a reason against it.
func (w *watcher) beginLocked(p object.Place) {
	c := w.cluster.cache
	r := w.served.preferred[p.Kind]
	if excluded[p.Kind] || c.watches[p] != nil || c.skip[p] != nil || p.Namespace != "" && !r.Namespaced ||
		!slices.Contains(r.Verbs, "list") || !slices.Contains(r.Verbs, "watch") {
		return
	}
	ctx, cancel := context.WithCancel(w.ctx)
	w.runLocked(ctx, newWatched(p, cancel), r)
}

// runLocked lists and watches a place, in the version of the kind that is served. The caller holds the lock of the cache.
func (w *watcher) runLocked(ctx context.Context, one *watched, r object.Resource) {
	one.resource = r.GroupVersionResource()
	w.cluster.cache.watches[one.place] = one
	w.wg.Go(func() {
		defer one.stop()
		if one.pauses(ctx) {
			w.follow(ctx, one, r)
		}
	})
}

// follow lists and watches one place until ctx ends, or until it turns out that it may not.
func (w *watcher) follow(ctx context.Context, one *watched, r object.Resource) {
	client := w.cluster.dynamic.Resource(r.GroupVersionResource()).Namespace(one.place.Namespace)
	lw := &clientcache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			one.resting.Store(false)
			l, err := client.List(ctx, o)
			one.resting.Store(err != nil)
			w.listFailed(ctx, one, err)
			return l, err
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			if o.SendInitialEvents != nil && one.unended.Load() {
				return nil, errNoEnd
			}
			one.resting.Store(false)
			s, err := w.cluster.stream(ctx, r, one, o)
			switch {
			case err != nil:
				one.resting.Store(true)
			case o.SendInitialEvents == nil:
				w.succeed(one)
			}
			w.watchFailed(ctx, one, o, err)
			return s, err
		},
	}
	store := &store{watcher: w, one: one}
	reflector := clientcache.NewReflectorWithOptions(lw, &told{}, store, clientcache.ReflectorOptions{
		Name: "wheelhouse/" + w.cluster.name + "/" + r.Plural, TypeDescription: r.Plural,
	})
	reflector.RunWithContext(ctx)
}

// giveUp ends the watch of a place that may not be watched, and remembers why; what can be watched for it is begun before it
// counts as listed.
func (w *watcher) giveUp(one *watched, err error) {
	c := w.cluster.cache
	c.mu.Lock()
	if c.watches[one.place] == one {
		c.unwatch(one.place)
		c.skip[one.place] = err
		w.spreadLocked()
	}
	c.mu.Unlock()
	one.done()
	one.stop()
}

// unwatch forgets the watch of a place, and the objects of which nothing is heard any more.
func (c *cache) unwatch(p object.Place) {
	delete(c.watches, p)
	for ref, r := range c.objects {
		if p.Has(ref) && c.watchOf(ref) == nil {
			c.unlink(r)
		}
	}
}

// store is where a reflector puts the objects of one place.
type store struct {
	watcher *watcher
	one     *watched
}

// Add takes over a new object.
func (s *store) Add(obj any) error { return s.Update(obj) }

// Update takes over a changed object and tells of it.
func (s *store) Update(obj any) error {
	t, ok := toldOf(obj)
	if !ok {
		return nil
	}
	ev, changed := object.Event{}, false
	if t.record == nil {
		ev, changed = s.watcher.cluster.cache.heard(t.ref, t.UID, t.ResourceVersion)
	} else {
		ev, changed = s.watcher.cluster.cache.upsert(t.record, t.body)
	}
	if changed {
		s.tell(ev)
	}
	return nil
}

// Delete forgets an object and tells of it.
func (s *store) Delete(obj any) error {
	t, ok := toldOf(obj)
	if !ok {
		return nil
	}
	if ev, changed := s.watcher.cluster.cache.ended(t.ref, t.UID); changed {
		s.tell(ev)
	}
	return nil
}

// Replace takes over a whole list: the first one, or one after the watch had expired. What is not in it is gone.
func (s *store) Replace(list []any, version string) error {
	present := map[object.Ref]bool{}
	for _, obj := range list {
		t, ok := toldOf(obj)
		if !ok {
			continue
		}
		present[t.ref] = true
		if err := s.Update(t); err != nil {
			return err
		}
	}
	for ref, uid := range s.watcher.cluster.cache.in(s.one, version) {
		if present[ref] {
			continue
		}
		if ev, changed := s.watcher.cluster.cache.ended(ref, uid); changed {
			s.tell(ev)
		}
	}
	s.one.done()
	s.watcher.succeed(s.one)
	s.watcher.cluster.cache.widened(s.one)
	return nil
}

// Transformer has the reflector keep only outlines of objects that nobody needs while it gathers a list: a list of large
// objects would take many times what is kept of it.
func (s *store) Transformer() clientcache.TransformFunc { return s.watcher.cluster.cache.transform }

// Resync does nothing: there is no second copy to compare with.
func (s *store) Resync() error { return nil }

// in names the known objects of a place that are not newer than a list of it, each with its UID; none once the watch was ended. It is called once
// a list, not once an event.
func (c *cache) in(one *watched, version string) map[object.Ref]types.UID {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.watches[one.place] != one {
		return nil
	}
	out := map[object.Ref]types.UID{}
	for ref, r := range c.objects {
		if one.place.Has(ref) && !older(version, r.version) {
			out[ref] = r.uid
		}
	}
	return out
}

// tell passes an event on; a change of a definition also asks for a new look at what is served, a moment later, for the
// server needs one to serve it.
func (s *store) tell(ev object.Event) {
	s.watcher.cluster.admission.moved(s.one.place.Kind)
	// The APIs that are there from the beginning have been discovered.
	if kind := s.one.place.Kind.Kind; kind == "CustomResourceDefinition" || kind == "APIService" && (s.one.isListed() || !s.one.knownAsOf.IsZero()) {
		s.watcher.redefined()
	}
	s.watcher.send(ev)
}

// redefined asks for a look at what is served.
func (w *watcher) redefined() {
	select {
	case w.definitions <- struct{}{}:
	default:
		// A look is due already.
	}
}

// send passes an event on.
func (w *watcher) send(ev object.Event) {
	select {
	case w.events <- ev:
	case <-w.ctx.Done():
	}
}

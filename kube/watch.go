package kube

import (
	"context"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
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

// watched is the watch of one kind.
type watched struct {
	gk     schema.GroupKind
	listed chan struct{}
	once   sync.Once
	stop   context.CancelFunc
}

func (w *watched) done() { w.once.Do(func() { close(w.listed) }) }

// Watch lists and watches every kind that the cluster serves and tells sink of each change, one at a time, until ctx
// ends. It returns after everything it started has stopped. One Watch runs at a time.
func (k *Cluster) Watch(ctx context.Context, sink func(object.Event)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events := make(chan object.Event, 1024)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	changed := make(chan struct{}, 1)
	w := &watcher{cluster: k, ctx: ctx, wg: &wg, events: events, definitions: changed}
	if err := w.start(true); err != nil {
		return err
	}
	k.cache.turn(true)
	defer k.cache.turn(false)
	// A definition that came or went is looked for at once, and again when discovery may be asked anew: the server needs a
	// moment to serve a new kind.
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case ev := <-events:
			sink(ev)
			continue
		case <-changed:
			again = time.After(rediscover + rediscover/4)
		case <-again:
			again = nil
		}
		if err := w.start(true); err != nil {
			k.contact.note(err)
		}
	}
}

// turn switches the cache on or off; off, it forgets everything.
func (c *cache) turn(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.on = on
	if on {
		return
	}
	fresh := newCache()
	c.objects, c.byUID, c.children, c.byApp = fresh.objects, fresh.byUID, fresh.children, fresh.byApp
	c.watches, c.skip = fresh.watches, fresh.skip
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
	for gk, old := range c.watches {
		if _, ok := served.preferred[gk]; !ok {
			old.stop()
			old.done()
			c.unwatch(gk)
		}
	}
	for gk := range c.skip {
		if _, ok := served.preferred[gk]; !ok {
			delete(c.skip, gk)
		}
	}
	for gk, r := range served.preferred {
		if excluded[gk] || c.watches[gk] != nil || c.skip[gk] != nil ||
			!slices.Contains(r.Verbs, "list") || !slices.Contains(r.Verbs, "watch") {
			continue
		}
		ctx, cancel := context.WithCancel(w.ctx)
		one := &watched{gk: gk, listed: make(chan struct{}), stop: cancel}
		c.watches[gk] = one
		w.wg.Go(func() {
			defer cancel()
			w.follow(ctx, one, r)
		})
	}
	return nil
}

// follow lists and watches one kind until ctx ends, or until it turns out that it may not.
func (w *watcher) follow(ctx context.Context, one *watched, r object.Resource) {
	client := w.cluster.dynamic.Resource(r.GroupVersionResource())
	lw := &clientcache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			l, err := client.List(ctx, o)
			if apierrors.IsForbidden(err) || apierrors.IsMethodNotSupported(err) || apierrors.IsNotFound(err) {
				w.cluster.cache.giveUp(one, err)
			}
			return l, err
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			return w.cluster.stream(ctx, r, o)
		},
	}
	store := &store{watcher: w, one: one}
	reflector := clientcache.NewReflectorWithOptions(lw, &unstructured.Unstructured{}, store, clientcache.ReflectorOptions{
		Name: "wheelhouse/" + w.cluster.name + "/" + r.Plural,
	})
	reflector.RunWithContext(ctx)
}

// giveUp ends the watch of a kind that may not be watched, and remembers why. One that is gone may come back.
func (c *cache) giveUp(one *watched, err error) {
	c.mu.Lock()
	if c.watches[one.gk] == one {
		c.unwatch(one.gk)
	}
	if !apierrors.IsNotFound(err) {
		c.skip[one.gk] = err
	}
	c.mu.Unlock()
	one.done()
	one.stop()
}

// unwatch forgets the watch of a kind and its objects, of which nothing is heard any more.
func (c *cache) unwatch(gk schema.GroupKind) {
	delete(c.watches, gk)
	for ref, r := range c.objects {
		if ref.GroupKind() == gk {
			c.unlink(r)
		}
	}
}

// store is where a reflector puts the objects of one kind.
type store struct {
	watcher *watcher
	one     *watched
}

// Add takes over a new object.
func (s *store) Add(obj any) error { return s.Update(obj) }

// Update takes over a changed object and tells of it.
func (s *store) Update(obj any) error {
	var ev object.Event
	var changed bool
	switch u := obj.(type) {
	case *unstructured.Unstructured:
		if isKnown(u) {
			return nil
		}
		ev, changed = s.watcher.cluster.cache.upsert(u)
	case *metav1.PartialObjectMetadata:
		ev, changed = s.watcher.cluster.cache.outline(u)
	}
	if changed {
		s.tell(ev)
	}
	return nil
}

// Delete forgets an object and tells of it.
func (s *store) Delete(obj any) error {
	u, ok := obj.(*unstructured.Unstructured)
	if !ok {
		return nil
	}
	if ev, changed := s.watcher.cluster.cache.ended(u); changed {
		s.tell(ev)
	}
	return nil
}

// Replace takes over a whole list: the first one, or one after the watch had expired. What is not in it is gone.
func (s *store) Replace(list []any, _ string) error {
	present := map[object.Ref]bool{}
	for _, obj := range list {
		switch u := obj.(type) {
		case *unstructured.Unstructured:
			present[object.Of(u)] = true
		case *metav1.PartialObjectMetadata:
			present[outlined(u)] = true
		}
		if err := s.Update(obj); err != nil {
			return err
		}
	}
	for _, ref := range s.watcher.cluster.cache.ofKind(s.one.gk) {
		if present[ref] {
			continue
		}
		if ev, changed := s.watcher.cluster.cache.remove(ref); changed {
			s.tell(ev)
		}
	}
	s.one.done()
	return nil
}

// Transformer has the reflector keep only outlines of objects that nobody needs while it gathers a list: a list of large
// objects would take many times what is kept of it.
func (s *store) Transformer() clientcache.TransformFunc { return s.watcher.cluster.cache.transform }

// Resync does nothing: there is no second copy to compare with.
func (s *store) Resync() error { return nil }

// ofKind names the known objects of a kind. It is called once a list, not once an event.
func (c *cache) ofKind(gk schema.GroupKind) []object.Ref {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []object.Ref
	for ref := range c.objects {
		if ref.GroupKind() == gk {
			out = append(out, ref)
		}
	}
	return out
}

// tell passes an event on; a change of a definition also asks for a new look at what is served, a moment later, for the
// server needs one to serve it.
func (s *store) tell(ev object.Event) {
	switch s.one.gk {
	case webhookKind, policyKind, bindingKind:
		s.watcher.cluster.admission.forget()
	}
	if s.one.gk.Kind == "CustomResourceDefinition" {
		select {
		case s.watcher.definitions <- struct{}{}:
		default:
			// A look is due already.
		}
	}
	select {
	case s.watcher.events <- ev:
	case <-s.watcher.ctx.Done():
	}
}

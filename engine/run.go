package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Run follows the store until ctx ends: it watches documents and clusters, looks at repositories at their pace, and
// heals and syncs automated applications while it holds the store's automation lock. It returns when everything it
// started has stopped; running operations go on, see [Engine.Close].
func (e *Engine) Run(ctx context.Context) error {
	if err := e.Load(ctx); err != nil {
		return err
	}
	e.mu.Lock()
	e.running = true
	e.mu.Unlock()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return e.watchStore(ctx) })
	g.Go(func() error { return e.holdAutomation(ctx) })
	g.Go(func() error { return e.watchClusters(ctx) })
	g.Go(func() error { return e.handOut(ctx) })
	// The queue's Get does not know contexts: workers are woken by its shutdown.
	g.Go(func() error {
		<-ctx.Done()
		e.queue.ShutDown()
		return nil
	})
	for _, v := range e.Views() {
		e.enqueue(v.App.Key(), levelResolve)
	}
	err := g.Wait()
	e.mu.Lock()
	e.running = false
	e.mu.Unlock()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// enqueue asks for a refresh by a worker. Without a running Run nothing happens, and it returns false.
func (e *Engine) enqueue(key app.Key, l level) bool {
	if !e.following() {
		return false
	}
	e.entry(key).ask(l)
	e.queue.Add(key)
	return true
}

// enqueueAfter has a worker look at an application after a while if a Run is running.
func (e *Engine) enqueueAfter(key app.Key, pause time.Duration) {
	if e.following() {
		e.queue.AddAfter(key, pause)
	}
}

// following reports whether a Run is running.
func (e *Engine) following() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.running
}

// tend refreshes an application, lets the automation decide, and plans the next look.
func (e *Engine) tend(ctx context.Context, key app.Key) {
	en, ok := e.find(key)
	if !ok || ctx.Err() != nil {
		return
	}
	// One that was given another destination may be in two lanes for a moment.
	en.tended.Lock()
	defer en.tended.Unlock()
	v, _ := en.current()
	if v.Released {
		return
	}
	if pause := en.acting(e.opts.Clock.Now()); pause > 0 && !en.asked() {
		e.queue.AddAfter(key, pause)
		return
	}
	err := e.refresh(ctx, key, en.take(e.opts.Clock.Now()))
	if err != nil {
		e.opts.Log.Info("refresh failed", "app", key.String(), "error", err)
	}
	if _, ok := e.find(key); !ok || ctx.Err() != nil {
		return
	}
	e.needCluster(en)
	if err == nil {
		e.automate(ctx, en)
	}
	en.mu.Lock()
	next := en.resolveAt.Sub(e.opts.Clock.Now())
	en.mu.Unlock()
	e.queue.AddAfter(key, max(next, 10*time.Millisecond))
}

// The pace of polling: an application on screen, or one that moved within the last minutes, is looked at every
// Interval; others more rarely, and those that have not moved for a day most rarely.
const (
	attention     = 30 * time.Second
	lately        = 10 * time.Minute
	normalPause   = time.Minute
	quietPause    = 3 * time.Minute
	quietAfter    = 24 * time.Hour
	automatonWait = 2 * time.Second
)

// interval is the pause until an application's repository is looked at again.
func (e *Engine) interval(en *entry) time.Duration {
	now := e.opts.Clock.Now()
	en.mu.Lock()
	defer en.mu.Unlock()
	switch {
	case now.Sub(en.attended) < attention || now.Sub(en.moved) < lately:
		return e.opts.Interval
	case now.Sub(en.moved) > quietAfter && !en.moved.IsZero():
		return max(quietPause, e.opts.Interval)
	default:
		return max(normalPause, e.opts.Interval)
	}
}

// Attend says that these applications are on a screen: their repositories are looked at more often for a while.
func (e *Engine) Attend(keys ...app.Key) {
	now := e.opts.Clock.Now()
	for _, key := range keys {
		en, ok := e.find(key)
		if !ok {
			continue
		}
		en.mu.Lock()
		fresh := now.Sub(en.attended) < attention
		en.attended = now
		due := now.Add(e.opts.Interval)
		late := en.resolveAt.After(due)
		if late {
			en.resolveAt = due
		}
		en.mu.Unlock()
		if late && !fresh {
			e.queue.AddAfter(key, e.opts.Interval)
		}
	}
}

// watchStore follows the documents.
func (e *Engine) watchStore(ctx context.Context) error {
	err := e.ports.Store.Watch(ctx, func(ev app.StoreEvent) { e.documentChanged(ctx, ev) })
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("watch store %s: %w", e.StoreName(), err)
	}
	return nil
}

// documentChanged takes over what somebody wrote into the store. A document that is gone releases its objects; one
// that cannot be read leaves its application as it was last known, with the error beside it.
func (e *Engine) documentChanged(ctx context.Context, ev app.StoreEvent) {
	if ev.Key.Name == "" || ev.Removed {
		if err := e.Load(ctx); err != nil {
			e.opts.Log.Error("store not read", "error", err)
		}
		return
	}
	e.mu.Lock()
	if ev.Err != nil {
		e.broken[ev.Key] = ev.Err
	} else {
		delete(e.broken, ev.Key)
	}
	e.mu.Unlock()
	e.notify(app.Key{})
	if ev.Err == nil {
		e.reread(ctx, ev.Key)
	}
}

// watchedCluster is a cluster whose watch runs, with the applications that use it: a cluster has one, though destinations may call
// it by several names.
type watchedCluster struct {
	// name is what the first destination called it.
	name    string
	started bool
	// keys maps tracking names to applications, and wanted an application that desires an object: the
	// others are in the index of what is declared.
	keys   map[string]app.Key
	wanted map[object.Ref]app.Key
}

// needCluster notes that an application lives in a cluster, and which objects it desires there.
func (e *Engine) needCluster(en *entry) {
	en.mu.Lock()
	x := en.last
	noted := x != nil && len(en.needed) > 0 && object.SameList(en.needed, x.want.names)
	if x != nil {
		en.needed = x.want.names
	}
	en.mu.Unlock()
	if noted || x == nil || x.cluster == nil {
		return
	}
	e.leaveClusters(en.key, x.cluster)
	e.mu.Lock()
	w, ok := e.watched[x.cluster]
	if !ok {
		w = &watchedCluster{name: x.app.Spec.Destination.Cluster(), keys: map[string]app.Key{}, wanted: map[object.Ref]app.Key{}}
		e.watched[x.cluster] = w
	}
	w.keys[en.key.Tracking()] = en.key
	for _, ref := range x.want.names {
		w.wanted[ref] = en.key
	}
	e.mu.Unlock()
	if !ok {
		select {
		case e.clusterNeeded <- struct{}{}:
		default:
		}
	}
}

// watchClusters starts a watch for every cluster that an application needs, and ends with all of them.
func (e *Engine) watchClusters(ctx context.Context) error {
	g := new(errgroup.Group)
	for {
		e.mu.Lock()
		for cluster, w := range e.watched {
			if w.started {
				continue
			}
			w.started = true
			g.Go(func() error {
				e.watchCluster(ctx, cluster, w)
				return nil
			})
		}
		e.mu.Unlock()
		select {
		case <-ctx.Done():
			return g.Wait()
		case <-e.clusterNeeded:
		}
	}
}

// watchCluster follows one cluster; a watch that breaks is begun anew, and meanwhile the applications there say so.
func (e *Engine) watchCluster(ctx context.Context, cluster Cluster, w *watchedCluster) {
	for ctx.Err() == nil {
		err := cluster.Watch(ctx, func(ev object.Event) { e.objectChanged(w, ev) })
		if ctx.Err() != nil {
			return
		}
		e.opts.Log.Warn("watch ended", "cluster", w.name, "error", err)
		select {
		case <-ctx.Done():
		case <-e.opts.Clock.After(automatonWait):
		}
	}
}

// objectChanged asks for a comparison of the applications that a changed object concerns; of all in the cluster when a kind, or the
// cluster, came to be known or is no longer.
func (e *Engine) objectChanged(w *watchedCluster, ev object.Event) {
	if ev.Ref.Kind != "" && ev.Ref.Name == "" {
		e.mu.Lock()
		keys := slices.Collect(maps.Values(w.keys))
		e.mu.Unlock()
		for _, key := range keys {
			e.enqueue(key, levelCompare)
		}
		return
	}
	e.mu.Lock()
	keys := w.concerned(ev, e.claims)
	e.mu.Unlock()
	for _, key := range keys {
		if en, known := e.find(key); known {
			if pause := en.acting(e.opts.Clock.Now()); pause > 0 {
				e.queue.AddAfter(key, pause)
				continue
			}
		}
		e.enqueue(key, levelCompare)
	}
}

// concerned returns the applications that a changed object belongs to, belonged to before the change, and is desired by. The caller
// holds the engine's lock.
func (w *watchedCluster) concerned(ev object.Event, declared *claims) []app.Key {
	keys := make([]app.Key, 0, 1)
	note := func(key app.Key, ok bool) {
		if ok && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	owner, ok := w.keys[ev.App]
	note(owner, ok)
	owner, ok = w.keys[ev.Before]
	note(owner, ok)
	by, ok := w.wanted[ev.Ref]
	note(by, ok)
	for _, other := range declared.sharing(by, ev.Ref) {
		note(other, true)
	}
	return keys
}

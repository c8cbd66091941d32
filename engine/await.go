package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Await looks at an application until done says that it is as it was waited for, or ctx ends. Done is given every View in turn,
// or the error in its place. The first look asks git; others follow when something has changed: a live object of the application,
// its document, or who operates on it. Git is asked again with them, at the pace of [Options.Interval].
func (e *Engine) Await(ctx context.Context, key app.Key, done func(View, error) bool) error {
	w := &awaiting{engine: e, key: key, document: make(chan struct{}, 1)}
	watching, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		// A store that cannot be watched is looked at with the rest.
		_ = e.ports.Store.Watch(watching, w.written)
	}()
	defer func() {
		stop()
		w.following.stop()
		<-ended
	}()
	for pause := firstPause; ; pause = min(pause*3/2, longestPause) {
		err := w.look(ctx)
		v, _ := e.View(key)
		if done(v, err) {
			return nil
		}
		w.follow(ctx)
		if w.following.hears() && err == nil {
			pause = heardPause
		}
		if err := w.pause(ctx, pause); err != nil {
			return err
		}
	}
}

// awaiting is one call of Await.
type awaiting struct {
	engine    *Engine
	key       app.Key
	document  chan struct{}
	following *follower
	// followed are the objects that are followed, and resolved is when git was last asked.
	followed []object.Ref
	resolved time.Time
	// took is how long the last look took.
	took time.Duration
}

// written hears of the store.
func (w *awaiting) written(ev app.StoreEvent) {
	if ev.Key != w.key && ev.Key.Name != "" {
		return
	}
	select {
	case w.document <- struct{}{}:
	default:
		// A look is due already.
	}
}

// look brings the application's View up to date.
func (w *awaiting) look(ctx context.Context) error {
	begun := w.engine.opts.Clock.Now()
	l := levelCompare
	switch {
	case w.resolved.IsZero():
		l = levelHard
	case begun.Sub(w.resolved) >= w.engine.opts.Interval:
		l = levelResolve
	}
	if l != levelCompare {
		w.resolved = begun
	}
	err := w.engine.refresh(ctx, w.key, l)
	w.took = w.engine.opts.Clock.Now().Sub(begun)
	return err
}

// follow hears of the objects that the application consists of now.
func (w *awaiting) follow(ctx context.Context) {
	en, ok := w.engine.find(w.key)
	if !ok {
		return
	}
	en.mu.Lock()
	x := en.last
	en.mu.Unlock()
	if x == nil || x.cluster == nil {
		return
	}
	refs := slices.Clone(x.want.names)
	for ref := range x.live.Objects {
		refs = append(refs, ref)
	}
	refs = union(refs, nil)
	sortRefs(refs)
	if len(refs) == 0 || w.following != nil && sameRefs(refs, w.followed) {
		return
	}
	w.following.stop()
	w.following, w.followed = follow(ctx, x.cluster, refs), refs
}

// pause waits for a reason to look again, and no longer than d. Whether an operation runs is known by its lock, which nothing
// tells of.
func (w *awaiting) pause(ctx context.Context, d time.Duration) error {
	clock := w.engine.opts.Clock
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-clock.After(max(leastPause, w.took)):
	}
	operates := w.operates(ctx)
	for ; d > 0; d -= lockPause {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.document:
			return nil
		case <-w.following.news():
			return nil
		case <-clock.After(min(d, lockPause)):
		}
		if w.operates(ctx) != operates {
			return nil
		}
	}
	return nil
}

// operates says which attempt of an operation of the application runs in some process, or waits for the next one; "" when none does.
func (w *awaiting) operates(ctx context.Context) string {
	holder, held, err := w.engine.ports.Locks.Holder(ctx, w.key)
	if err != nil || !held {
		return ""
	}
	a, err := w.engine.ports.Store.Load(ctx, w.key)
	if err != nil || a.Status.OperationState == nil {
		return holder.String()
	}
	st := a.Status.OperationState
	return fmt.Sprint(holder, st.StartedAt, st.Retrying)
}

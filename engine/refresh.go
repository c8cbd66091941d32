package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Refresh resolves, fetches, renders and compares an application now, and returns its new View. A failure is returned
// and is also in the View: the application is Unknown, with a condition that says why.
func (e *Engine) Refresh(ctx context.Context, key app.Key) (View, error) {
	err := e.refresh(ctx, key, levelHard)
	v, ok := e.View(key)
	if !ok && err == nil {
		err = e.Unknown(key)
	}
	return v, err
}

// RefreshAnew is Refresh for somebody who wants the application as its commits have it, with what was passed over since it lies
// outside of the paths that the application names.
func (e *Engine) RefreshAnew(ctx context.Context, key app.Key) (View, error) {
	err := e.refresh(ctx, key, levelAnew)
	v, _ := e.View(key)
	return v, err
}

// Recompare compares an application with its cluster again, without asking its repository for news.
func (e *Engine) Recompare(ctx context.Context, key app.Key) (View, error) {
	err := e.refresh(ctx, key, levelCompare)
	v, _ := e.View(key)
	return v, err
}

// RefreshAll refreshes every loaded application, several of each cluster at once. Failures are in their Views.
func (e *Engine) RefreshAll(ctx context.Context) {
	byCluster := map[string][]app.Key{}
	for _, v := range e.Views() {
		if name := v.App.Spec.Destination.Cluster(); !v.Released {
			byCluster[name] = append(byCluster[name], v.App.Key())
		}
	}
	var all sync.WaitGroup
	for _, keys := range byCluster {
		all.Go(func() {
			var g errgroup.Group
			g.SetLimit(e.opts.Workers)
			for _, key := range keys {
				g.Go(func() error {
					if _, err := e.Refresh(ctx, key); err != nil {
						e.opts.Log.Info("refresh failed", "app", key.String(), "error", err)
					}
					return nil
				})
			}
			_ = g.Wait()
		})
	}
	all.Wait()
}

// Unknown is the error for an application that the store does not have; errors.Is finds app.ErrNotFound in it.
func (e *Engine) Unknown(key app.Key) error {
	return hint.With(fmt.Errorf("application %s in %s: %w", key, e.StoreName(), app.ErrNotFound), "wheelhouse app list shows what is there")
}

// refresh brings an application's View up to date: desired and live are read again as far as the level asks, compared,
// and the outcome is published and stored.
func (e *Engine) refresh(ctx context.Context, key app.Key, l level) error {
	en := e.entry(key)
	en.work.Lock()
	defer en.work.Unlock()

	// The document says what is wanted now, and the stored status what other processes did.
	a, err := e.ports.Store.Load(ctx, key)
	if err != nil {
		if l > levelCompare {
			// As after any other failure: the look at the repository would stay due, and the next one follow at once.
			en.resolved(e.opts.Clock.Now(), e.interval(en))
		}
		return e.refreshWithout(en, err)
	}
	en.change(func(v *View) { v.Refreshing = true })
	e.notify(key)

	// Only the cluster changed: what was rendered from the same spec serves again.
	before := en.examined()
	q := question{memo: en.memo, known: en.rendering(&a), before: renderedBefore(&a), last: before}
	if l == levelCompare && q.known.superseded(&a) {
		l = levelResolve
	}
	switch l {
	case levelNone, levelCompare:
		q.kept = q.known
	case levelResolve:
		q.maxAge = e.opts.Interval / 2
	case levelHard:
	case levelAnew:
		q.before = nil
	}
	x, err := e.examine(ctx, a, q)
	if ctx.Err() != nil {
		en.change(func(v *View) { v.Refreshing = false })
		return fmt.Errorf("refresh %s: %w", key, ctx.Err())
	}
	found := err == nil
	if found {
		e.account(ctx, before, x, eventsDue(l, before, x.at))
		en.keep(x, e.opts.Clock.Now())
		e.claim(ctx, key, x.declares())
		if err = e.remember(ctx, before, x); err != nil {
			// What was not written is to be tried again.
			x.ground = compare.Ground{}
		}
	}
	if q.kept == nil {
		// After keep: an application that has just moved is looked at sooner.
		en.resolved(e.opts.Clock.Now(), e.interval(en))
	}
	e.publish(ctx, en, x, err)
	if found {
		// After publish, which has read what became of operations meanwhile.
		e.drifted(before, x, en.operation(), e.opts.Clock.Now())
	}
	return err
}

// account says what became of every object, with what the examination before said of those that are the same. The cluster is asked
// for events about unwell ones where asks is true.
func (e *Engine) account(ctx context.Context, before, x *examination, asks bool) {
	if x.same && !before.conclude().unwell {
		x.rows, x.concluded = before.rows, before.concluded
		return
	}
	var known *rows
	if before != nil && before.id == x.id {
		known = &before.rows
	} else {
		before = nil
	}
	if x.base != nil && x.base.last != before {
		x.base = nil
	}
	x.judge(known)
	x.reasons = e.lift(ctx, x, known, asks)
	x.tell(known)
	x.own(before, e.ports.Store.Installation())
	// The examination before is let go of.
	x.base = nil
}

// refreshWithout publishes that an application's document is gone or cannot be read.
func (e *Engine) refreshWithout(en *entry, err error) error {
	if errors.Is(err, app.ErrNotFound) {
		if v, ok := en.current(); ok && v.Released {
			return fmt.Errorf("refresh %s: %w", en.key, ErrReleased)
		}
		e.forget(en.key)
		return e.Unknown(en.key)
	}
	return fmt.Errorf("refresh %s: %w", en.key, err)
}

// examined returns the last examination, nil before there is one.
func (en *entry) examined() *examination {
	en.mu.Lock()
	defer en.mu.Unlock()
	return en.last
}

// operation returns the running or last operation that the View tells of, nil where it tells of none.
func (en *entry) operation() *app.OperationState {
	en.mu.Lock()
	defer en.mu.Unlock()
	return en.view.App.Status.OperationState
}

// rendering returns what was rendered last if it still holds for this spec.
func (en *entry) rendering(a *app.Application) *desired {
	en.mu.Lock()
	defer en.mu.Unlock()
	if en.last == nil || !sameSpec(&en.last.app.Spec, &a.Spec) {
		return nil
	}
	return &en.last.want
}

// sameSpec reports whether two specs render alike, to the same place.
func sameSpec(a, b *app.Spec) bool {
	return sameHash([]any{a.AllSources(), a.Destination, a.Project}, []any{b.AllSources(), b.Destination, b.Project})
}

// sameComparison reports whether two specs render and compare alike.
func sameComparison(a, b *app.Spec) bool {
	return sameSpec(a, b) && sameHash(comparedBy(a), comparedBy(b))
}

// comparedBy is what a comparison takes from a spec beside what it renders.
func comparedBy(s *app.Spec) []any {
	p := app.SyncPolicy{}
	if s.SyncPolicy != nil {
		p.SyncOptions, p.ManagedNamespaceMetadata = s.SyncPolicy.SyncOptions, s.SyncPolicy.ManagedNamespaceMetadata
	}
	return []any{p, s.IgnoreDifferences}
}

func sameHash(a, b any) bool {
	ha, errA := object.Hash(a)
	hb, errB := object.Hash(b)
	return errA == nil && errB == nil && ha == hb
}

// keep stores an examination for the next comparison and notes when something moved, for the pace of polling.
func (en *entry) keep(x *examination, now time.Time) {
	en.mu.Lock()
	defer en.mu.Unlock()
	if en.last == nil || commitIDs(en.last.want.commits) != commitIDs(x.want.commits) {
		en.moved = now
	}
	en.last = x
}

func commitIDs(commits []app.Commit) string {
	s := ""
	for _, c := range commits {
		s += c.ID + " "
	}
	return s
}

// resolved notes when the repository is to be looked at next.
func (en *entry) resolved(now time.Time, pause time.Duration) {
	en.mu.Lock()
	defer en.mu.Unlock()
	en.resolveAt = now.Add(pause)
}

// publish turns an examination into status and View, stores the status and tells the subscribers.
func (e *Engine) publish(ctx context.Context, en *entry, x *examination, failure error) {
	holder, held, err := e.ports.Locks.Holder(ctx, en.key)
	if err != nil {
		e.opts.Log.Warn("lock not read", "app", en.key.String(), "error", err)
	}
	interrupted, known := e.interrupted(ctx, en, held || err != nil)
	status, err := e.ports.Store.UpdateStatus(context.WithoutCancel(ctx), en.key, func(s *app.Status) {
		if failure != nil {
			statusFailed(s, x, failure)
		} else {
			statusOf(s, x)
		}
		s.Conditions = e.shares(en.key, s.Conditions, x.at)
		// The lock was free when the journals were read: what has begun since is no interrupted operation.
		if known && (!interrupted.says(s) || !e.begun(ctx, en.key)) {
			markInterrupted(s, interrupted, x.at)
		}
	})
	if err != nil {
		e.opts.Log.Warn("status not written", "app", en.key.String(), "error", err)
	}
	en.change(func(v *View) {
		v.Refreshing = false
		v.Released = false
		v.App = x.app
		v.App.Status = status
		v.App.Status.Conditions = e.shares(en.key, status.Conditions, x.at)
		v.Pin, v.Pause = pinOf(&x.app, x.at), pauseOf(&x.app, x.at)
		v.Stages = x.stages
		v.Held = nil
		if held && holder.PID != e.opts.Holder.PID {
			v.Held = &holder
		}
		if failure == nil || len(x.want.commits) > 0 {
			v.Commits, v.Tools, v.Why = x.want.commits, x.want.tools, x.want.why
		}
		if x.cluster != nil {
			v.Knowledge = x.cluster.Knowledge()
		}
	})
	e.notify(en.key)
}

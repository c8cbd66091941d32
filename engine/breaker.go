package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// haltPause is the pause after which automation looks whether it was let go on in a cluster by another process.
const haltPause = 10 * time.Second

// drifted notes that an application began to differ although nobody had changed what it is to be, nor did so with an operation. It is
// called with every examination and the one before, and the operation that is known by then; what one did not know, the next has not
// seen change.
func (e *Engine) drifted(before, x *examination, last *app.OperationState, now time.Time) {
	moved := before != nil && before.id != x.id
	if !moved && !x.drifted(before, last) {
		return
	}
	key := x.app.Key()
	e.mu.Lock()
	defer e.mu.Unlock()
	if moved {
		e.drops(key)
		return
	}
	if e.entries[key] == nil {
		// Its document went away while it was looked at.
		return
	}
	if e.drifts[x.id] == nil {
		e.drifts[x.id] = plan.Drifts{}
	}
	e.drifts[x.id].Add(key, now)
}

// drifted reports whether the application began to differ since the examination before, without a commit, a change of its document or an
// operation.
func (x *examination) drifted(before *examination, last *app.OperationState) bool {
	return before != nil && before.id == x.id && commitIDs(before.want.renderedFrom()) == commitIDs(x.want.renderedFrom()) &&
		before.want.brought == x.want.brought && sameComparison(&before.app.Spec, &x.app.Spec) &&
		len(before.unknown()) == 0 && !before.conclude().differs && x.conclude().differs && !x.acted(before, last)
}

// acted reports whether the application may differ because of what somebody did with it: it is pinned, or an operation runs or has ended
// since the examination before. Last is the operation as it is known after the examination, for one may have begun and ended while that
// looked; nil where nobody could tell. What automation does is what git asks for, and makes nothing differ.
func (x *examination) acted(before *examination, last *app.OperationState) bool {
	if pinOf(&x.app, x.at) != nil {
		return true
	}
	if last == nil {
		last = x.app.Status.OperationState
	}
	if last == nil {
		return x.open
	}
	if o := last.Operation; o.InitiatedBy.Automated || o.Sync != nil && o.Sync.DryRun {
		return false
	}
	return !last.Phase.Done() || !sameOperation(before.app.Status.OperationState, last)
}

// drops forgets that an application drifted: it is in that cluster no more. The caller holds the engine's lock.
func (e *Engine) drops(key app.Key) {
	for _, d := range e.drifts {
		delete(d, key)
	}
}

// halted says why automation does nothing in the cluster of an application, "" when it may. It pauses there when too many
// applications have drifted at once: what changed them all knows something that git does not, or will change them all again.
func (e *Engine) halted(ctx context.Context, x *examination, now time.Time) (string, error) {
	// Who asks while another one halts is to see that, and not what was stored before.
	e.halting.Lock()
	defer e.halting.Unlock()
	halts, err := e.ports.Halts.Halts(ctx)
	if err != nil {
		return "", err
	}
	cluster := x.app.Spec.Destination.Cluster()
	at := slices.IndexFunc(halts, func(h app.Halt) bool { return h.Pauses(cluster, x.id) })
	e.mu.Lock()
	if e.paused[x.id] && at < 0 {
		// Somebody let it go on: what drifted before that was looked at.
		delete(e.drifts, x.id)
	}
	e.paused[x.id] = at >= 0
	calm := e.drifts[x.id].Breaks(0, now) == ""
	e.mu.Unlock()
	if at >= 0 {
		return haltMessage(halts[at]), nil
	}
	// So few would stop no cluster, however small: its applications need not be counted, for every sync of each of them.
	if calm {
		return "", nil
	}
	known, err := e.identities(ctx)
	if err != nil {
		return "", err
	}
	views := e.Views()
	n := 0
	for i := range views {
		if !views[i].Released && known.of(views[i].App.Spec.Destination.Cluster()) == x.id {
			n++
		}
	}
	e.mu.Lock()
	why := e.drifts[x.id].Breaks(n, now)
	e.mu.Unlock()
	if why == "" {
		return "", nil
	}
	h := app.Halt{Cluster: cluster, Identity: x.id, Reason: why, Since: now}
	if err := e.ports.Halts.Halt(ctx, h); err != nil {
		return "", err
	}
	e.mu.Lock()
	e.paused[x.id] = true
	e.mu.Unlock()
	e.opts.Log.Error("automation pauses in a whole cluster", "cluster", cluster, "why", why)
	e.notify(app.Key{})
	return haltMessage(h), nil
}

func haltMessage(h app.Halt) string {
	return fmt.Sprintf("automation is paused in cluster %s since %s: %s; look at them, then: wheelhouse cluster resume %s", h.Cluster,
		h.Since.UTC().Format(time.RFC3339), h.Reason, h.Cluster)
}

// Halts returns the clusters in which automation is paused for all applications.
func (e *Engine) Halts(ctx context.Context) ([]app.Halt, error) { return e.ports.Halts.Halts(ctx) }

// Unhalt lets automation go on in a cluster, by any of the names that the store knows it by.
func (e *Engine) Unhalt(ctx context.Context, p app.Principal, cluster string) error {
	if err := e.Allowed(p, ActAutomate); err != nil {
		return err
	}
	halts, err := e.ports.Halts.Halts(ctx)
	if err != nil {
		return err
	}
	known, err := e.identities(ctx)
	if err != nil {
		return err
	}
	id := known.of(cluster)
	halts = slices.DeleteFunc(halts, func(h app.Halt) bool { return !h.Pauses(cluster, id) })
	if len(halts) == 0 {
		return fmt.Errorf("let automation go on in %s: %w", cluster, app.ErrNotFound)
	}
	for _, h := range halts {
		if err := e.ports.Halts.Unhalt(ctx, h.Cluster); err != nil {
			return err
		}
	}
	e.mu.Lock()
	delete(e.drifts, id)
	e.mu.Unlock()
	e.notify(app.Key{})
	for _, v := range e.Views() {
		if known.of(v.App.Spec.Destination.Cluster()) == id {
			e.enqueue(v.App.Key(), levelCompare)
		}
	}
	return nil
}

package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// haltPause is the pause after which automation looks whether it was let go on in a cluster by another process.
const haltPause = 10 * time.Second

// drifted notes that an application began to differ although nobody had changed what it is to be. It is called with every
// examination and the one before; what one did not know, the next has not seen change.
func (e *Engine) drifted(before, x *examination, now time.Time) {
	if before == nil || before.id != x.id || commitIDs(before.want.renderedFrom()) != commitIDs(x.want.renderedFrom()) ||
		before.want.brought != x.want.brought || !sameSpec(&before.app.Spec, &x.app.Spec) ||
		len(before.unknown()) > 0 || before.conclude().differs || !x.conclude().differs {
		return
	}
	name := x.app.Spec.Destination.Cluster()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.drifts[name] == nil {
		e.drifts[name] = plan.Drifts{}
	}
	e.drifts[name].Add(x.app.Key(), now)
}

func differs(x *examination) bool {
	return slices.ContainsFunc(x.diffs, func(d diff.Diff) bool { return d.OutOfSync() })
}

// halted says why automation does nothing in a cluster, "" when it may. It pauses there when too many applications have
// drifted at once: what changed them all knows something that git does not, or will change them all again.
func (e *Engine) halted(ctx context.Context, cluster string, now time.Time) (string, error) {
	halts, err := e.ports.Halts.Halts(ctx)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(halts, func(h app.Halt) bool { return h.Cluster == cluster })
	e.mu.Lock()
	if e.paused[cluster] && at < 0 {
		// Somebody let it go on: what drifted before that was looked at.
		delete(e.drifts, cluster)
	}
	e.paused[cluster] = at >= 0
	e.mu.Unlock()
	if at >= 0 {
		return haltMessage(halts[at]), nil
	}
	views := e.Views()
	n := 0
	for i := range views {
		if !views[i].Released && views[i].App.Spec.Destination.Cluster() == cluster {
			n++
		}
	}
	e.mu.Lock()
	why := e.drifts[cluster].Breaks(n, now)
	e.paused[cluster] = why != ""
	e.mu.Unlock()
	if why == "" {
		return "", nil
	}
	h := app.Halt{Cluster: cluster, Reason: why, Since: now}
	if err := e.ports.Halts.Halt(ctx, h); err != nil {
		return "", err
	}
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

// Unhalt lets automation go on in a cluster.
func (e *Engine) Unhalt(ctx context.Context, p app.Principal, cluster string) error {
	if err := e.Allowed(p, ActAutomate); err != nil {
		return err
	}
	if err := e.ports.Halts.Unhalt(ctx, cluster); err != nil {
		return err
	}
	e.mu.Lock()
	delete(e.drifts, cluster)
	e.mu.Unlock()
	e.notify(app.Key{})
	for _, v := range e.Views() {
		if v.App.Spec.Destination.Cluster() == cluster {
			e.enqueue(v.App.Key(), levelCompare)
		}
	}
	return nil
}

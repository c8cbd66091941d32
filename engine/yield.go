package engine

import (
	"context"
	"fmt"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// An automatic sync must not keep the repair of what it waits for out of the cluster. While it only waits for the health of what was
// written, or for a deletion, it makes way for something newer. A hook that runs is waited for: half of its work may be done. Where
// it never ends, a person skips it or terminates the operation, or the limit for automatic syncs does.

// limited ends an automatic operation when its time is over.
func (op *operation) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	limit := op.engine.opts.SyncTimeout
	if !op.principal.Automated || limit <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, limit, fmt.Errorf("%w after %s, by --sync-timeout", app.ErrTerminated, limit))
}

// yields says whether the operation may be ended where it stands, for something newer.
func (op *operation) yields(may bool) {
	op.run.mu.Lock()
	op.run.yields = may && op.principal.Automated
	op.run.mu.Unlock()
}

// makeWay ends a running automatic operation that only waits, when git asks for other objects by now and automation would bring them.
func (e *Engine) makeWay(ctx context.Context, run *Run, in plan.AutoSyncInput, x *examination) {
	p := run.shared()
	if p.Started.After(x.at) || !plan.Newer(&p.Plan, in, x.want.objects) {
		return
	}
	if why, err := e.halted(ctx, x, in.Now); err != nil || why != "" {
		return
	}
	run.mu.Lock()
	defer run.mu.Unlock()
	if run.yields {
		run.cancel(fmt.Errorf("%w for something newer", app.ErrTerminated))
	}
}

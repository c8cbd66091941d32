package engine

import (
	"context"

	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// awaitCommit returns nil when what an application follows has moved to other commits than those of an attempt, also where it had
// already when the attempt ended; an error when ctx ends before. Git is asked at the pace of [Options.Interval]; what fails on the way
// may mend itself. The paths of an application may lead to older commits than the newest one: of such an application it takes others
// than those that it was last compared with.
func (e *Engine) awaitCommit(ctx context.Context, tried *plan.Plan) error {
	now := func() string {
		v, _ := e.View(tried.App)
		return commitIDs(v.Commits)
	}
	of := commitIDs(tried.Commits)
	before := of
	if tried.Read != "" {
		before = now()
	}
	for {
		if err := e.refresh(ctx, tried.App, levelResolve); err == nil {
			at := now()
			if before == "" {
				before = at
			}
			if at != before && at != of {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-e.opts.Clock.After(e.opts.Interval):
		}
	}
}

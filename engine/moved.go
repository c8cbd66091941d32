package engine

import (
	"context"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// AwaitCommit returns nil when what an application follows has moved to other commits than these and than those that it was last
// compared with, which may be older ones that its paths lead to; an error when ctx ends before. Git is asked at the pace of
// [Options.Interval]; what fails on the way may mend itself.
func (e *Engine) AwaitCommit(ctx context.Context, key app.Key, known []app.Commit) error {
	now := func() string {
		v, _ := e.View(key)
		return commitIDs(v.Commits)
	}
	before := now()
	if before == "" && e.refresh(ctx, key, levelResolve) == nil {
		// Git has just been asked for the commits that are known: its answer serves again.
		before = now()
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-e.opts.Clock.After(e.opts.Interval):
		}
		if err := e.refresh(ctx, key, levelResolve); err == nil && now() != before && now() != commitIDs(known) {
			return nil
		}
	}
}

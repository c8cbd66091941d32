package command

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// retryFlags say how often a sync that failed is tried again, in Argo CD's words.
type retryFlags struct {
	limit, factor  int64
	first, longest seconds
	refresh        bool
}

func (r *retryFlags) declare(f *pflag.FlagSet) {
	r.first, r.longest = seconds{5 * time.Second}, seconds{3 * time.Minute}
	f.Int64Var(&r.limit, "retry-limit", 0, "try a sync that failed again this `often`, without asking anew; -1 is without end")
	f.Var(&r.first, "retry-backoff-duration", "the `pause` before the first retry (30s, or seconds)")
	f.Int64Var(&r.factor, "retry-backoff-factor", 2, "the pause grows by this `factor` with each retry")
	f.Var(&r.longest, "retry-backoff-max-duration", "the longest `pause` between two retries; a newer commit ends it")
	f.BoolVar(&r.refresh, "retry-refresh", true, "retry with the newest commits; false retries those that failed")
}

// check refuses what no policy can mean, in the words of an application's own.
func (r *retryFlags) check() error {
	if r.limit < -1 {
		return usagef("--retry-limit %d: want -1 (without end), 0 (never) or a number of retries", r.limit)
	}
	if r.factor < 1 {
		return usagef("--retry-backoff-factor %d: want 1 (the same pause each time) or more", r.factor)
	}
	return nil
}

// sync syncs one application, as often as it takes and may. Only an operation that failed by itself is tried again: what was refused
// would be refused again.
func (r *retryFlags) sync(ctx context.Context, env *Env, k app.Key, o plan.Options, approve approveFlags) error {
	if approve.timeout.Duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, approve.timeout.Duration)
		defer cancel()
	}
	backoff := &app.Backoff{Duration: r.first.String(), Factor: &r.factor, MaxDuration: r.longest.String()}
	var tried []app.Commit
	for failures := int64(1); ; failures++ {
		if err := env.Engine.Unpinned(ctx, k); err != nil {
			return err
		}
		err := approve.run(ctx, env, engine.ActSync, func(ctx context.Context) (plan.Plan, error) {
			p, err := env.Engine.PlanSync(ctx, env.Principal, k, o)
			if tried = p.Commits; err == nil && !r.refresh {
				o.Revisions = kept(p.Commits)
			}
			return p, err
		}, "app sync")
		if ExitStatus(err) != ExitFailed || r.limit >= 0 && failures > r.limit || terminated(env, k) {
			return err
		}
		pause := plan.RetryPause(backoff, failures)
		env.say("%s: %v: retry %d in %s", k, err, failures, pause)
		switch moved := await(ctx, env, k, pause, tried, len(o.Revisions) == 0); {
		case ctx.Err() != nil:
			return fmt.Errorf("wait for retry %d of %s: %w", failures, k, timeUp(ctx))
		case moved:
			env.say("%s: git has moved on: retry %d now", k, failures)
		}
		approve.yes = true
	}
}

// terminated reports whether somebody ended the last operation of an application: whoever did wants no other.
func terminated(env *Env, k app.Key) bool {
	v, _ := env.Engine.View(k)
	last := v.App.Status.OperationState
	return last != nil && plan.Terminated(last)
}

// await lets a pause pass, and reports whether it ended before its time because what the application follows is at another commit
// than those that were tried. A sync of other commits than the followed ones waits the whole pause.
func await(ctx context.Context, env *Env, k app.Key, pause time.Duration, tried []app.Commit, followed bool) bool {
	ctx, cancel := context.WithTimeout(ctx, pause)
	defer cancel()
	if followed {
		return env.Engine.AwaitCommit(ctx, k, tried) == nil
	}
	<-ctx.Done()
	return false
}

// kept are the revisions with which a plan of the same commits is made again, by the index of the source.
func kept(commits []app.Commit) map[int]string {
	out := map[int]string{}
	for i, c := range commits {
		out[i] = c.ID
	}
	return out
}

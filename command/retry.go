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
	// given reports whether a flag was on the command line.
	given func(name string) bool
}

func (r *retryFlags) declare(f *pflag.FlagSet) {
	r.first, r.longest, r.given = seconds{5 * time.Second}, seconds{3 * time.Minute}, f.Changed
	f.Int64Var(&r.limit, "retry-limit", 0, "try a sync that failed again this `often`, without asking anew: -1 without end, 0 never; else as spec.syncPolicy.retry says")
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

// policy returns how often a sync of an application is tried again, and whether its own policy says so. As in Argo CD that counts
// where no limit is given; pauses that are given come before its own.
func (r *retryFlags) policy(own *app.SyncPolicy) (policy app.Retry, itsOwn bool) {
	policy = app.Retry{Limit: r.limit, Backoff: &app.Backoff{Duration: r.first.String(), Factor: &r.factor, MaxDuration: r.longest.String()}}
	if r.given("retry-limit") || own == nil || own.Retry == nil {
		return policy, false
	}
	policy.Limit = own.Retry.Limit
	if b := own.Retry.Backoff; b != nil {
		if !r.given("retry-backoff-duration") {
			policy.Backoff.Duration = b.Duration
		}
		if !r.given("retry-backoff-factor") {
			policy.Backoff.Factor = b.Factor
		}
		if !r.given("retry-backoff-max-duration") {
			policy.Backoff.MaxDuration = b.MaxDuration
		}
	}
	return policy, true
}

// sync syncs one application, as often as it takes and may. Only an operation that failed by itself is tried again: what was refused
// would be refused again.
func (r *retryFlags) sync(ctx context.Context, env *Env, k app.Key, o plan.Options, approve approveFlags) error {
	if approve.timeout.Duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, approve.timeout.Duration)
		defer cancel()
	}
	v, _ := env.Engine.View(k)
	policy, itsOwn := r.policy(v.App.Spec.SyncPolicy)
	remedy := ""
	if itsOwn {
		remedy = ", as spec.syncPolicy.retry says; --retry-limit 0 tries once"
	}
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
		// A dry run is asked for its answer, which the application's policy does not keep back.
		if ExitStatus(err) != ExitFailed || policy.Limit >= 0 && failures > policy.Limit || itsOwn && o.DryRun || terminated(env, k) {
			return err
		}
		pause := plan.RetryPause(policy.Backoff, failures)
		env.say("%s: %v: retry %d in %s%s", k, err, failures, pause, remedy)
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

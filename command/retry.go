package command

import (
	"context"
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
	f.Int64Var(&r.limit, "retry-limit", 0, "try a sync that failed again this `often`, also with a commit that nobody was asked about: -1 without end, 0 never; else as spec.syncPolicy.retry says")
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

// sync syncs one application, as often as it takes and may.
func (r *retryFlags) sync(ctx context.Context, env *Env, k app.Key, o plan.Options, approve approveFlags) error {
	if err := env.Engine.Unpinned(ctx, k); err != nil {
		return err
	}
	v, _ := env.Engine.View(k)
	policy, itsOwn := r.policy(v.App.Spec.SyncPolicy)
	policy.Refresh = r.refresh
	if itsOwn && o.DryRun {
		// A dry run is asked for its answer, which the application's policy does not keep back.
		policy.Limit = 0
	}
	approve.again = engine.Retry{Retry: policy, Unseen: r.given("retry-limit")}
	if itsOwn {
		approve.remedy = ", as spec.syncPolicy.retry says; --retry-limit 0 tries once"
	}
	return approve.run(ctx, env, engine.ActSync, func(ctx context.Context) (plan.Plan, error) {
		return env.Engine.PlanSync(ctx, env.Principal, k, o)
	}, "app sync")
}

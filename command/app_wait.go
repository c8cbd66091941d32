package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
)

func appWait() Verb {
	var health, sync, operation, degraded, suspended, gone bool
	var timeout seconds
	var selector string
	return Verb{
		Group: "app", Name: "wait", Args: "[NAME…]", MinArgs: 0, MaxArgs: -1,
		Short: "Wait until an application is synced and healthy",
		Long: "Wait until every named application is synced, healthy and has no running operation; or for the named part of\n" +
			"that only. Git and cluster are looked at when something has happened. A sync that failed and waits for a retry runs, and\n" +
			"is told of. Exit status 5 says that it took too long.",
		Flags: func(f *pflag.FlagSet) {
			f.BoolVar(&sync, "sync", false, "wait until it is synced")
			f.BoolVar(&health, "health", false, "wait until it is healthy")
			f.BoolVar(&operation, "operation", false, "wait until no operation runs")
			f.BoolVar(&degraded, "degraded", false, "wait until it is degraded")
			f.BoolVar(&suspended, "suspended", false, "wait until it is suspended")
			f.BoolVar(&gone, "delete", false, "wait until it is deleted")
			f.StringVarP(&selector, "selector", "l", "", "the applications whose labels satisfy this `selector`, as kubectl's: key=value,key!=value,…")
			f.Var(&timeout, "timeout", "give up after this `time` (30s, or seconds); 0 waits for ever")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			if !health && !sync && !operation && !degraded && !suspended && !gone {
				health, sync, operation = true, true, true
			}
			if timeout.Duration > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, timeout.Duration)
				defer cancel()
			}
			reached := func(v engine.View) string {
				st := v.App.Status
				switch {
				case sync && st.Sync.Status != app.Synced:
					return "sync status is " + string(st.Sync.Status)
				case health && st.Health.Status != app.Healthy:
					return "health is " + string(st.Health.Status) + " " + st.Health.Message
				case degraded && st.Health.Status != app.Degraded:
					return "health is " + string(st.Health.Status)
				case suspended && st.Health.Status != app.Suspended:
					return "health is " + string(st.Health.Status)
				case operation && st.OperationState != nil && !st.OperationState.Phase.Done():
					return running(st.OperationState)
				}
				return ""
			}
			if selector != "" {
				if err := env.Engine.Load(ctx); err != nil {
					return err
				}
			}
			keys, err := selectApps(env, args, selector)
			if err != nil {
				return err
			}
			for _, k := range keys {
				if err := waitOne(ctx, env, k, gone, reached); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// waitOne looks at one application until reached finds nothing missing. What fails on the way may mend itself; the last
// reason is told when time is up.
func waitOne(ctx context.Context, env *Env, k app.Key, gone bool, reached func(engine.View) string) error {
	last := "it has not been compared yet"
	var told string
	var unknown error
	var pause app.Retrying
	err := env.Engine.Await(ctx, k, func(v engine.View, err error) bool {
		_, known := env.Engine.View(k)
		if r := retrying(v); r != nil && *r != pause {
			pause = *r
			env.say("%s: %s", k, running(v.App.Status.OperationState))
		}
		switch {
		case errors.Is(err, app.ErrNotFound) && !known:
			told, unknown = "deleted", err
			return true
		case ctx.Err() != nil:
			return false
		case err != nil:
			last = err.Error()
		case gone:
			last = "it is still there"
		default:
			last = reached(v)
			told = fmt.Sprintf("%s, %s", v.App.Status.Sync.Status, v.App.Status.Health.Status)
			return last == ""
		}
		return false
	})
	switch {
	case unknown != nil && !gone:
		return unknown
	case err != nil:
		return fmt.Errorf("wait for %s: %w: %s", k, timeUp(ctx), last)
	}
	fmt.Fprintf(env.Out, "%s: %s\n", k, told)
	return nil
}

// waitRecord looks at what an application has of the record that it went back to until that is healthy. What fails on the way may mend
// itself; the last reason is told when time is up.
func waitRecord(ctx context.Context, env *Env, k app.Key, record string) error {
	last := "it has not been looked at yet"
	var gone error
	err := env.Engine.AwaitRecord(ctx, k, record, func(h app.Health, err error) bool {
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, app.ErrNotFound), errors.Is(err, engine.ErrReleased):
			// Somebody has deleted the application.
			gone = err
		case err != nil:
			last = err.Error()
		default:
			last = lacks(h)
		}
		return last == "" || gone != nil
	})
	switch {
	case gone != nil:
		return gone
	case err != nil && ctx.Err() == nil:
		return err
	case err != nil:
		return fmt.Errorf("wait for %s: %w: %s", k, timeUp(ctx), last)
	}
	fmt.Fprintf(env.Out, "%s: as of %s, %s\n", k, record, app.Healthy)
	return nil
}

// retrying is the pause before a retry in which an application's operation is; nil when it is in none.
func retrying(v engine.View) *app.Retrying {
	if st := v.App.Status.OperationState; st != nil {
		return st.Retrying
	}
	return nil
}

// running says what an operation that runs does: it may only wait for a retry.
func running(st *app.OperationState) string {
	if st.Retrying == nil {
		return "an operation is running"
	}
	return fmt.Sprintf("the %s failed and waits for %s: %s", st.Operation.Kind(), st.Retrying, clean(st.Retrying.Why))
}

// late is the end of a deadline in words that say what it was.
type late struct{}

func (late) Error() string { return "the time is up" }

// Unwrap lets the exit status find the deadline.
func (late) Unwrap() error { return context.DeadlineExceeded }

// interrupted is the end of a command that somebody stopped (Ctrl-C), in words that say what it was.
type interrupted struct{}

func (interrupted) Error() string { return "interrupted" }

// Unwrap lets a caller find the cancellation.
func (interrupted) Unwrap() error { return context.Canceled }

// timeUp says why a wait has ended.
func timeUp(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return late{}
	}
	return interrupted{}
}

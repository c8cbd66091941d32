package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func appSkipHook() Verb {
	var reason string
	var timeout seconds
	return Verb{
		Group: "app", Name: "skip-hook", Args: "NAME HOOK", MinArgs: 2, MaxArgs: 2,
		Short: "Go on without the end of a running hook",
		Long: "Have the operation that runs on an application, in whichever process, go on without the end of a hook, which counts as\n" +
			"neither succeeded nor failed. The hook itself goes on: it is deleted only where its policy says so however it ends. Who\n" +
			"skipped it and why is in the history. HOOK is its name, or KIND/NAMESPACE/NAME. It returns when the hook is not waited\n" +
			"for any more.",
		Example: "  wheelhouse app skip-hook web Job/web/migrate --reason 'stuck behind a lock, done by hand'",
		Flags: func(f *pflag.FlagSet) {
			f.StringVar(&reason, "reason", "", "why, for those who wonder")
			f.Var(&timeout, "timeout", "give up after this `time` (30s, or seconds); 0 waits for ever")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			if reason == "" {
				return usagef("--reason says why: others will want to know")
			}
			if timeout.Duration > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, timeout.Duration)
				defer cancel()
			}
			if err := env.Engine.Load(ctx); err != nil {
				return err
			}
			hook, err := env.Engine.SkipHook(ctx, env.Principal, k, args[1], reason)
			if err != nil {
				return err
			}
			return awaitSkip(ctx, env, k, hook)
		},
	}
}

// awaitSkip waits until the operation has heard of it, or has ended.
func awaitSkip(ctx context.Context, env *Env, k app.Key, hook object.Ref) error {
	for {
		_, running, err := env.Engine.RunningHooks(ctx, k)
		switch {
		case err != nil && !errors.Is(err, app.ErrNotFound):
			return err
		case !slices.Contains(running, hook):
			fmt.Fprintf(env.Out, "%s: %s is not waited for any more\n", k, hook)
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("skip hook %s of %s: %w: it is still waited for", hook, k, timeUp(ctx))
		case <-time.After(holderPause):
		}
	}
}

package command

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/pflag"
)

// holderPause is the pause between two looks whether an operation still runs.
const holderPause = 100 * time.Millisecond

func appTerminate() Verb {
	var timeout seconds
	return Verb{
		Group: "app", Name: "terminate", Args: "NAME", MinArgs: 1, MaxArgs: 1,
		Short: "End the running operation of an application",
		Long: "End the operation that runs on an application, in whichever process: what is being written is finished, hooks that\n" +
			"run are deleted unless they hold data, nothing new is begun. It returns when the operation has ended.",
		Flags: func(f *pflag.FlagSet) {
			f.Var(&timeout, "timeout", "give up after this `time` (30s, or seconds); 0 waits for ever")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			if timeout.Duration > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, timeout.Duration)
				defer cancel()
			}
			if err := env.Engine.Load(ctx); err != nil {
				return err
			}
			if err := env.Engine.Terminate(ctx, env.Principal, k); err != nil {
				return err
			}
			for {
				holder, held, err := env.Ports.Locks.Holder(ctx, k)
				if err != nil {
					return err
				}
				if !held {
					fmt.Fprintf(env.Out, "the operation of %s has ended\n", k)
					return nil
				}
				select {
				case <-ctx.Done():
					return fmt.Errorf("terminate operation of %s: %w: it is still run by %s", k, timeUp(ctx), holder)
				case <-time.After(holderPause):
				}
			}
		},
	}
}

package command

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/engine"
)

func appPin() Verb {
	var req engine.PinRequest
	var lasts seconds
	return Verb{
		Group: "app", Name: "pin", Args: "NAME", MinArgs: 1, MaxArgs: 1,
		Short: "Hold an application at what its last operation left",
		Long: "Hold an application at the state that its last successful operation left: nothing syncs or heals it until it is\n" +
			"unpinned, or the time is over.",
		Example: "  wheelhouse app pin web --reason 'sale until Monday' --for 72h",
		Flags: func(f *pflag.FlagSet) {
			f.StringVar(&req.Reason, "reason", "", "why, for those who wonder")
			f.Var(&lasts, "for", "end by itself after this `time` (72h, or seconds); 0 is never")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			if req.Reason == "" {
				return usagef("--reason says why: others will want to know")
			}
			req.For = lasts.Duration
			if err := env.Engine.Pin(ctx, env.Principal, k, req); err != nil {
				return err
			}
			fmt.Fprintf(env.Out, "%s is pinned\n", k)
			return nil
		},
	}
}

func appPause() Verb {
	var lasts seconds
	var reason string
	var end bool
	return Verb{
		Group: "app", Name: "pause", Args: "NAME", MinArgs: 1, MaxArgs: 1,
		Short: "Have automation leave an application alone for a time",
		Long: "Have automation neither sync nor heal an application for a time; its switches stay as they are, and a person may\n" +
			"still sync it. --end ends the pause.",
		Example: "  wheelhouse app pause web --for 30m --reason 'looking into the latency'",
		Flags: func(f *pflag.FlagSet) {
			f.Var(&lasts, "for", "how `long` (30m, or seconds)")
			f.StringVar(&reason, "reason", "", "why")
			f.BoolVar(&end, "end", false, "end the pause")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			switch {
			case end && lasts.Duration > 0:
				return usagef("--for and --end: a pause begins or ends; give one of them")
			case !end && lasts.Duration == 0:
				return usagef("for how long? --for 30m pauses automation for half an hour, --end ends a pause")
			}
			if err := env.Engine.PauseAutomation(ctx, env.Principal, k, lasts.Duration, reason); err != nil {
				return err
			}
			if end {
				fmt.Fprintf(env.Out, "%s: automation looks after it again\n", k)
			} else {
				fmt.Fprintf(env.Out, "%s: automation leaves it alone for %s\n", k, lasts.Duration)
			}
			return nil
		},
	}
}

func clusterResume() Verb {
	return Verb{
		Group: "cluster", Name: "resume", Args: "NAME", MinArgs: 1, MaxArgs: 1,
		Short: "Let automation go on in a cluster where it paused",
		Long: "When more than a fifth of a cluster's applications, and at least three of them, drift within a minute without a commit,\n" +
			"automation pauses in the whole cluster, and says so on each of them. Look at what changed them, then let it go on.\n" +
			"What rollbacks, syncs and deletions change is no drift.\n" +
			"A cluster that applications call by several names is one: any of these names will do.",
		Run: func(ctx context.Context, env *Env, args []string) error {
			if err := env.Engine.Unhalt(ctx, env.Principal, args[0]); err != nil {
				return err
			}
			fmt.Fprintf(env.Out, "automation goes on in cluster %s\n", args[0])
			return nil
		},
	}
}

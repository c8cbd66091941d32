package command

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

func appResume() Verb {
	var approve approveFlags
	var skip []string
	var discard bool
	return Verb{
		Group: "app", Name: "resume", Args: "NAME", MinArgs: 1, MaxArgs: 1,
		Short: "Go on with an interrupted operation",
		Long: "Carry out the rest of an interrupted operation, at the commits that it had. Hooks that have run are not run again,\n" +
			"those that it created are waited for. Of a hook whose fate nobody knows you are asked: --confirm runs it again,\n" +
			"--skip goes on without it. With --discard everything stays as it is, and the interruption is recorded as settled:\n" +
			"as after app terminate, automation does nothing either until git has something else. That goes with none of\n" +
			"--dry-run, --skip and --confirm.\n" +
			"An operation is interrupted when its process dies, or stands still for longer than 30 s: stopped, or its laptop asleep.",
		Example: "  wheelhouse app resume web\n  wheelhouse app resume web --yes --skip hook:Job/web/migrate",
		Flags: func(f *pflag.FlagSet) {
			approve.declare(f)
			f.StringArrayVar(&skip, "skip", nil, "go on without the step that has the guard of this `name`; may repeat")
			f.BoolVar(&discard, "discard", false, "do nothing more, and keep a record of what was done")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			if discard && (approve.dryRun || len(skip) > 0 || len(approve.confirm) > 0) {
				return usagef("--discard records the interruption as settled and runs no step, so it goes with none of --dry-run, --skip and --confirm: " +
					"leave it out to go on, and them to settle")
			}
			if err := env.Engine.Load(ctx); err != nil {
				return err
			}
			if discard {
				if err := env.Engine.Discard(ctx, env.Principal, k); err != nil {
					return err
				}
				fmt.Fprintf(env.Out, "%s: the interrupted operation is settled; everything is as it was left\n", k)
				return nil
			}
			return approve.run(ctx, env, engine.ActResume, func(ctx context.Context) (plan.Plan, error) {
				p, err := env.Engine.PlanResume(ctx, env.Principal, k)
				if err == nil {
					p.Options.DryRun = p.Options.DryRun || approve.dryRun
					err = leaveOut(&p, skip)
				}
				return p, err
			}, "app resume")
		},
	}
}

// leaveOut leaves the guarded steps of these names out of a plan.
func leaveOut(p *plan.Plan, guards []string) error {
	for _, name := range guards {
		at := slices.IndexFunc(p.Steps, func(s plan.Step) bool { return s.Guard == name })
		if at < 0 {
			return usagef("--skip %s: the plan has no such guard", name)
		}
		p.Steps[at].Left = true
	}
	return nil
}

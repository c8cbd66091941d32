package command

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

func appDelete() Verb {
	var approve approveFlags
	cascade := true
	var propagation string
	return Verb{
		Group: "app", Name: "delete", Args: "NAME", MinArgs: 1, MaxArgs: 1,
		Short: "Delete an application and the objects that it owns",
		Long: "Delete the objects that carry this application's mark, in the reverse of their order, and then the application.\n" +
			"With --cascade=false only the application is deleted. A released application, whose document is gone, can be\n" +
			"deleted as well.",
		Flags: func(f *pflag.FlagSet) {
			f.BoolVar(&cascade, "cascade", true, "delete the objects too")
			f.StringVar(&propagation, "propagation-policy", "foreground", "`foreground`, background or orphan, for what the objects own")
			approve.declare(f)
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			switch propagation {
			case "foreground", "background", "orphan":
			default:
				return usagef("--propagation-policy is foreground, background or orphan, not %q", propagation)
			}
			o := plan.Options{Orphan: !cascade, Propagation: propagation, DryRun: approve.dryRun, Prune: true}
			return approve.run(ctx, env, engine.ActDelete, func(ctx context.Context) (plan.Plan, error) {
				p, err := env.Engine.PlanDelete(ctx, env.Principal, k, o)
				if err == nil && !cascade {
					env.say("the objects of %s stay in the cluster", k)
				}
				return p, err
			}, fmt.Sprintf("app delete %s", k))
		},
	}
}

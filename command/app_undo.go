package command

import (
	"context"

	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

func appUndo() Verb {
	var approve approveFlags
	return Verb{
		Group: "app", Name: "undo", Args: "NAME", MinArgs: 1, MaxArgs: 1,
		Short: "Undo the last operation of an application",
		Long: "Go back to the state before the last operation, finished or interrupted, by the manifests that were kept of it: what\n" +
			"it deleted is made again, what it created is deleted, no hook is run, and one that still runs is deleted. A hook of\n" +
			"which nobody knows what became of it is asked about. Secrets stay as they are live, for their data is not kept. The\n" +
			"application is then pinned; undoing a rollback puts the pin back as it was before.",
		Example: "  wheelhouse app undo web --dry-run\n  wheelhouse app undo web --yes",
		Flags:   approve.declare,
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			if err := env.Engine.Load(ctx); err != nil {
				return err
			}
			return approve.run(ctx, env, engine.ActUndo, func(ctx context.Context) (plan.Plan, error) {
				return env.Engine.PlanUndo(ctx, env.Principal, k, plan.Options{DryRun: approve.dryRun})
			}, "app undo")
		},
	}
}

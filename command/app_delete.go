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

func appDelete() Verb {
	var approve approveFlags
	cascade := true
	var propagation string
	return Verb{
		Group: "app", Name: "delete", Args: "NAME", MinArgs: 1, MaxArgs: 1,
		Short: "Delete an application and the objects that it owns",
		Long: "Delete the objects that carry this application's mark, in the reverse of their order, and then the application.\n" +
			"With --cascade=false only the application is deleted, and its objects keep the mark; to have them without it, use\n" +
			"`app hand-back` instead. A released application, whose document is gone, can be deleted as well. What holds data is\n" +
			"deleted when its guard is confirmed: claims, volumes, Namespaces, and a StatefulSet whose claims go with it.",
		Flags: func(f *pflag.FlagSet) {
			f.BoolVar(&cascade, "cascade", true, "delete the objects too")
			f.StringVarP(&propagation, "propagation-policy", "p", "", "`foreground`, background or orphan, for what the objects own (default foreground, or as the application's finalizer says)")
			approve.declare(f)
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			switch propagation {
			case "", "foreground", "background", "orphan":
			default:
				return usagef("--propagation-policy is foreground, background or orphan, not %q", propagation)
			}
			o := plan.Options{Orphan: !cascade, Propagation: propagation, DryRun: approve.dryRun, Prune: true}
			return approve.run(ctx, env, engine.ActDelete, func(ctx context.Context) (plan.Plan, error) {
				return env.Engine.PlanDelete(ctx, env.Principal, k, o)
			}, fmt.Sprintf("app delete %s", k))
		},
	}
}

func appHandBack() Verb {
	var approve approveFlags
	return Verb{
		Group: "app", Name: "hand-back", Args: "NAME", MinArgs: 1, MaxArgs: 1,
		Short: "Give an application's objects back: they stay, without this store's mark",
		Long: "Take this store's mark off the objects of an application and delete the application from the store. The objects\n" +
			"stay as they are and belong to nobody: another store, or an Argo CD, that asks for them has them with its next\n" +
			"sync, without an adoption. An object that somebody else has marked by then is left alone.",
		Flags: approve.declare,
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			o := plan.Options{HandBack: true, DryRun: approve.dryRun}
			return approve.run(ctx, env, engine.ActDelete, func(ctx context.Context) (plan.Plan, error) {
				return env.Engine.PlanDelete(ctx, env.Principal, k, o)
			}, fmt.Sprintf("app hand-back %s", k))
		},
	}
}

func appConfirmDeletion() Verb {
	return Verb{
		Group: "app", Name: "confirm-deletion", Args: "NAME", MinArgs: 1, MaxArgs: 1,
		Short: "Approve the deletions that Prune=confirm and Delete=confirm ask about",
		Long: "Approve the deletion of objects with Prune=confirm or Delete=confirm, for the next operation of the application,\n" +
			"be it a person's or automation's. Objects that hold data still have to be confirmed by name (--confirm).",
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			_, err = env.Engine.Update(ctx, env.Principal, k, func(a *app.Application) error {
				if a.Metadata.Annotations == nil {
					a.Metadata.Annotations = map[string]string{}
				}
				a.Metadata.Annotations[app.AnnotationDeletionApproved] = env.Now().UTC().Format(time.RFC3339Nano)
				return nil
			})
			if err != nil {
				return err
			}
			fmt.Fprintf(env.Out, "%s: deletions are approved for its next operation\n", k)
			return nil
		},
	}
}

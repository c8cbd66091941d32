package command

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// commitFlags have a rollback make git say what it goes back to.
type commitFlags struct {
	commit bool
	plan.CommitOptions
}

func (c *commitFlags) declare(f *pflag.FlagSet) {
	f.BoolVar(&c.commit, "commit", false, "also restore the application's paths in git as they were at the record's commits, as one new commit")
	f.StringVar(&c.Branch, "branch", "", "commit to this `branch` instead of the followed one; a new one is made from that")
	f.StringVar(&c.Message, "message", "", "the commit's `text`; without one it says what is restored")
	f.StringVar(&c.Author, "author", "", "the commit's author, as `'Name <mail>'`; without one it is you")
}

// options returns what is asked for, nil where no commit is.
func (c *commitFlags) options() (*plan.CommitOptions, error) {
	if c.commit {
		return &c.CommitOptions, nil
	}
	if c.CommitOptions != (plan.CommitOptions{}) {
		return nil, usagef("--branch, --message and --author are about a commit: add --commit")
	}
	return nil, nil
}

func appRollback() Verb {
	var approve approveFlags
	var commit commitFlags
	var reason string
	var prune bool
	var lasts seconds
	return Verb{
		Group: "app", Name: "rollback", Args: "NAME [ID]", MinArgs: 1, MaxArgs: 2,
		Short: "Go back to an earlier record and stay there",
		Long: "Apply the manifests that a record keeps; neither git nor a chart repository is needed. The application is then\n" +
			"pinned: nothing syncs it until it is unpinned, or the time of --for is over. Without an ID it goes back to the state\n" +
			"before the last sync. What the record does not have is deleted; with --prune=false it stays, as in Argo CD without its\n" +
			"--prune.\n\n" +
			"With --commit git follows: when the rollback has succeeded, the application's paths are restored as they were at the\n" +
			"record's commits, as one new commit, and the application is not pinned, for git says the same. It stays pinned when\n" +
			"the commit is on another branch (--branch), or cannot be pushed. --dry-run shows what the commit changes. Where git\n" +
			"would still ask for something else, the plan names the objects and is guarded. What has been rolled back to already\n" +
			"is only committed.",
		Example: "  wheelhouse app history web\n  wheelhouse app rollback web r3\n" +
			"  wheelhouse app rollback web r3 --reason 'orders are lost' --for 72h\n  wheelhouse app rollback web r3 --commit\n" +
			"  wheelhouse app rollback web r3 --commit --branch back-to-r3 --message 'web: back to before the outage'",
		Flags: func(f *pflag.FlagSet) {
			approve.declare(f)
			approve.declareWait(f)
			commit.declare(f)
			f.BoolVar(&prune, "prune", true, "delete what the record does not have")
			f.StringVar(&reason, "reason", "", "why it is pinned, for those who wonder")
			f.Var(&lasts, "for", "unpin it by itself after this `time` (72h, or seconds); 0 is never")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			o := plan.Options{Prune: prune, DryRun: approve.dryRun, PinReason: reason, PinFor: lasts.Duration}
			if o.Commit, err = commit.options(); err != nil {
				return err
			}
			record := ""
			if len(args) == 2 {
				record = args[1]
			} else if record, err = env.Engine.Previous(ctx, k); err != nil {
				return err
			}
			return approve.run(ctx, env, engine.ActRollback, func(ctx context.Context) (plan.Plan, error) {
				return env.Engine.PlanRollback(ctx, env.Principal, k, record, o)
			}, "rollback to "+record)
		},
	}
}

// tellRestores shows what the commits of a rollback change.
func tellRestores(env *Env, p *plan.Plan) {
	for i := range p.Restores {
		r := &p.Restores[i]
		if r.Draft.Empty() {
			continue
		}
		fmt.Fprintf(env.Out, "commit to %s: %s\n", r.Where(), clean(r.Draft.Commit.Message))
		for _, f := range r.Draft.Files {
			fmt.Fprintf(env.Out, "  %s\n", clean(plan.Stat(f)))
		}
	}
}

package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

func appSync() Verb {
	var flags planFlags
	var approve approveFlags
	var again retryFlags
	var async bool
	var selector string
	return Verb{
		Group: "app", Name: "sync", Args: "[NAME…]", MinArgs: 0, MaxArgs: -1,
		Short: "Apply what git asks for",
		Long: "Make a plan, checked by the API server, and carry it out: one line per step. In a terminal the plan is shown and\n" +
			"asked about first; without one, with --yes, or with --async, which has nobody to ask, it proceeds, unless it is\n" +
			"guarded. A sync of some objects only (--resource, --label) runs no hooks, unless --hooks is given. A sync that fails is\n" +
			"tried again as --retry-limit says, or else the application. It runs, and keeps others out, through the pause before:\n" +
			"app terminate ends that too. A retry does what git asks for by then; where the plan was asked about and neither --yes\n" +
			"nor --retry-limit given, no more than it showed.\n" +
			"Exit status 4 says that the sync failed, 6 that it was refused: by a guard, a pin, a lock or a right.",
		Example: "  wheelhouse app sync web\n  wheelhouse app sync web --prune --confirm prune:StatefulSet/web/db\n" +
			"  wheelhouse app sync -l team=shop --retry-limit 3\n  wheelhouse app sync web --resource 'apps:*:*' --resource '!apps:Deployment:web/worker'",
		Flags: func(f *pflag.FlagSet) {
			flags.declare(f)
			approve.declare(f)
			approve.declareWait(f)
			again.declare(f)
			f.BoolVar(&async, "async", false, "return when the operation has begun; it goes on in a process of its own, which asks nothing (as --yes)")
			f.StringVarP(&selector, "selector", "l", "", "the applications whose labels satisfy this `selector`, as kubectl's: key=value,key!=value,…")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			if err := again.check(); err != nil {
				return err
			}
			if err := env.Engine.Load(ctx); err != nil {
				return err
			}
			keys, err := selectApps(env, args, selector)
			if err != nil {
				return err
			}
			wishes := make([]plan.Options, len(keys))
			for i, k := range keys {
				if wishes[i], err = flags.options(ctx, env, k); err != nil {
					return err
				}
				wishes[i].DryRun = approve.dryRun
			}
			if async {
				if len(keys) != 1 {
					return usagef("--async takes one application")
				}
				if approve.dryRun {
					return usagef("--async leaves only a record behind, and a dry run has none: leave one of the two out")
				}
				return env.Background(ctx, keys[0])
			}
			var failures []error
			for i, k := range keys {
				err := again.sync(ctx, env, k, wishes[i], approve)
				if err != nil && len(keys) > 1 {
					env.say("%s: %v", k, err)
				}
				failures = append(failures, err)
			}
			return worst(failures)
		},
	}
}

// selectApps returns the named applications, or those whose labels satisfy a selector.
func selectApps(env *Env, names []string, selector string) ([]app.Key, error) {
	if (selector == "") == (len(names) == 0) {
		return nil, usagef("name applications, or select them with --selector")
	}
	wanted, err := labels.Parse(selector)
	if err != nil {
		return nil, usagef("--selector: %w", err)
	}
	var keys []app.Key
	for _, name := range names {
		k, err := key(name)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	if selector == "" {
		return keys, nil
	}
	for _, v := range env.Engine.Views() {
		if !v.Released && matchesView(v, "", "", wanted) {
			keys = append(keys, v.App.Key())
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("applications with labels %s: %w", selector, app.ErrNotFound)
	}
	return keys, nil
}

// worst returns the error with the highest exit status.
func worst(errs []error) error {
	var out error
	for _, err := range errs {
		if err != nil && (out == nil || ExitStatus(err) > ExitStatus(out)) {
			out = err
		}
	}
	return out
}

func appRefresh() Verb {
	var hard bool
	return Verb{
		Group: "app", Name: "refresh", Args: "NAME", MinArgs: 1, MaxArgs: 1, Formats: []string{"table", "json", "yaml", "name"},
		Short: "Compare an application with git and its cluster now",
		Long: "Compare an application with git and its cluster now, and store what it comes to. Exit status 7 says that not all of it\n" +
			"could be compared.",
		Flags: func(f *pflag.FlagSet) {
			f.BoolVar(&hard, "hard", false, "render it anew with what lies outside of its manifest-generate-paths")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			v, err := refreshing(true, hard)(env.Engine, ctx, k)
			if err != nil {
				return err
			}
			switch env.Format {
			case "json", "yaml":
				err = printObject(env.Out, env.Format, &v.App)
			case "name":
				fmt.Fprintln(env.Out, k)
			default:
				fmt.Fprintf(env.Out, "%s: %s, %s\n", k, v.App.Status.Sync.Status, v.App.Status.Health.Status)
			}
			return errors.Join(err, unknown(&v.App.Status))
		},
	}
}

// unknown says what could not be compared of an application; nil when all was.
func unknown(s *app.Status) error {
	if s.Sync.Status != app.SyncUnknown {
		return nil
	}
	var what []error
	for _, c := range s.Conditions {
		if c.Type == app.ConditionComparisonError {
			what = append(what, errors.New(c.Message))
		}
	}
	return errors.Join(what...)
}

// remedied writes an error and its remedy for a person.
func remedied(err error) string {
	if h := hint.Of(err); h != "" {
		return err.Error() + "\n  " + h
	}
	return err.Error()
}

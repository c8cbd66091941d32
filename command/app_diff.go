package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

func appDiff() Verb {
	var flags lookFlags
	var exitCode, foreign bool
	return Verb{
		Group: "app", Name: "diff", Args: "NAME", MinArgs: 1, MaxArgs: 1, Formats: []string{"table", "json", "yaml", "name"},
		Short: "Show how live objects differ from git",
		Long: "Show, object by object, what an apply would change: the live object against what the API server says it would\n" +
			"become. Nothing is written. Exit status 1 says that there is a difference, 0 that there is none.\n" +
			"With --revision or --local the cluster is compared with that instead; the application's status stays what it was.\n" +
			"--foreign lists fields of live objects that git, as it is followed, does not name and others own. An apply leaves\n" +
			"them alone; app sync --take-over MANAGER removes those of a manager who wrote them without an apply.",
		Example: "  wheelhouse app diff web --revision feature-x\n  wheelhouse app diff web --local ./charts/web",
		Flags: func(f *pflag.FlagSet) {
			flags.declare(f)
			f.BoolVar(&foreign, "foreign", false, "list the fields of live objects that git does not name and others own")
			f.BoolVar(&exitCode, "exit-code", true, "exit with 1 when there is a difference")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			if foreign {
				if flags.given() {
					return usagef("--foreign is about git as it is followed, and not about another revision or folder: leave that out, or leave --foreign out")
				}
				return listForeign(ctx, env, k)
			}
			c, err := flags.compare(ctx, env, k)
			if err != nil {
				return err
			}
			var diffs []diff.Diff
			var unknown []error
			for i := range c.Diffs {
				switch d := &c.Diffs[i]; {
				case d.Verdict == diff.NotCompared:
					unknown = append(unknown, notCompared(d))
				case d.OutOfSync():
					diffs = append(diffs, *d)
				}
			}
			if err := printDiffs(env, diffs); err != nil {
				return err
			}
			unknown = append(unknown, c.Unread...)
			if len(unknown) > 0 {
				return errors.Join(unknown...)
			}
			if len(diffs) > 0 && exitCode {
				return &Outcome{Status: ExitDifferent, Quiet: true}
			}
			return nil
		},
	}
}

// notCompared is the error of an object of which it is not known how it compares.
func notCompared(d *diff.Diff) error {
	err := fmt.Errorf("compare %s: %s", d.Ref, d.Reason)
	if d.Denied != "" {
		return hint.With(err, "ask for that right, or use another context")
	}
	return err
}

// listForeign prints the fields of live objects that git does not name. Of what could not be compared, as with the differences, it is
// not known whether it has any.
func listForeign(ctx context.Context, env *Env, k app.Key) error {
	if _, err := env.Engine.Refresh(ctx, k); err != nil {
		return err
	}
	c, err := env.Engine.Compare(ctx, k, "")
	if err != nil {
		return err
	}
	objects, err := env.Engine.ForeignFields(ctx, k)
	if err != nil {
		return err
	}
	var unknown []error
	for i := range c.Diffs {
		if d := &c.Diffs[i]; d.Verdict == diff.NotCompared {
			unknown = append(unknown, notCompared(d))
		}
	}
	return errors.Join(append(unknown, printForeign(env, k, objects, len(unknown) == 0))...)
}

// printForeign prints fields of objects; whole is true when these are all objects.
func printForeign(env *Env, k app.Key, objects []engine.ObjectFields, whole bool) error {
	switch env.Format {
	case "json", "yaml":
		if objects == nil {
			objects = []engine.ObjectFields{}
		}
		return printObject(env.Out, env.Format, objects)
	case "name":
		for _, o := range objects {
			fmt.Fprintln(env.Out, o.Ref)
		}
		return nil
	}
	var rows [][]string
	for _, o := range objects {
		for _, f := range o.Fields {
			rows = append(rows, []string{o.Ref.String(), f.Path, f.Manager, f.Operation, age(env.Now(), &f.Time)})
		}
	}
	switch {
	case len(rows) > 0:
	case whole:
		env.say("%s: nobody else owns a field of its objects that git does not name", k)
		return nil
	default:
		return nil
	}
	return table(env.Out, "OBJECT FIELD MANAGER OPERATION WRITTEN", rows)
}

// compare compares an application as the flags ask for it: refreshed, or with other content of its sources.
func (l *lookFlags) compare(ctx context.Context, env *Env, k app.Key) (engine.Comparison, error) {
	if !l.given() {
		if _, err := env.Engine.Refresh(ctx, k); err != nil {
			return engine.Comparison{}, err
		}
		return env.Engine.Compare(ctx, k, "")
	}
	at, done, err := l.lookAt(ctx, env, k)
	if err != nil {
		return engine.Comparison{}, err
	}
	c, err := env.Engine.CompareAt(ctx, k, at)
	return c, errors.Join(err, done())
}

func printDiffs(env *Env, diffs []diff.Diff) error {
	switch env.Format {
	case "json", "yaml":
		if diffs == nil {
			diffs = []diff.Diff{}
		}
		return printObject(env.Out, env.Format, diffs)
	case "name":
		for _, d := range diffs {
			fmt.Fprintln(env.Out, d.Ref)
		}
		return nil
	}
	for _, d := range diffs {
		printDiff(env, d)
	}
	return nil
}

// printDiff writes one object's difference as a unified diff under a line that says what it is.
func printDiff(env *Env, d diff.Diff) {
	fmt.Fprintf(env.Out, "===== %s  %s", d.Ref, d.Verdict)
	if d.Reason != "" {
		fmt.Fprintf(env.Out, ": %s", clean(d.Reason))
	}
	if d.How != diff.Texts && !d.SaysGround() {
		fmt.Fprintf(env.Out, "  (%s)", clean(d.Ground()))
	}
	fmt.Fprintln(env.Out)
	for _, w := range d.Warnings {
		env.say("warning: %s: %s", d.Ref, w)
	}
	live, predicted := "", ""
	if d.Live != nil {
		live = diff.YAML(d.Live)
	}
	if d.Predicted != nil {
		predicted = diff.YAML(d.Predicted)
	}
	if live == predicted {
		return
	}
	fmt.Fprint(env.Out, diff.Unified(live, predicted, "live", "desired"))
	for _, c := range d.Ignored {
		fmt.Fprintf(env.Out, "# %s is left out by ignoreDifferences, and written with the rest\n", clean(c.Path))
	}
	for _, c := range d.Changes {
		if c.Manager != "" && c.Manager != "wheelhouse" {
			at := ""
			if !c.Time.IsZero() {
				at = " " + c.Time.Format("2006-01-02 15:04:05Z07:00")
			}
			fmt.Fprintf(env.Out, "# %s last written by %s (%s)%s\n", c.Path, c.Manager, c.Operation, at)
		}
	}
}

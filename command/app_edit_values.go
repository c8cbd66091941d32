package command

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// valuesFlags say whether values are meant instead of the document, and where an edit of them goes.
type valuesFlags struct {
	values   bool
	position int
	commit   bool
	message  string
	branch   string
}

func (f *valuesFlags) declare(flags *pflag.FlagSet) {
	flags.BoolVar(&f.values, "values", false, "edit the values of a source instead: the last values file, or the kustomization")
	flags.IntVar(&f.position, "source-position", 0, "with --values: which of several sources is meant, by its `number` from 1 (default: the first that is rendered)")
	flags.BoolVar(&f.commit, "commit", false, "with --values: commit the file and push it, instead of keeping an override in the application")
	flags.StringVarP(&f.message, "message", "m", "", "with --commit: the `message` (default: what was set)")
	flags.StringVar(&f.branch, "branch", "", "with --commit: the `branch` (default: the followed one); a new one is made from it")
}

func (f *valuesFlags) check() error {
	switch {
	case !f.values && (f.commit || f.position != 0):
		return usagef("--commit and --source-position go with --values")
	case !f.commit && (f.message != "" || f.branch != ""):
		return usagef("--message and --branch go with --commit")
	}
	return nil
}

// editValues has a person edit the values of a source, and keeps or commits what comes of it.
func (f *valuesFlags) editValues(ctx context.Context, env *Env, k app.Key) error {
	source := f.position - 1
	if f.position == 0 {
		a, err := env.Ports.Store.Load(ctx, k)
		if err != nil {
			return err
		}
		source = a.Spec.FirstRendered()
	}
	v, err := env.Engine.Values(ctx, k, source)
	if err != nil {
		return err
	}
	if v.Editable == "" {
		return hint.With(fmt.Errorf("edit values of %s: source %d has no file of values", k, source+1), "edit the application's document: without --values")
	}
	if v.CommitOnly != "" && !f.commit {
		return hint.With(fmt.Errorf("edit values of %s: they cannot be kept as an override: %s", k, v.CommitOnly), "add --commit")
	}
	after, file, err := editText(ctx, env, k.Name, []byte(v.Effective))
	if err != nil {
		return err
	}
	if string(after) == v.Effective {
		fmt.Fprintf(env.Out, "values of %s not changed\n", k)
		return os.Remove(file)
	}
	if err := f.take(ctx, env, k, source, app.ValuesEdit{Text: string(after)}, file); err != nil {
		env.say("what you wrote is kept in %s", file)
		return err
	}
	return os.Remove(file)
}

// take keeps or commits edited values.
func (f *valuesFlags) take(ctx context.Context, env *Env, k app.Key, source int, edit app.ValuesEdit, file string) error {
	result, err := env.Engine.EditValues(ctx, k, source, edit)
	if err != nil {
		return err
	}
	if n := tellProblems(env, result.Problems, file); n > 0 {
		return usagef("edit values of %s: the text has %d problem(s); nothing was kept", k, n)
	}
	if f.commit {
		message := cmp.Or(f.message, k.Name+": set "+strings.Join(result.Overridden, ", "))
		if len(result.Overridden) == 0 {
			message = cmp.Or(f.message, k.Name+": change values")
		}
		c, err := env.Engine.CommitValues(ctx, env.Principal, k, source, edit, engine.CommitRequest{Branch: f.branch, Message: message})
		if err != nil {
			return err
		}
		fmt.Fprintf(env.Out, "pushed commit %s\n", c.Short())
		if result.Shadowed != "" {
			fmt.Fprintln(env.Out, app.StaysSet(result.Shadowed))
		}
		return nil
	}
	if err := env.Engine.KeepValues(ctx, env.Principal, k, source, edit); err != nil {
		return err
	}
	switch {
	case len(result.Overridden) == 0:
		fmt.Fprintf(env.Out, "values of %s are those of the files: no override is kept\n", k)
	default:
		fmt.Fprintf(env.Out, "kept as an override in %s: %s\n", k, strings.Join(result.Overridden, ", "))
	}
	for _, path := range result.Lists {
		fmt.Fprintln(env.Out, app.WholeList(path))
	}
	return nil
}

// tellProblems tells the problems of a text on the error stream, and returns how many of them are errors.
func tellProblems(env *Env, problems []app.Problem, file string) int {
	errors := 0
	for _, p := range problems {
		word := "error"
		if p.File = cmp.Or(p.File, file); p.Warning {
			word = "warning"
		} else {
			errors++
		}
		env.say("%s: %s: %s", p.Place(), word, p.Message)
	}
	return errors
}

// printValues prints the values of an application's sources: what applies, and what of it is the application's own.
func printValues(ctx context.Context, env *Env, a *app.Application) error {
	for i, src := range a.Spec.AllSources() {
		if src.OnlyRef() {
			continue
		}
		v, err := env.Engine.Values(ctx, a.Key(), i)
		if err != nil {
			return err
		}
		fmt.Fprintf(env.Out, "\n# Source %d: %s\n", i+1, cmp.Or(v.Editable, "no file of values"))
		for _, path := range v.Lists {
			fmt.Fprintf(env.Out, "# %s\n", app.WholeList(path))
		}
		for _, said := range []string{v.Anew, v.CommitOnly} {
			if said != "" {
				fmt.Fprintf(env.Out, "# %s\n", said)
			}
		}
		fmt.Fprintln(env.Out, strings.TrimSuffix(v.Effective, "\n"))
	}
	return nil
}

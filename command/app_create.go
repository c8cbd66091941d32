package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

func appCreate() Verb {
	var spec specFlags
	var file string
	var upsert bool
	var flags *pflag.FlagSet
	return Verb{
		Group: "app", Name: "create", Args: "[NAME]", MinArgs: 0, MaxArgs: 1,
		Short: "Create an application",
		Long:  "Create an application from flags, or from a document with -f (- is the standard input). Nothing is synced.",
		Example: "  wheelhouse app create web --repo https://git.example.com/charts.git --path web \\\n" +
			"    --dest-name prod --dest-namespace web --sync-option CreateNamespace=true\n" +
			"  wheelhouse app create redis --repo https://charts.example.com --helm-chart redis --revision '^20' \\\n" +
			"    --dest-name prod --dest-namespace cache\n" +
			"  wheelhouse app create -f web.yaml",
		Flags: func(f *pflag.FlagSet) {
			flags = f
			spec.declare(f)
			f.StringVarP(&file, "file", "f", "", "`document` of the application; - is the standard input")
			f.BoolVar(&upsert, "upsert", false, "replace the spec of an application of that name")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			a, err := newApplication(env, file, args)
			if err != nil {
				return err
			}
			if err := spec.apply(flags, &a); err != nil {
				return err
			}
			if upsert {
				keepLogins(ctx, env, &a)
			}
			if err := a.Validate(); err != nil {
				return usage(fmt.Errorf("create %s: %w", a.Key(), err))
			}
			err = env.Engine.Create(ctx, env.Principal, a)
			if errors.Is(err, app.ErrExists) && upsert {
				_, err = env.Engine.Update(ctx, env.Principal, a.Key(), func(old *app.Application) error {
					old.Spec, old.Metadata.Labels, old.Metadata.Annotations = a.Spec, a.Metadata.Labels, a.Metadata.Annotations
					return nil
				})
				if err == nil {
					warn(ctx, env, &a)
					fmt.Fprintf(env.Out, "application %s replaced\n", a.Key())
				}
				return err
			}
			if err != nil {
				return err
			}
			warn(ctx, env, &a)
			fmt.Fprintf(env.Out, "application %s created\n", a.Key())
			return nil
		},
	}
}

// warn tells an application's author what is doubtful about it.
func warn(ctx context.Context, env *Env, a *app.Application) {
	for _, w := range a.Warnings() {
		env.say("warning: %s", w)
	}
	former, left, err := env.Engine.LeftBehind(ctx, a.Key())
	switch {
	case err != nil:
		env.say("warning: %v", err)
	case left:
		guard := plan.LeftBehind(&former)
		env.say("warning: %s; either asks for --confirm %s", guard.Message, guard.Name)
	}
}

// keepLogins gives a document that was printed, and is written back, the logins that were hidden in it. That there is no older
// one is for the writing to tell.
func keepLogins(ctx context.Context, env *Env, a *app.Application) {
	if before, err := env.Ports.Store.Load(ctx, a.Key()); err == nil {
		a.KeepLogins(&before)
	}
}

// newApplication reads the document, or starts an empty application of the given name.
func newApplication(env *Env, file string, args []string) (app.Application, error) {
	var a app.Application
	switch {
	case file != "":
		text, err := readInput(env, file)
		if err != nil {
			return a, err
		}
		name := file
		if file == "-" {
			name = "standard input"
		}
		if a, err = app.Decode(text, name); err != nil {
			return a, usage(err)
		}
		if len(args) == 1 {
			a.Metadata.Name = args[0]
		}
		return a, nil
	case len(args) == 1:
		k, err := key(args[0])
		if err != nil {
			return a, err
		}
		a.APIVersion, a.Kind = app.APIVersion, app.KindApplication
		a.Metadata.Name, a.Metadata.Namespace = k.Name, k.Namespace
		return a, nil
	}
	return a, usagef("create needs a NAME with flags, or -f FILE")
}

// readInput reads a file, or the standard input for "-".
func readInput(env *Env, file string) ([]byte, error) {
	if file == "-" {
		b, err := io.ReadAll(env.In)
		if err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
		return b, nil
	}
	b, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read %s: %w", file, app.ErrNotFound)
	}
	return b, err
}

func appSet() Verb {
	var spec specFlags
	var flags *pflag.FlagSet
	return Verb{
		Group: "app", Name: "set", Args: "NAME", MinArgs: 1, MaxArgs: 1,
		Short:   "Change the spec of an application",
		Long:    "Change parts of an application's spec; what no flag names stays as it is. Nothing is synced.",
		Example: "  wheelhouse app set web --helm-set service.nodePort=31081\n  wheelhouse app set web --revision v1.4.0",
		Flags: func(f *pflag.FlagSet) {
			flags = f
			spec.declare(f)
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			if !spec.given(flags) {
				return usagef("set %s: name at least one flag; wheelhouse app set --help lists them", k)
			}
			a, err := env.Engine.Update(ctx, env.Principal, k, func(a *app.Application) error {
				return spec.apply(flags, a)
			})
			if err != nil {
				return err
			}
			warn(ctx, env, &a)
			fmt.Fprintf(env.Out, "application %s changed\n", k)
			return nil
		},
	}
}

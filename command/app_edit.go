package command

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

func appEdit() Verb {
	var values valuesFlags
	return Verb{
		Group: "app", Name: "edit", Args: "NAME", MinArgs: 1, MaxArgs: 1,
		Short: "Edit the document of an application, or the values of a source",
		Long: "Open spec, labels and annotations of an application in $VISUAL or $EDITOR, and write what was changed; comments in\n" +
			"the stored document stay. With --values the text is the last values file of the source, or its kustomization, with what the\n" +
			"application sets over it; what you make of it is kept as the smallest override in the application, or with --commit goes\n" +
			"to git. Errors and what YAML reads otherwise than it looks are told with their places. A text with errors changes nothing\n" +
			"and is kept in a file. Nothing is synced.",
		Example: "wheelhouse app edit web --values\nwheelhouse app edit web --values --commit -m 'more replicas' --branch more",
		Flags:   values.declare,
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			// Who may not write is told before the work is done.
			if err := env.Engine.Allowed(env.Principal, engine.ActEdit); err != nil {
				return err
			}
			if err := values.check(); err != nil {
				return err
			}
			if values.values {
				return values.editValues(ctx, env, k)
			}
			a, err := env.Ports.Store.Load(ctx, k)
			if err != nil {
				return err
			}
			a.Status = app.Status{}
			a = a.WithoutLogins()
			before, err := app.Encode(a)
			if err != nil {
				return err
			}
			after, file, err := editText(ctx, env, k.Name, before)
			if err != nil {
				return err
			}
			if bytes.Equal(before, after) {
				fmt.Fprintf(env.Out, "application %s not changed\n", k)
				return os.Remove(file)
			}
			tellProblems(env, app.Warnings(after, file), file)
			if err := takeOver(ctx, env, k, after, file); err != nil {
				return hint.With(err, "what you wrote is kept in "+file)
			}
			fmt.Fprintf(env.Out, "application %s changed\n", k)
			return os.Remove(file)
		},
	}
}

// takeOver writes an edited document into the store.
func takeOver(ctx context.Context, env *Env, k app.Key, text []byte, file string) error {
	edited, err := app.Decode(text, file)
	if err != nil {
		return usage(err)
	}
	if edited.Key() != k {
		return usagef("the name is %s and must stay %s: create another application instead", edited.Key(), k)
	}
	keepLogins(ctx, env, &edited)
	if err := edited.Validate(); err != nil {
		return usage(fmt.Errorf("edit %s: %w", k, err))
	}
	written, err := env.Engine.Update(ctx, env.Principal, k, func(a *app.Application) error {
		a.Spec, a.Metadata.Labels, a.Metadata.Annotations = edited.Spec, edited.Metadata.Labels, edited.Metadata.Annotations
		return nil
	})
	if err == nil {
		warn(ctx, env, &written)
	}
	return err
}

// editText has a person edit a text, and returns it with the file it is in.
func editText(ctx context.Context, env *Env, name string, text []byte) (edited []byte, file string, err error) {
	f, err := os.CreateTemp("", name+"-*.yaml")
	if err != nil {
		return nil, "", fmt.Errorf("make file to edit: %w", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, "", fmt.Errorf("write file to edit: %w", err)
	}
	editor := strings.Fields(cmp.Or(os.Getenv("VISUAL"), os.Getenv("EDITOR"), "vi"))
	run := exec.CommandContext(ctx, editor[0], append(editor[1:], f.Name())...)
	run.Stdin, run.Stdout, run.Stderr = env.In, env.Out, env.Err
	if err := run.Run(); err != nil {
		return nil, "", hint.With(fmt.Errorf("run editor %s: %w", editor[0], err), "set $EDITOR; the text is in "+f.Name())
	}
	if edited, err = os.ReadFile(f.Name()); err != nil {
		return nil, "", fmt.Errorf("read edited file: %w", err)
	}
	if len(bytes.TrimSpace(edited)) == 0 && len(bytes.TrimSpace(text)) > 0 {
		// As in git and kubectl, who empties the text wants out of it.
		err := errors.Join(&Outcome{Status: ExitRefused, Err: fmt.Errorf("edit %s: the text was emptied: nothing is changed", name)}, os.Remove(f.Name()))
		return nil, "", err
	}
	return edited, f.Name(), nil
}

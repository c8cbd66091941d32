package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

func repoTrust() Verb {
	var fingerprint string
	var yes, remove bool
	return Verb{
		Group: "repo", Name: "trust", Args: "URL", MinArgs: 1, MaxArgs: 1,
		Short: "Accept the SSH host key of a repository's server",
		Long: "Ask the server of an SSH URL for its host key, show its fingerprint, and accept it: compare it with what the\n" +
			"server's operator publishes. The key is kept in a file beside the registered repositories, which is read in addition\n" +
			"to the user's known_hosts. A server that shows another key than the known one is never accepted; --remove forgets\n" +
			"the accepted key first.",
		Example: "  wheelhouse repo trust git@git.example.com:team/shop.git --fingerprint SHA256:uNiVztksCsDhcc0u9e8BrYJh3Q…",
		Flags: func(f *pflag.FlagSet) {
			f.StringVar(&fingerprint, "fingerprint", "", "accept the key with this `fingerprint` and no other, without asking")
			f.BoolVarP(&yes, "yes", "y", false, "accept whatever key the server shows")
			f.BoolVar(&remove, "remove", false, "forget the accepted keys of the server")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			if remove {
				if err := env.Engine.DistrustHost(ctx, env.Principal, args[0]); err != nil {
					return err
				}
				fmt.Fprintf(env.Out, "the accepted host keys of %s are forgotten\n", app.ShownURL(args[0]))
				return nil
			}
			key, err := env.Ports.Repositories.HostKey(ctx, args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(env.Out, "%s  %s  %s\n", key.Host, key.Type, key.Fingerprint)
			if err := acceptable(env, key, fingerprint, yes); err != nil {
				return err
			}
			if key.Known {
				fmt.Fprintln(env.Out, "it is known already")
				return nil
			}
			if err := env.Engine.TrustHost(ctx, env.Principal, key); err != nil {
				return err
			}
			fmt.Fprintf(env.Out, "accepted; try it with: wheelhouse repo test %s\n", app.ShownURL(args[0]))
			return nil
		},
	}
}

// acceptable decides whether a host key is the wanted one.
func acceptable(env *Env, key app.HostKey, fingerprint string, yes bool) error {
	refused := func(text, remedy string) error {
		return &Outcome{Status: ExitRefused, Err: hint.With(errors.New(text), remedy)}
	}
	switch {
	case fingerprint != "" && fingerprint != key.Fingerprint:
		return refused(fmt.Sprintf("%s shows the key %s, not %s: nothing was accepted", key.Host, key.Fingerprint, fingerprint),
			"ask the server's operator which key it has")
	case fingerprint != "", yes, key.Known:
		return nil
	case env.Terminal:
		if ask(env, "is this the server's key? [y/N] ") {
			return nil
		}
		return refused("not confirmed: nothing was accepted", "")
	}
	return refused("nothing was accepted: there is nobody to ask", "name the key: --fingerprint "+key.Fingerprint+", or --yes")
}

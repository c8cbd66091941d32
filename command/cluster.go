package command

import (
	"context"
	"fmt"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// Context is one cluster of the kubeconfig.
type Context struct {
	Name   string `json:"name"`
	Server string `json:"server"`
	Home   bool   `json:"home,omitempty"`
}

// destination reads a cluster's name as applications write it: a context, or the URL of a server.
func destination(name string) app.Destination {
	if strings.Contains(name, "://") {
		return app.Destination{Server: name}
	}
	return app.Destination{Name: name}
}

func clusterAdd() Verb {
	return Verb{
		Group: "cluster", Name: "add", Args: "CONTEXT", MinArgs: 1, MaxArgs: 1,
		Short: "Remember a cluster of the kubeconfig before an application needs it",
		Long: "Connect to the cluster of a context and remember which one it is. The store writes to no other cluster under that\n" +
			"name. The first application that names a cluster does the same; credentials stay in the kubeconfig.",
		Example: "  wheelhouse cluster add prod-eu",
		Run: func(ctx context.Context, env *Env, args []string) error {
			id, err := env.Engine.BindCluster(ctx, env.Principal, destination(args[0]))
			if err != nil {
				return err
			}
			fmt.Fprintf(env.Out, "cluster %s added: %s\n", args[0], id)
			return nil
		},
	}
}

func clusterRemove() Verb {
	return Verb{
		Group: "cluster", Name: "rm", Args: "NAME", MinArgs: 1, MaxArgs: 1,
		Short: "Forget which cluster a name means",
		Long: "Forget a cluster that no application of this store is deployed to. The kubeconfig is left as it is, and nothing is\n" +
			"changed in the cluster.",
		Run: func(ctx context.Context, env *Env, args []string) error {
			if err := env.Engine.Load(ctx); err != nil {
				return err
			}
			if err := env.Engine.UnbindCluster(ctx, env.Principal, destination(args[0])); err != nil {
				return err
			}
			fmt.Fprintf(env.Out, "cluster %s removed\n", args[0])
			return nil
		},
	}
}

func clusterRebind() Verb {
	return Verb{
		Group: "cluster", Name: "rebind", Args: "NAME", MinArgs: 1, MaxArgs: 1,
		Short: "Accept that another cluster answers under a name",
		Long: "The store remembers which cluster a destination's name meant when it was first used, and writes to no other. This\n" +
			"binds the name to the cluster that answers now.",
		Run: func(ctx context.Context, env *Env, args []string) error {
			if err := env.Engine.Rebind(ctx, env.Principal, destination(args[0])); err != nil {
				return err
			}
			fmt.Fprintf(env.Out, "%s is bound to the cluster that answers now\n", args[0])
			return nil
		},
	}
}

package command

import (
	"context"
	"fmt"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func clusterList() Verb {
	return Verb{
		Group: "cluster", Name: "list", Formats: []string{"table", "json", "yaml", "name"},
		Short: "List the clusters of the kubeconfig",
		Run: func(ctx context.Context, env *Env, _ []string) error {
			list, err := env.Contexts()
			if err != nil {
				return err
			}
			switch env.Format {
			case "json", "yaml":
				return printObject(env.Out, env.Format, list)
			case "name":
				for _, c := range list {
					fmt.Fprintln(env.Out, c.Name)
				}
				return nil
			}
			rows := make([][]string, 0, len(list))
			for _, c := range list {
				state := "reachable"
				cluster, err := env.Ports.Clusters.Cluster(app.Destination{Name: c.Name})
				if err == nil {
					_, err = cluster.Identity(ctx)
				}
				if err != nil {
					state = err.Error()
				}
				home := ""
				if c.Home {
					home = "home"
				}
				rows = append(rows, []string{c.Name, c.Server, home, state})
			}
			return table(env.Out, "NAME SERVER HOME STATE", rows)
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
			if err := env.Engine.Rebind(ctx, env.Principal, app.Destination{Name: args[0]}); err != nil {
				return err
			}
			fmt.Fprintf(env.Out, "%s is bound to the cluster that answers now\n", args[0])
			return nil
		},
	}
}

// Context is one cluster of the kubeconfig.
type Context struct {
	Name   string `json:"name"`
	Server string `json:"server"`
	Home   bool   `json:"home,omitempty"`
}

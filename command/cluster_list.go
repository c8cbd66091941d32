package command

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// clustersAtOnce bounds the clusters that are asked at the same time.
const clustersAtOnce = 16

// clusterState is a row of `cluster list`, with the fields of Argo CD's where they mean the same.
type clusterState struct {
	Context
	// Identity is what the store has bound the name to, empty when no application has named it yet.
	Identity app.ClusterIdentity `json:"identity,omitempty"`
	Info     clusterInfo         `json:"info"`
	// Paused says why automation does nothing there, empty when it may.
	Paused string `json:"automationPaused,omitempty"`
}

type clusterInfo struct {
	ConnectionState connectionState `json:"connectionState"`
	ServerVersion   string          `json:"serverVersion,omitempty"`
	Applications    int             `json:"applicationsCount"`
}

type connectionState struct {
	Status  string `json:"status"`
	Message string `json:"message,omitempty"`
}

func clusterList() Verb {
	return Verb{
		Group: "cluster", Name: "list", Formats: []string{"table", "json", "yaml", "name"},
		Short: "List the clusters of the kubeconfig and of the store",
		Long: "List the contexts of the kubeconfig, and the clusters that applications name, with the identity that the store has\n" +
			"bound each name to. Every cluster is asked for its version; one that does not answer is listed with the reason.",
		Run: func(ctx context.Context, env *Env, _ []string) error {
			list, err := clusterStates(ctx, env)
			if err != nil {
				return err
			}
			if env.Format == "name" {
				for _, c := range list {
					fmt.Fprintln(env.Out, c.Name)
				}
				return nil
			}
			var asked errgroup.Group
			asked.SetLimit(clustersAtOnce)
			for i := range list {
				asked.Go(func() error { list[i].ask(ctx, env); return nil })
			}
			if err := asked.Wait(); err != nil {
				return err
			}
			if env.Format == "json" || env.Format == "yaml" {
				return printObject(env.Out, env.Format, list)
			}
			return printClusters(env, list)
		},
	}
}

// clusterStates joins the contexts, the names that the store has bound, and those that applications use.
func clusterStates(ctx context.Context, env *Env) ([]clusterState, error) {
	contexts, err := env.Contexts()
	if err != nil {
		return nil, err
	}
	if err := env.Engine.Load(ctx); err != nil {
		return nil, err
	}
	bound, err := env.Engine.Clusters(ctx)
	if err != nil {
		return nil, err
	}
	rows := map[string]*clusterState{}
	row := func(name string) *clusterState {
		if rows[name] == nil {
			rows[name] = &clusterState{Context: Context{Name: name}}
			if d := destination(name); d.Server != "" {
				rows[name].Server = d.Server
			}
		}
		return rows[name]
	}
	for _, c := range contexts {
		row(c.Name).Context = c
	}
	for name, id := range bound {
		row(name).Identity = id
	}
	halts, err := env.Engine.Halts(ctx)
	if err != nil {
		return nil, err
	}
	for _, h := range halts {
		row(h.Cluster)
		for name, r := range rows {
			if h.Pauses(name, r.Identity) {
				r.Paused = h.Reason
			}
		}
	}
	for _, v := range env.Engine.Views() {
		d := v.App.Spec.Destination
		row(d.Name+d.Server).Info.Applications++
	}
	out := make([]clusterState, 0, len(rows))
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		out = append(out, *rows[name])
	}
	return out, nil
}

// ask finds out whether the cluster answers.
func (c *clusterState) ask(ctx context.Context, env *Env) {
	cluster, err := env.Ports.Clusters.Cluster(destination(c.Name))
	if err == nil {
		var caps app.Capabilities
		caps, err = cluster.Capabilities(ctx)
		c.Info.ServerVersion = caps.KubeVersion
	}
	c.Info.ConnectionState.Status = "Successful"
	if err != nil {
		c.Info.ConnectionState = connectionState{Status: "Failed", Message: remedied(err)}
	}
}

func printClusters(env *Env, list []clusterState) error {
	rows := make([][]string, 0, len(list))
	for _, c := range list {
		name := c.Name
		if c.Home {
			name += " (home)"
		}
		state := c.Info.ConnectionState.Status
		if c.Info.ConnectionState.Message != "" {
			state += ": " + strings.ReplaceAll(c.Info.ConnectionState.Message, "\n", "; ")
		}
		if c.Paused != "" {
			state += "; automation is paused: " + c.Paused
		}
		rows = append(rows, []string{name, c.Server, c.Info.ServerVersion, fmt.Sprint(c.Info.Applications), string(c.Identity), state})
	}
	return table(env.Out, "NAME SERVER VERSION APPS IDENTITY STATUS", rows)
}

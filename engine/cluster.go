package engine

import (
	"context"
	"fmt"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// clusterName is what a destination's cluster is called in bindings.
func clusterName(d app.Destination) string {
	if d.Name != "" {
		return d.Name
	}
	return d.Server
}

// wayTo is what the server of a destination's cluster is called in bindings.
func wayTo(d app.Destination) string { return clusterName(d) + " (server)" }

// boundCluster returns the cluster of a destination if it is still the one that the store knows under that name. The
// first use of a name binds it. Nothing is ever written to a cluster that was not returned from here.
func (e *Engine) boundCluster(ctx context.Context, dest app.Destination) (Cluster, app.ClusterIdentity, error) {
	cluster, err := e.ports.Clusters.Cluster(dest)
	if err != nil {
		return nil, "", fmt.Errorf("find cluster of destination %s: %w", dest, err)
	}
	id, err := cluster.Identity(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("reach cluster %s: %w", clusterName(dest), err)
	}
	bound, err := e.ports.Bindings.Bind(ctx, clusterName(dest), id)
	if err != nil {
		return nil, "", fmt.Errorf("bind cluster %s: %w", clusterName(dest), err)
	}
	// The way to the cluster is remembered beside the cluster itself, for those who may not read what identifies it.
	way := wayTo(dest)
	known, err := e.ports.Bindings.Bind(ctx, way, cluster.Server())
	if err != nil {
		return nil, "", fmt.Errorf("bind cluster %s: %w", clusterName(dest), err)
	}
	if bound == id && !id.ByServer() && known != cluster.Server() {
		if err := e.ports.Bindings.Rebind(ctx, way, cluster.Server()); err != nil {
			return nil, "", fmt.Errorf("bind cluster %s: %w", clusterName(dest), err)
		}
	}
	if same := id.ByServer() && known == id || bound == cluster.Server(); same {
		id = bound
	}
	if bound != id {
		err := fmt.Errorf("cluster %s: %w: the store was used with %s, and %s answers now", clusterName(dest),
			ErrClusterChanged, bound, id)
		return nil, "", hint.With(err, "check the kubeconfig; if the new cluster is meant, run: wheelhouse cluster rebind "+clusterName(dest))
	}
	return cluster, id, nil
}

// Rebind accepts that another cluster answers under a destination's name than the one that the store knows.
func (e *Engine) Rebind(ctx context.Context, p app.Principal, dest app.Destination) error {
	if err := e.Allowed(p, ActBind); err != nil {
		return err
	}
	cluster, err := e.ports.Clusters.Cluster(dest)
	if err != nil {
		return fmt.Errorf("rebind cluster %s: %w", clusterName(dest), err)
	}
	id, err := cluster.Identity(ctx)
	if err != nil {
		return fmt.Errorf("rebind cluster %s: %w", clusterName(dest), err)
	}
	for name, id := range map[string]app.ClusterIdentity{clusterName(dest): id, wayTo(dest): cluster.Server()} {
		if err := e.ports.Bindings.Rebind(ctx, name, id); err != nil {
			return fmt.Errorf("rebind cluster %s: %w", clusterName(dest), err)
		}
	}
	return nil
}

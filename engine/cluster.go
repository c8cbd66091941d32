package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// wayMark ends what the server of a destination's cluster is called in bindings.
const wayMark = " (server)"

func wayTo(d app.Destination) string { return d.Cluster() + wayMark }

// boundCluster returns the cluster of a destination if it is still the one that the store knows under that name. The
// first use of a name binds it. Nothing is ever written to a cluster that was not returned from here.
func (e *Engine) boundCluster(ctx context.Context, dest app.Destination) (Cluster, app.ClusterIdentity, error) {
	cluster, err := e.ports.Clusters.Cluster(dest)
	if err != nil {
		return nil, "", fmt.Errorf("find cluster of destination %s: %w", dest, err)
	}
	id, err := cluster.Identity(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("reach cluster %s: %w", dest.Cluster(), err)
	}
	bound, err := e.ports.Bindings.Bind(ctx, dest.Cluster(), id)
	if err != nil {
		return nil, "", fmt.Errorf("bind cluster %s: %w", dest.Cluster(), err)
	}
	// The way to the cluster is remembered beside the cluster itself, for those who may not read what identifies it.
	way := wayTo(dest)
	known, err := e.ports.Bindings.Bind(ctx, way, cluster.Server())
	if err != nil {
		return nil, "", fmt.Errorf("bind cluster %s: %w", dest.Cluster(), err)
	}
	if bound == id && !id.ByServer() && known != cluster.Server() {
		if err := e.ports.Bindings.Rebind(ctx, way, cluster.Server()); err != nil {
			return nil, "", fmt.Errorf("bind cluster %s: %w", dest.Cluster(), err)
		}
	}
	if same := id.ByServer() && known == id || bound == cluster.Server(); same {
		id = bound
	}
	if bound != id {
		err := fmt.Errorf("cluster %s: %w: the store was used with %s, and %s answers now", dest.Cluster(),
			ErrClusterChanged, bound, id)
		return nil, "", hint.With(err, "check the kubeconfig; if the new cluster is meant, run: wheelhouse cluster rebind "+dest.Cluster())
	}
	return cluster, id, nil
}

// identities say which clusters the names of destinations mean: two names of one cluster have one identity.
type identities map[string]app.ClusterIdentity

// identities returns what the store has bound names to.
func (e *Engine) identities(ctx context.Context) (identities, error) {
	return e.ports.Bindings.Bound(ctx)
}

// of returns the identity of the cluster that a name means. A name that was not used yet stands for itself.
func (i identities) of(name string) app.ClusterIdentity {
	return cmp.Or(i[name], app.ClusterIdentity(name))
}

// Rebind accepts that another cluster answers under a destination's name than the one that the store knows.
func (e *Engine) Rebind(ctx context.Context, p app.Principal, dest app.Destination) error {
	if err := e.Allowed(p, ActBind); err != nil {
		return err
	}
	cluster, err := e.ports.Clusters.Cluster(dest)
	if err != nil {
		return fmt.Errorf("rebind cluster %s: %w", dest.Cluster(), err)
	}
	id, err := cluster.Identity(ctx)
	if err != nil {
		return fmt.Errorf("rebind cluster %s: %w", dest.Cluster(), err)
	}
	for name, id := range map[string]app.ClusterIdentity{dest.Cluster(): id, wayTo(dest): cluster.Server()} {
		if err := e.ports.Bindings.Rebind(ctx, name, id); err != nil {
			return fmt.Errorf("rebind cluster %s: %w", dest.Cluster(), err)
		}
	}
	return nil
}

// BindCluster connects to a destination's cluster and remembers it under the destination's name; a name that is bound to
// another cluster is refused with [ErrClusterChanged].
func (e *Engine) BindCluster(ctx context.Context, p app.Principal, dest app.Destination) (app.ClusterIdentity, error) {
	if err := e.Allowed(p, ActBind); err != nil {
		return "", err
	}
	_, id, err := e.boundCluster(ctx, dest)
	return id, err
}

// UnbindCluster forgets which cluster a destination's name means. While applications are deployed there it is refused with
// [ErrInUse], which names them.
func (e *Engine) UnbindCluster(ctx context.Context, p app.Principal, dest app.Destination) error {
	if err := e.Allowed(p, ActBind); err != nil {
		return err
	}
	var users []string
	for _, v := range e.Views() {
		if v.App.Spec.Destination.Cluster() == dest.Cluster() {
			users = append(users, v.App.Key().String())
		}
	}
	if len(users) > 0 {
		err := fmt.Errorf("remove cluster %s: %w by %s", dest.Cluster(), ErrInUse, strings.Join(users, ", "))
		return hint.With(err, "delete these applications, or give them another destination, first")
	}
	if err := e.ports.Bindings.Unbind(ctx, dest.Cluster()); err != nil {
		return fmt.Errorf("remove cluster %s: %w", dest.Cluster(), err)
	}
	if err := e.ports.Bindings.Unbind(ctx, wayTo(dest)); err != nil && !errors.Is(err, app.ErrNotFound) {
		return fmt.Errorf("remove cluster %s: %w", dest.Cluster(), err)
	}
	return nil
}

// Clusters lists the names of clusters that the store knows, with the identity that each was bound to.
func (e *Engine) Clusters(ctx context.Context) (map[string]app.ClusterIdentity, error) {
	all, err := e.ports.Bindings.Bound(ctx)
	if err != nil {
		return nil, err
	}
	for name := range all {
		if strings.HasSuffix(name, wayMark) {
			delete(all, name)
		}
	}
	return all, nil
}

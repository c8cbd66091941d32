package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// An application that is given another cluster leaves its objects where they are. They are known until an operation in the new cluster
// has begun, which asks first. See docs/decisions/0070.

// movedFrom reports whether an inventory is of another cluster, from which the application was moved. One that answers under the same
// name was made anew, and what was in it is gone.
func movedFrom(inventory *app.Released, a *app.Application, id app.ClusterIdentity) bool {
	return len(inventory.Objects) > 0 && inventory.Cluster != id && inventory.Destination.Cluster() != a.Spec.Destination.Cluster()
}

// LeftBehind returns what an application owns in another cluster than the one that its document names, as far as the store knows without
// asking a cluster; false is nothing.
func (e *Engine) LeftBehind(ctx context.Context, key app.Key) (app.Released, bool, error) {
	a, err := e.ports.Store.Load(ctx, key)
	if err != nil {
		return app.Released{}, false, fmt.Errorf("look where %s was before: %w", key, err)
	}
	inventory, err := e.ports.Bindings.Inventory(ctx, key)
	if errors.Is(err, app.ErrNotFound) {
		return app.Released{}, false, nil
	}
	known, unread := e.identities(ctx)
	if err := errors.Join(err, unread); err != nil {
		return app.Released{}, false, fmt.Errorf("look where %s was before: %w", key, err)
	}
	return inventory, movedFrom(&inventory, &a, known.of(a.Spec.Destination.Cluster())), nil
}

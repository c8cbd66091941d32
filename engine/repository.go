package engine

import (
	"context"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// AddRepository registers a repository with its credentials, over what is registered for its URL.
func (e *Engine) AddRepository(ctx context.Context, p app.Principal, login app.RepositoryLogin) error {
	if err := e.Allowed(p, ActRegister); err != nil {
		return err
	}
	return e.ports.Repositories.Add(ctx, login)
}

// RemoveRepository forgets a repository and its credentials.
func (e *Engine) RemoveRepository(ctx context.Context, p app.Principal, url string) error {
	if err := e.Allowed(p, ActRegister); err != nil {
		return err
	}
	return e.ports.Repositories.Remove(ctx, url)
}

// TrustHost accepts a host key that the server of a repository has shown.
func (e *Engine) TrustHost(ctx context.Context, p app.Principal, key app.HostKey) error {
	if err := e.Allowed(p, ActRegister); err != nil {
		return err
	}
	return e.ports.Repositories.Trust(ctx, key)
}

// DistrustHost forgets the accepted host keys of a repository's server.
func (e *Engine) DistrustHost(ctx context.Context, p app.Principal, url string) error {
	if err := e.Allowed(p, ActRegister); err != nil {
		return err
	}
	return e.ports.Repositories.Distrust(ctx, url)
}

package engine

import (
	"context"
	"fmt"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// Create adds an application to the store; one that is invalid is refused with an [app.ErrMisused].
func (e *Engine) Create(ctx context.Context, p app.Principal, a app.Application) error {
	if err := e.Allowed(p, ActCreate); err != nil {
		return err
	}
	if err := e.valid(&a); err != nil {
		return fmt.Errorf("create %s: %w", a.Key(), err)
	}
	if err := e.ports.Store.Create(ctx, a); err != nil {
		return fmt.Errorf("create %s: %w", a.Key(), err)
	}
	err := e.closeDeletions(ctx, a.Key())
	e.reread(ctx, a.Key())
	if err != nil {
		return fmt.Errorf("create %s: it is created: %w", a.Key(), err)
	}
	return nil
}

// Update changes the document of an application. A change that makes it invalid is refused as a whole, with an [app.ErrMisused].
func (e *Engine) Update(
	ctx context.Context, p app.Principal, key app.Key, change func(*app.Application) error,
) (app.Application, error) {
	if err := e.Allowed(p, ActEdit); err != nil {
		return app.Application{}, err
	}
	a, err := e.ports.Store.Update(ctx, key, func(a *app.Application) error {
		if err := change(a); err != nil {
			return err
		}
		return e.valid(a)
	})
	if err != nil {
		return a, fmt.Errorf("change %s: %w", key, err)
	}
	e.reread(ctx, key)
	return a, nil
}

// valid returns an [app.ErrMisused] for a document that no comparison could be made of.
func (e *Engine) valid(a *app.Application) error {
	if err := a.Validate(); err != nil {
		return app.Misused(err)
	}
	if _, err := e.opts.Rules.Rules(a.Spec.IgnoreDifferences); err != nil {
		return app.Misused(fmt.Errorf("spec.%w", err))
	}
	return nil
}

// SetAutomation switches automatic syncs of an application on or off; its other settings are kept.
func (e *Engine) SetAutomation(ctx context.Context, p app.Principal, key app.Key, on bool) error {
	_, err := e.Update(ctx, p, key, func(a *app.Application) error {
		if a.Spec.SyncPolicy == nil {
			a.Spec.SyncPolicy = &app.SyncPolicy{}
		}
		if a.Spec.SyncPolicy.Automated == nil {
			if !on {
				return nil
			}
			a.Spec.SyncPolicy.Automated = &app.Automated{}
		}
		a.Spec.SyncPolicy.Automated.Enabled = nil
		if !on {
			a.Spec.SyncPolicy.Automated.Enabled = &on
		}
		return nil
	})
	return err
}

// reread publishes a changed document and asks for a refresh.
func (e *Engine) reread(ctx context.Context, key app.Key) {
	a, err := e.ports.Store.Load(ctx, key)
	if err != nil {
		e.opts.Log.Warn("application not read", "app", key.String(), "error", err)
		return
	}
	e.entry(key).adopt(a, e.opts.Clock.Now())
	e.notify(key)
	e.enqueue(key, levelResolve)
}

package render

import (
	"context"
	"errors"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// pluginModel says what a plugin can be given; found is false when no plugin makes the source's manifests.
func (e Values) pluginModel(ctx context.Context, req app.RenderRequest) (v app.Values, found bool, err error) {
	if e.Pool == nil {
		return v, false, nil
	}
	run, err := e.Pool.findPlugin(ctx, req, newTrace(req))
	if err != nil || run == nil {
		return v, false, err
	}
	defer func() { err = errors.Join(err, run.close()) }()
	v = app.Values{Tool: app.ToolPlugin, Why: run.why}
	v.Announced, err = run.announced(ctx)
	return v, true, err
}

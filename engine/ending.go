package engine

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// endPatience bounds how long the plan of a deletion waits for git.
const endPatience = 30 * time.Second

// manifestsAtEnd returns the manifests with the hooks of a deletion: what git asks for now, as in Argo CD, or, of an application that
// is pinned or has no document any more, what its last record has. That serves too where git cannot be rendered, and the plan is to
// say so in the returned words.
func (e *Engine) manifestsAtEnd(ctx context.Context, a app.Application, o plan.Options) ([]*unstructured.Unstructured, string) {
	recorded, record := e.lastManifests(ctx, a.Key())
	if o.HandBack || len(a.Spec.AllSources()) == 0 || pinOf(&a, e.opts.Clock.Now()) != nil {
		return recorded, ""
	}
	ctx, cancel := context.WithTimeout(ctx, endPatience)
	defer cancel()
	x, err := e.examine(ctx, a, question{maxAge: time.Second, renderOnly: true})
	if err == nil {
		return x.want.objects, ""
	}
	from := "there are no hooks: nothing was recorded of the application, and what git has cannot be rendered"
	if record != "" {
		from = "the hooks are those of " + record + ": what git has cannot be rendered"
	}
	return recorded, fmt.Sprintf("%s: %v", from, err)
}

// lastManifests returns the rendered objects of the newest record that has them, of those since the application was last deleted, and
// the record's id.
func (e *Engine) lastManifests(ctx context.Context, key app.Key) ([]*unstructured.Unstructured, string) {
	records, err := e.ports.History.Records(ctx, key)
	if err != nil {
		return nil, ""
	}
	for _, r := range sinceDeletion(records) {
		if r.Manifests && r.Kind != app.KindDelete {
			manifests, err := e.ports.History.Manifests(ctx, key, r.ID)
			if err == nil {
				return manifests, r.ID
			}
		}
	}
	return nil, ""
}

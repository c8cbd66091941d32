package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
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

// endings returns what was done to an application, newest first: its records, and before them what was interrupted and has none yet,
// but for the operation that is resumed, whose own journal tells.
func (e *Engine) endings(ctx context.Context, key app.Key, resumed string) ([]app.Record, error) {
	records, err := e.ports.History.Records(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	interrupted, err := e.interruptions(ctx, key)
	if err != nil {
		return nil, err
	}
	interrupted = slices.DeleteFunc(interrupted, func(r app.Record) bool { return r.Operation == resumed })
	for i := range interrupted {
		interrupted[i].ID = interrupted[i].Operation
	}
	return append(interrupted, records...), nil
}

// ranAtEnd names the PreDelete hooks that have succeeded in the newest records, each with its record, of deletions in a cluster that did
// not come to their end. Once objects are gone a hook does not run again: a backup of what is left would take the place of the one of
// all. That a sync of some objects or one that failed came after says nothing about the rest. Records are newest first.
func ranAtEnd(records []app.Record, cluster app.ClusterIdentity) map[object.Ref]string {
	ran, took := map[object.Ref]string{}, false
	for i := range records {
		r := &records[i]
		if r.Phase == app.OperationSucceeded && !r.Partial || r.Cluster != "" && r.Cluster != cluster {
			break
		}
		if r.Kind != app.KindDelete {
			continue
		}
		took = took || slices.ContainsFunc(r.Results, func(o app.ResourceResult) bool {
			unknown := !o.StartedAt.IsZero() && o.FinishedAt.IsZero()
			return o.HookType == "" && (o.Status == "Pruned" || unknown)
		})
		for _, o := range r.Results {
			succeeded := o.HookType == plan.PreDelete.String() && o.HookPhase == "Succeeded"
			if _, known := ran[o.Ref()]; took && succeeded && !known {
				ran[o.Ref()] = r.ID
			}
		}
	}
	return ran
}

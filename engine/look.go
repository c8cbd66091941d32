package engine

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// ManifestSource says which side of an application [Engine.Manifests] returns.
type ManifestSource int

// The sides.
const (
	FromGit ManifestSource = iota
	FromLive
)

// Compare returns the comparison of an application at a revision, or at the followed one when it is empty. Hooks are not
// part of it.
func (e *Engine) Compare(ctx context.Context, key app.Key, revision string) (Comparison, error) {
	x, err := e.look(ctx, key, revision)
	if err != nil {
		return Comparison{}, err
	}
	return x.comparison(), nil
}

// comparison is what an examination says about objects that are no hooks.
func (x *examination) comparison() Comparison {
	c := Comparison{Health: map[object.Ref]app.Health{}, Unread: x.unread(), AsOf: x.live.AsOf}
	for i, d := range x.diffs {
		if x.want.isHook(i) {
			continue
		}
		c.Diffs = append(c.Diffs, *d)
		if h := x.healthOf(d); h.Status != "" {
			c.Health[d.Ref] = h
		}
	}
	return c
}

// look returns the last examination for the followed revision, and makes one for another.
func (e *Engine) look(ctx context.Context, key app.Key, revision string) (*examination, error) {
	if revision == "" {
		return e.lastLook(ctx, key)
	}
	a, err := e.load(ctx, key)
	if err != nil {
		return nil, err
	}
	return e.examine(ctx, a, question{revision: revision, maxAge: time.Second})
}

// ObjectFields are fields of one live object.
type ObjectFields struct {
	Ref    object.Ref   `json:"ref"`
	Fields []diff.Field `json:"fields"`
}

// ForeignFields lists, for the live objects that git has, the fields that git does not name and others own.
func (e *Engine) ForeignFields(ctx context.Context, key app.Key) ([]ObjectFields, error) {
	x, err := e.look(ctx, key, "")
	if err != nil {
		return nil, err
	}
	var out []ObjectFields
	for _, ref := range x.want.names {
		live := x.live.Objects[ref]
		if live == nil {
			continue
		}
		if fields := diff.ForeignFields(live, x.want.objects[x.want.at[ref]]); len(fields) > 0 {
			out = append(out, ObjectFields{Ref: ref, Fields: fields})
		}
	}
	slices.SortFunc(out, func(a, b ObjectFields) int { return a.Ref.Compare(b.Ref) })
	return out, nil
}

// Manifests returns the objects of an application as they may be printed: data of Secrets is left out.
func (e *Engine) Manifests(
	ctx context.Context, key app.Key, from ManifestSource, revision string,
) ([]*unstructured.Unstructured, error) {
	x, err := e.look(ctx, key, revision)
	if err != nil {
		return nil, err
	}
	var out []*unstructured.Unstructured
	switch from {
	case FromGit:
		for _, u := range x.want.objects {
			out = append(out, diff.MaskObject(u))
		}
	case FromLive:
		for _, d := range x.diffs {
			if live := x.live.Objects[d.Ref]; live != nil {
				out = append(out, diff.MaskObject(live))
			}
		}
	}
	return out, nil
}

// History returns what was done to an application, newest first: its finished operations and the actions on its live objects.
func (e *Engine) History(ctx context.Context, key app.Key) ([]app.Record, error) {
	operations, err := e.ports.History.Records(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("read history of %s: %w", key, err)
	}
	actions, err := e.ports.Actions.Actions(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("read history of %s: %w", key, err)
	}
	records := happened(operations, actions)
	for i := range records {
		records[i].Sources = app.HideLogins(records[i].Sources)
	}
	if len(records) == 0 {
		if _, err := e.load(ctx, key); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// Events returns the newest events about an object of an application, oldest first.
func (e *Engine) Events(ctx context.Context, key app.Key, ref object.Ref) ([]*unstructured.Unstructured, error) {
	cluster, err := e.clusterOf(ctx, key)
	if err != nil {
		return nil, err
	}
	events, err := cluster.Events(ctx, ref)
	if err != nil {
		return nil, fmt.Errorf("read events of %s: %w", ref, err)
	}
	return events, nil
}

// Logs streams the log of a container of an application; the caller closes it.
func (e *Engine) Logs(ctx context.Context, key app.Key, req object.LogRequest) (io.ReadCloser, error) {
	cluster, err := e.clusterOf(ctx, key)
	if err != nil {
		return nil, err
	}
	log, err := cluster.Logs(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("read log of Pod/%s/%s: %w", req.Namespace, req.Pod, err)
	}
	return log, nil
}

func (e *Engine) clusterOf(ctx context.Context, key app.Key) (Cluster, error) {
	a, err := e.load(ctx, key)
	if err != nil {
		return nil, err
	}
	cluster, _, err := e.boundCluster(ctx, a.Spec.Destination)
	return cluster, err
}

// Interrupted says in words which operations of an application a process left without an end, how far they got and what can be done;
// "" when there are none.
func (e *Engine) Interrupted(ctx context.Context, key app.Key) (string, error) {
	journals, err := e.Unfinished(ctx, key)
	return interruptionOf(journals).message, err
}

// Unfinished returns the journals of operations that a process left without an end. An operation that runs now is not
// among them.
func (e *Engine) Unfinished(ctx context.Context, key app.Key) ([]app.Journal, error) {
	if _, held, err := e.ports.Locks.Holder(ctx, key); err != nil || held {
		return nil, err
	}
	return e.unfinished(ctx, key)
}

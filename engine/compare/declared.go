package compare

import (
	"context"
	"errors"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// A cluster is watched and listed in the version that its server prefers of each kind, and git may declare another one that is served
// too. Two versions may spell the same object in different fields, and only the server converts them: such a live object is read in
// the version of the desired one when the two are to be compared.

// Declared returns a live object in the version of the desired one; nil where it is gone meanwhile. What was read of the same state of
// the object before serves again.
func (c *Comparer) Declared(ctx context.Context, want, live *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	if u := c.Memo.declared(want, live); u != nil {
		return u, nil
	}
	return c.declare(ctx, want, live)
}

// declare reads it anew: what converts it may have changed since. An object of a version that is not served is converted by the
// definition that a sync is about to write, or is what it was.
func (c *Comparer) declare(ctx context.Context, want, live *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	gvk := want.GroupVersionKind()
	if live == nil || live.GroupVersionKind() == gvk {
		return live, nil
	}
	u, err := c.Cluster.ReadAs(ctx, gvk, object.Of(live))
	switch {
	case errors.Is(err, app.ErrNotFound):
		return nil, nil
	case errors.Is(err, object.ErrNoKind):
		if p, ok := c.Pending[gvk.GroupKind()]; ok {
			if u, err := p.Next.Converted(live, want.GetAPIVersion()); err == nil {
				return u, nil
			}
		}
		return live, nil
	case err != nil:
		return nil, err
	}
	c.Memo.keepDeclared(u)
	return u, nil
}

// sameObject reports whether two readings are of the same state of the same object, in whichever versions.
func sameObject(a, b *unstructured.Unstructured) bool {
	return a != nil && b != nil && a.GetResourceVersion() != "" && sameVersion(a, b) && a.GetUID() == b.GetUID()
}

// declared returns what was read of this state of a live object in the version of the desired one; nil where nothing was.
func (m *Memo) declared(want, live *unstructured.Unstructured) *unstructured.Unstructured {
	if m == nil || live == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.converted[object.Of(live)]
	if !sameObject(u, live) || u.GroupVersionKind() != want.GroupVersionKind() {
		return nil
	}
	return u
}

// keepDeclared remembers what was read of an object in the version that git declares.
func (m *Memo) keepDeclared(u *unstructured.Unstructured) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.converted[object.Of(u)] = u
}

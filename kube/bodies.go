package kube

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// objectLocked returns the object itself, nil where its body is not kept or cannot be read: that one is let go of. The caller holds
// the lock.
func (r *record) objectLocked() *unstructured.Unstructured {
	if r.body == nil {
		return nil
	}
	u, err := r.body.Object()
	if err != nil {
		r.body = nil
	}
	return u
}

// readThrough has the bodies read that a question is about, while others may use the cache.
func (c *cache) readThrough(q object.LiveQuery) {
	for _, body := range c.bodies(q) {
		// One that cannot be read is asked of the server.
		_, _ = body.Object()
	}
}

// bodies are those that a question is about and nobody has read yet: after a change of one object it is that of one.
func (c *cache) bodies(q object.LiveQuery) []*object.Body {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []*object.Body
	take := func(r *record) {
		if r != nil && r.body != nil && r.body.Pending() {
			out = append(out, r.body)
		}
	}
	for _, ref := range q.Refs {
		take(c.objects[ref])
	}
	for r := range c.byApp[q.App] {
		take(r)
	}
	return out
}

package kube

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// learn takes over an object that the server answered with. Of what is not watched nothing is kept: nobody would
// tell that it has changed.
func (c *cache) learn(u *unstructured.Unstructured) { c.keep(recordOf(u), object.Read(u)) }

// keep takes over an object of an answer, and returns the body that is known of it: another one where the watch was faster.
func (c *cache) keep(r *record, body *object.Body) *object.Body {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.watchOf(r.ref) == nil {
		return body
	}
	old, known := c.objects[r.ref]
	if known && older(r.version, old.version) {
		// Under its name there has been another one since, the end of which nobody may have told: it was in the gap between two watches.
		return body
	}
	ev, changed := c.replaceLocked(r, body)
	switch {
	case !changed:
	case !known || old.uid != r.uid || old.version != r.version:
		r.untold = &ev
		if known && old.untold != nil && ev.Before == "" {
			ev.Before = old.untold.Before
		}
	default:
		// It was known but for its body.
		r.untold = old.untold
	}
	if now, ok := c.objects[r.ref]; ok && now.uid == r.uid && now.version == r.version && now.body != nil {
		return now.body
	}
	return body
}

// learnText does so by the text of an answer, and returns its body: the one that is known where the watch was faster.
func (c *cache) learnText(text string) *object.Body {
	of, err := identityOf(text)
	if err != nil {
		// Who reads it learns why it is none.
		return object.Unread(text)
	}
	if body, ok := c.has(&of); ok && body != nil {
		return body
	}
	body := object.Unread(text)
	return c.keep(of.record(text), body)
}

// has reports whether an object is known in just this version, and returns its body, which is nil if it need not be kept.
func (c *cache) has(i *identity) (*object.Body, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.objects[i.ref()]
	if !ok || r.uid != i.uid || r.version != i.version || r.body == nil && c.keeps(r) {
		return nil, false
	}
	return r.body, true
}

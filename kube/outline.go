package kube

import (
	"unique"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// transform leaves an outline of an object whose body will not be kept; who asks for it later has it read. One that has owners
// stays whole: whether it belongs to an application may be known only when its owners are.
func (c *cache) transform(obj any) (any, error) {
	t, ok := toldOf(obj)
	if !ok {
		return obj, nil
	}
	if t.record == nil || t.record.app != "" || len(t.record.owners) > 0 {
		return t, nil
	}
	c.mu.Lock()
	_, asked := c.wanted[t.ref]
	c.mu.Unlock()
	if !asked {
		t.body = nil
	}
	return t, nil
}

// interned returns the same name with those parts that many objects share stored once.
func interned(r object.Ref) object.Ref {
	r.Group, r.Kind, r.Namespace = unique.Make(r.Group).Value(), unique.Make(r.Kind).Value(), unique.Make(r.Namespace).Value()
	return r
}

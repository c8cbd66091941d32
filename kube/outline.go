package kube

import (
	"unique"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// transform makes an outline of an object whose body will not be kept. One that has owners stays whole: whether it belongs
// to an application may be known only when its owners are.
func (c *cache) transform(obj any) (any, error) {
	u, ok := obj.(*unstructured.Unstructured)
	if !ok || isKnown(u) || object.MarkOf(u).App != "" || len(u.GetOwnerReferences()) > 0 {
		return obj, nil
	}
	c.mu.Lock()
	_, asked := c.wanted[object.Of(u)]
	c.mu.Unlock()
	if asked {
		return obj, nil
	}
	return &metav1.PartialObjectMetadata{
		TypeMeta: metav1.TypeMeta{APIVersion: u.GetAPIVersion(), Kind: u.GetKind()},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: u.GetNamespace(), Name: u.GetName(), UID: u.GetUID(), ResourceVersion: u.GetResourceVersion(),
		},
	}, nil
}

// outlined returns the name of an outline.
func outlined(m *metav1.PartialObjectMetadata) object.Ref {
	gvk := m.GroupVersionKind()
	return object.Ref{Group: gvk.Group, Kind: gvk.Kind, Namespace: m.Namespace, Name: m.Name}
}

// outline takes over an object of which only an outline is left. Who asks for it later has it read.
func (c *cache) outline(m *metav1.PartialObjectMetadata) (object.Event, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.replaceLocked(&record{ref: interned(outlined(m)), uid: m.UID, version: m.ResourceVersion}, nil)
}

// interned returns the same name with those parts that many objects share stored once.
func interned(r object.Ref) object.Ref {
	r.Group, r.Kind, r.Namespace = unique.Make(r.Group).Value(), unique.Make(r.Kind).Value(), unique.Make(r.Namespace).Value()
	return r
}

package kube

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// told is what an event of a watch says of an object, as a reflector wants to have it: who it is and in which version.
type told struct {
	metav1.PartialObjectMetadata
	ref object.Ref
	// record is what is to be noted of it; nil where the cache has that, and of an object that is gone.
	record *record
	// body is the object itself; nil where nobody needs it.
	body *object.Body
}

// told returns what an event says of an object that the cache has in this version, or that is gone.
func (i *identity) told() *told {
	t := &told{ref: i.ref()}
	t.APIVersion, t.Kind = i.apiVersion, i.kind
	t.Namespace, t.Name, t.UID, t.ResourceVersion = i.namespace, i.name, i.uid, i.version
	return t
}

// news returns what an event says of an object that the cache does not have in this version, by its text.
func (i *identity) news(text string) *told {
	t := i.told()
	t.record, t.body = i.record(text), object.Unread(text)
	return t
}

// toldOf is what a reflector hands over: an event, or an object of a list.
func toldOf(obj any) (*told, bool) {
	if u, ok := obj.(*unstructured.Unstructured); ok {
		of := identity{
			apiVersion: u.GetAPIVersion(), kind: u.GetKind(), namespace: u.GetNamespace(), name: u.GetName(),
			version: u.GetResourceVersion(), uid: u.GetUID(),
		}
		t := of.told()
		t.record, t.body = recordOf(u), object.Read(u)
		return t, true
	}
	t, ok := obj.(*told)
	return t, ok
}

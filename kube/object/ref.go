// Package object is the vocabulary of Kubernetes objects that the rest of the program shares: how an object is named
// and printed, in which order objects are applied, which mark says who owns one, and how content is hashed.
//
// Objects themselves are *unstructured.Unstructured everywhere. This package is a leaf: it knows no cluster, no
// application and no comparison, so the pure packages may use it as freely as those that talk to a server.
package object

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Ref names one object in one cluster. The API version is not part of it: the same object is served in several.
// Namespace is empty for cluster-scoped objects. Refs are comparable and serve as map keys.
type Ref struct {
	Group     string `json:"group,omitempty"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// Of returns the Ref of an object.
func Of(u *unstructured.Unstructured) Ref {
	gvk := u.GroupVersionKind()
	return Ref{Group: gvk.Group, Kind: gvk.Kind, Namespace: u.GetNamespace(), Name: u.GetName()}
}

// String writes the Ref as kind/namespace/name, or kind/name for a cluster-scoped object. Every message of the
// program names objects this way.
func (r Ref) String() string {
	if r.Namespace == "" {
		return r.Kind + "/" + r.Name
	}
	return r.Kind + "/" + r.Namespace + "/" + r.Name
}

// GroupKind returns the group and kind of the Ref.
func (r Ref) GroupKind() schema.GroupKind { return schema.GroupKind{Group: r.Group, Kind: r.Kind} }

// Compare orders Refs by namespace, kind, group and name, for stable listings.
func (r Ref) Compare(o Ref) int {
	for _, c := range []int{
		strings.Compare(r.Namespace, o.Namespace), strings.Compare(r.Kind, o.Kind),
		strings.Compare(r.Group, o.Group), strings.Compare(r.Name, o.Name),
	} {
		if c != 0 {
			return c
		}
	}
	return 0
}

// SameList reports whether two lists are one, and not only alike: who hands on a list that nothing has changed hands on the same.
func SameList(a, b []Ref) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// Resource is one kind as a cluster serves it.
type Resource struct {
	Group, Version, Kind string
	// Plural is the name in URLs, such as "deployments".
	Plural     string
	Namespaced bool
	Verbs      []string
}

// GroupVersionResource returns what a dynamic client needs to address the kind.
func (r Resource) GroupVersionResource() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: r.Group, Version: r.Version, Resource: r.Plural}
}

// GroupVersionKind returns the kind with its group and version.
func (r Resource) GroupVersionKind() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: r.Group, Version: r.Version, Kind: r.Kind}
}

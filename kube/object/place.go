package object

import "k8s.io/apimachinery/pkg/runtime/schema"

// Place is where the objects of one kind are: one namespace or, where that is empty, the whole cluster. Places are
// comparable and serve as map keys.
type Place struct {
	Kind      schema.GroupKind
	Namespace string
}

// Place returns where an object is; one of a cluster-scoped kind is nowhere but in the whole cluster.
func (r Ref) Place() Place { return Place{Kind: r.GroupKind(), Namespace: r.Namespace} }

// Wide returns the whole cluster, for the same kind.
func (p Place) Wide() Place { return Place{Kind: p.Kind} }

// Any returns the Ref without a name that stands for all objects of the place.
func (p Place) Any() Ref { return Ref{Group: p.Kind.Group, Kind: p.Kind.Kind, Namespace: p.Namespace} }

// Has reports whether an object is in the place.
func (p Place) Has(r Ref) bool {
	return p.Kind == r.GroupKind() && (p.Namespace == "" || p.Namespace == r.Namespace)
}

// String writes the Place as "Deployment.apps in web", or as the kind alone.
func (p Place) String() string {
	if p.Namespace == "" {
		return p.Kind.String()
	}
	return p.Kind.String() + " in " + p.Namespace
}

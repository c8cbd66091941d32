package kube

import (
	"context"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// endpointsWithin bounds the wait for Endpoints, without which a tree is shown, too.
const endpointsWithin = 5 * time.Second

// Endpoints returns a tree with the Endpoints of its Services, each below its Service. They are asked of the server, for they are
// not watched, and those of which it does not tell are left out.
func (k *Cluster) Endpoints(ctx context.Context, tree []object.Node) []object.Node {
	services := map[object.Ref]types.UID{}
	for _, n := range tree {
		if n.Ref.GroupKind() == serviceKind {
			of := n.Ref
			of.Kind = endpointsKind.Kind
			services[of] = n.UID
		}
	}
	for i := range tree {
		// Those that are declared have been read.
		n := &tree[i]
		if n.Parent == "" && len(n.Object.GetOwnerReferences()) == 0 {
			n.Parent = services[n.Ref]
		}
		delete(services, n.Ref)
	}
	if len(services) == 0 || k.contact.failure() != nil {
		return tree
	}
	ctx, cancel := context.WithTimeout(ctx, endpointsWithin)
	defer cancel()
	read, err := k.readAll(ctx, slices.Collect(maps.Keys(services)))
	if err != nil {
		return tree
	}
	for ref, u := range read.Objects {
		if len(u.GetOwnerReferences()) == 0 {
			tree = append(tree, object.Node{Ref: ref, UID: u.GetUID(), Parent: services[ref], Object: u})
		}
	}
	return tree
}

package kube

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Tree returns the roots and everything that they own, the claims of StatefulSets and the tokens of ServiceAccounts too.
func (k *Cluster) Tree(ctx context.Context, roots []*unstructured.Unstructured) ([]object.Node, error) {
	if k.cache.running() {
		return k.remembered(ctx, roots)
	}
	children, err := k.listChildren(ctx, roots)
	if err != nil {
		return nil, err
	}
	return grow(roots, children), nil
}

// remembered is a tree from memory, for which the objects are read whose body was not kept.
func (k *Cluster) remembered(ctx context.Context, roots []*unstructured.Unstructured) ([]object.Node, error) {
	nodes, bodiless, err := k.listed(ctx, roots)
	if err != nil {
		return nil, err
	}
	if sets := slices.DeleteFunc(slices.Clone(bodiless), isNoSet); len(sets) > 0 {
		// Only a whole StatefulSet tells which claims are its own.
		read, err := k.readAll(ctx, sets)
		if err != nil {
			return nil, err
		}
		for _, u := range read.Objects {
			k.cache.learn(u)
		}
		if nodes, bodiless, err = k.listed(ctx, roots); err != nil {
			return nil, err
		}
	}
	read, err := k.readAll(ctx, bodiless)
	if err != nil {
		return nil, err
	}
	for i := range nodes {
		if u := read.Objects[nodes[i].Ref]; nodes[i].Object == nil && u != nil {
			nodes[i].Object = u
			k.cache.learn(u)
		}
	}
	return slices.DeleteFunc(nodes, func(n object.Node) bool { return n.Object == nil }), nil
}

// listed is the tree of a cache in which the first list of all that is watched has come. A watch may begin after a wait for the others:
// what its first list will bring is not absent.
func (k *Cluster) listed(ctx context.Context, roots []*unstructured.Unstructured) ([]object.Node, []object.Ref, error) {
	for {
		nodes, bodiless, pending := k.cache.tree(roots)
		if len(pending) == 0 {
			return nodes, bodiless, nil
		}
		if err := all(ctx, pending); err != nil {
			return nil, nil, fmt.Errorf("wait for the first list of cluster %s: %w", k.name, err)
		}
	}
}

func isNoSet(ref object.Ref) bool { return ref.GroupKind() != setKind }

// tree returns the roots and what they own, and names the objects whose body was not kept; or the watches whose first list is pending.
func (c *cache) tree(roots []*unstructured.Unstructured) (nodes []object.Node, bodiless []object.Ref, pending []chan struct{}) {
	nodes, bodies, pending := c.branches(roots)
	if len(pending) > 0 {
		return nil, nil, pending
	}
	for i, body := range bodies {
		if body != nil {
			nodes[i].Object, _ = body.Object()
		}
		if nodes[i].Object == nil {
			bodiless = append(bodiless, nodes[i].Ref)
		}
	}
	if len(bodiless) > 0 {
		c.want(bodiless)
	}
	return nodes, bodiless, nil
}

// branches are the nodes of a tree, and their bodies in the same order: nil is one that was not kept. Where the first list of a watch
// is pending there are none, for it may bring more of them.
func (c *cache) branches(roots []*unstructured.Unstructured) (nodes []object.Node, bodies []*object.Body, pending []chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if pending = c.pendingLocked(); len(pending) > 0 {
		return nil, nil, pending
	}
	seen := map[types.UID]bool{}
	var add func(r *record, parent types.UID)
	add = func(r *record, parent types.UID) {
		if seen[r.uid] {
			return
		}
		seen[r.uid] = true
		nodes, bodies = append(nodes, object.Node{Ref: r.ref, UID: r.uid, Parent: parent}), append(bodies, r.body)
		for child := range c.children[r.uid] {
			add(child, r.uid)
		}
		for _, claim := range c.claimsLocked(r) {
			add(claim, r.uid)
		}
	}
	for _, u := range roots {
		if r, ok := c.byUID[u.GetUID()]; ok {
			add(r, "")
			continue
		}
		nodes, bodies = append(nodes, object.Node{Ref: object.Of(u), UID: u.GetUID()}), append(bodies, object.Read(u))
	}
	return nodes, bodies, nil
}

// childKinds are the kinds of which objects come to be without being declared.
var childKinds = []schema.GroupKind{
	{Group: "apps", Kind: "ReplicaSet"},
	{Kind: "Pod"},
	{Group: "batch", Kind: "Job"},
	claimKind,
}

// children says which objects of a place may be somebody's.
type children struct {
	object.Place
	only fields.Selector
}

// childrenOf says where what the roots own may be: the child kinds in their namespaces, and tokens beside ServiceAccounts.
func childrenOf(roots []*unstructured.Unstructured) []children {
	namespaces, accounts := map[string]bool{}, map[string]bool{}
	for _, r := range roots {
		if ns := r.GetNamespace(); ns != "" {
			namespaces[ns] = true
			accounts[ns] = accounts[ns] || object.Of(r).GroupKind() == accountKind
		}
	}
	var out []children
	for ns := range namespaces {
		for _, gk := range childKinds {
			out = append(out, children{object.Place{Kind: gk, Namespace: ns}, fields.Everything()})
		}
		if accounts[ns] {
			tokens := fields.OneTermEqualSelector("type", string(corev1.SecretTypeServiceAccountToken))
			out = append(out, children{object.Place{Kind: secretKind, Namespace: ns}, tokens})
		}
	}
	return out
}

// listChildren lists what the roots may own. What may not be listed is left out.
func (k *Cluster) listChildren(ctx context.Context, roots []*unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	var mu sync.Mutex
	var out []*unstructured.Unstructured
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readsInFlight)
	for _, of := range childrenOf(roots) {
		g.Go(func() error {
			r, err := k.resourceOf(of.Kind)
			if err != nil {
				return err
			}
			l, err := k.resource(r, of.Namespace).List(ctx, metav1.ListOptions{FieldSelector: of.only.String()})
			if apierrors.IsForbidden(err) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("list %s in %s: %w", r.Plural, of.Namespace, k.explain(err))
			}
			mu.Lock()
			defer mu.Unlock()
			for i := range l.Items {
				out = append(out, &l.Items[i])
			}
			return nil
		})
	}
	return out, g.Wait()
}

// grow arranges roots and possible children into nodes: only what leads to a root is in the tree.
func grow(roots, children []*unstructured.Unstructured) []object.Node {
	byOwner, byStem := map[types.UID][]*unstructured.Unstructured{}, map[object.Ref][]*unstructured.Unstructured{}
	for _, c := range children {
		owners := ownersOf(c)
		for _, o := range owners {
			byOwner[o] = append(byOwner[o], c)
		}
		if stem, ok := stemOf(object.Of(c)); ok && len(owners) == 0 {
			byStem[stem] = append(byStem[stem], c)
		}
	}
	var out []object.Node
	seen := map[types.UID]bool{}
	var add func(u *unstructured.Unstructured, parent types.UID)
	add = func(u *unstructured.Unstructured, parent types.UID) {
		if seen[u.GetUID()] {
			return
		}
		seen[u.GetUID()] = true
		out = append(out, object.Node{Ref: object.Of(u), UID: u.GetUID(), Parent: parent, Object: u})
		for _, c := range byOwner[u.GetUID()] {
			add(c, u.GetUID())
		}
		for _, stem := range stemsOf(u) {
			for _, c := range byStem[stem] {
				add(c, u.GetUID())
			}
		}
	}
	for _, r := range roots {
		add(r, "")
	}
	return out
}

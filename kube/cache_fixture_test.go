package kube

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// sent returns an object as the server sends it. Its UID is its name, and its owners are named by theirs.
func sent(kind, name, version string, owners ...types.UID) *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	u.SetAPIVersion("v1")
	u.SetKind(kind)
	u.SetNamespace("web")
	u.SetName(name)
	u.SetUID(types.UID(name))
	u.SetResourceVersion(version)
	refs := make([]metav1.OwnerReference, len(owners))
	for i, o := range owners {
		refs[i] = metav1.OwnerReference{APIVersion: "v1", Kind: "Any", Name: string(o), UID: o}
	}
	u.SetOwnerReferences(refs)
	return u
}

// of marks an object as an application's.
func of(app string, u *unstructured.Unstructured) *unstructured.Unstructured {
	object.SetMark(u, app, "store-1")
	return u
}

func ref(kind, name string) object.Ref {
	return object.Ref{Kind: kind, Namespace: "web", Name: name}
}

// cacheOf returns a cache that was sent these objects, of kinds that are all watched.
func cacheOf(t *testing.T, objects ...*unstructured.Unstructured) *cache {
	t.Helper()
	c := newCache()
	for _, u := range objects {
		p := object.Of(u).Place().Wide()
		c.listed(p)
		if _, changed := c.upserted(u); !changed {
			t.Fatalf("%s is no news", object.Of(u))
		}
	}
	return c
}

// listed has a place watched, and its first list there.
func (c *cache) listed(p object.Place) {
	c.watches[p] = newWatched(p, func() {})
	c.watches[p].done()
}

// upserted takes over an object that the server sent, somebody having read it.
func (c *cache) upserted(u *unstructured.Unstructured) (object.Event, bool) {
	return c.upsert(recordOf(u), object.Read(u))
}

// remove has a list lack an object.
func (c *cache) remove(ref object.Ref) (object.Event, bool) {
	r, ok := c.objects[ref]
	if !ok {
		return object.Event{}, false
	}
	return c.ended(ref, r.uid)
}

// holds compares what a question found, by name and version, and what has to be read.
func holds(t *testing.T, c *cache, q object.LiveQuery, want map[object.Ref]string, read ...object.Ref) {
	t.Helper()
	set, bodiless := c.live(q)
	got := map[object.Ref]string{}
	for r, u := range set.Objects {
		got[r] = u.GetResourceVersion()
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("the live objects and their versions (-want +got):\n%s", d)
	}
	slices.SortFunc(bodiless, object.Ref.Compare)
	if d := cmp.Diff(read, slices.Compact(bodiless), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("what is to be read (-want +got):\n%s", d)
	}
}

package engine

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestWhatAnotherObjectOwns has an object with the application's mark and an owner: it is the application's while git asks for it, and
// neither the application's nor too much when git does not.
func TestWhatAnotherObjectOwns(t *testing.T) {
	t.Parallel()
	e := New(Ports{Store: installed{}}, Options{})
	t.Cleanup(e.Close)
	child := settings("child", "one", true)
	child.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "owner", UID: "owner"}})
	ref := object.Of(child)
	look := func(before *examination, want ...*unstructured.Unstructured) *examination {
		x := &examination{app: app.Application{Metadata: app.Metadata{Name: "web"}}, live: object.LiveSet{
			Objects: map[object.Ref]*unstructured.Unstructured{ref: child, object.Of(settings("own", "one", true)): settings("own", "one", true)},
		}}
		x.want.objects, x.want.index = want, indexOf(want)
		x.own(before, "here")
		return x
	}
	wanted := look(nil, settings("own", "one", false), child)
	dropped := look(wanted, settings("own", "one", false))
	if e.isExtra(wanted, ref, child) || !slices.Contains(wanted.owned, ref) || len(wanted.owned) != 2 {
		t.Errorf("git asks for it, and the application's are %v", wanted.owned)
	}
	if e.isExtra(dropped, ref, child) || len(dropped.owned) != 1 {
		t.Errorf("git does not ask for it: it is too much %t, and the application's are %v", e.isExtra(dropped, ref, child), dropped.owned)
	}
	if again := look(dropped, settings("own", "one", false), child); len(again.owned) != 2 {
		t.Errorf("git asks for it again, and the application's are %v", again.owned)
	}
}

// binding is a RoleBinding in a group. Some servers tell of one object in two groups.
func binding(group, uid string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{"apiVersion": group + "/v1", "kind": "RoleBinding"}}
	u.SetNamespace("web")
	u.SetName("admins")
	u.SetUID(types.UID(uid))
	object.SetMark(u, "web", "here")
	return u
}

// TestOneObjectInTwoGroups has git move from one group of a binding to another: what is live in the first is too much only where it is
// another object than what is live in the second, which may be heard of later.
func TestOneObjectInTwoGroups(t *testing.T) {
	t.Parallel()
	e := New(Ports{Store: installed{}}, Options{})
	t.Cleanup(e.Close)
	old, same, another := binding("authorization.example.com", "one"), binding("rbac.authorization.k8s.io", "one"), binding("rbac.authorization.k8s.io", "two")
	want := []*unstructured.Unstructured{same}
	index, memo := indexOf(want), compare.NewMemo()
	look := func(last *examination, live ...*unstructured.Unstructured) *examination {
		t.Helper()
		x := &examination{app: app.Application{Metadata: app.Metadata{Name: "web"}}, id: "here", cluster: &merging{looked: map[string]bool{}}}
		x.want.objects, x.want.index = want, index
		x.live.Objects, x.live.Edition = map[object.Ref]*unstructured.Unstructured{}, 1
		for _, u := range live {
			x.live.Objects[object.Of(u)] = u
		}
		if last != nil {
			x.cluster, x.live.Edition, x.live.Since, x.live.Changed = last.cluster, last.live.Edition+1, last.live.Edition, []object.Ref{object.Of(same)}
		}
		if err := e.findDifferences(x)(t.Context(), question{memo: memo, last: last}); err != nil {
			t.Fatal(err)
		}
		if (x.base != nil) != (last != nil) {
			t.Fatal("what has moved is not compared alone")
		}
		return x
	}
	extras := func(x *examination) int { return len(x.diffs) - len(want) }
	if n := extras(look(nil, old, same)); n != 0 {
		t.Errorf("%d objects are too much, and git asks for them", n)
	}
	if n := extras(look(nil, old, another)); n != 1 {
		t.Errorf("%d objects are too much, want the one that git does not ask for", n)
	}
	alone := look(nil, old)
	both := look(alone, old, same)
	if before, n := extras(alone), extras(both); before != 1 || n != 0 {
		t.Errorf("%d objects are too much at first, and %d when the second group tells of it", before, n)
	}
	if n := extras(look(both, old)); n != 1 {
		t.Errorf("%d objects are too much when the second group tells of it no more", n)
	}
}

package object_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestRefOfAnObject(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		apiVersion, kind, namespace, name string
		want                              object.Ref
		prints                            string
	}{
		"the version is no part of it": {
			"apps/v1", "Deployment", "web", "nginx",
			object.Ref{Group: "apps", Kind: "Deployment", Namespace: "web", Name: "nginx"},
			"Deployment/web/nginx",
		},
		"the core group is empty": {
			"v1", "ConfigMap", "web", "settings", object.Ref{Kind: "ConfigMap", Namespace: "web", Name: "settings"}, "ConfigMap/web/settings",
		},
		"a cluster-scoped object prints no namespace": {
			"rbac.authorization.k8s.io/v1", "ClusterRole", "", "system:reader",
			object.Ref{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole", Name: "system:reader"},
			"ClusterRole/system:reader",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := object.Of(made(c.apiVersion, c.kind, c.namespace, c.name, nil))
			if got != c.want || got.String() != c.prints {
				t.Errorf("got %#v, printed %s; want %#v, printed %s", got, got, c.want, c.prints)
			}
		})
	}
}

func TestRefsAreOrdered(t *testing.T) {
	t.Parallel()
	want := []object.Ref{
		{Kind: "Namespace", Name: "web"},
		{Kind: "Secret", Namespace: "a", Name: "z"},
		{Kind: "ConfigMap", Namespace: "b", Name: "x"},
		{Kind: "ConfigMap", Namespace: "b", Name: "y"},
		{Group: "example.com", Kind: "ConfigMap", Namespace: "b", Name: "a"},
		{Kind: "Secret", Namespace: "b", Name: "a"},
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, object.Ref.Compare)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the order is by namespace, kind, group and name (-want +got):\n%s", d)
	}
	for i, a := range want {
		for j, b := range want {
			if got := a.Compare(b); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("%s compared with %s is %d", a, b, got)
			}
		}
	}
}

func TestResourceNames(t *testing.T) {
	t.Parallel()
	r := object.Resource{Group: "apps", Version: "v1", Kind: "Deployment", Plural: "deployments", Namespaced: true}
	if got, want := r.GroupVersionResource(), (schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}); got != want {
		t.Errorf("the resource is %s, want %s", got, want)
	}
	if got, want := r.GroupVersionKind(), (schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}); got != want {
		t.Errorf("the kind is %s, want %s", got, want)
	}
	ref := object.Ref{Group: "apps", Kind: "Deployment", Namespace: "web", Name: "nginx"}
	if got := ref.GroupKind(); got != r.GroupVersionKind().GroupKind() {
		t.Errorf("the group and kind of %s are %s", ref, got)
	}
}

func TestAListIsTheSameByItself(t *testing.T) {
	t.Parallel()
	list := []object.Ref{{Kind: "ConfigMap", Name: "a"}, {Kind: "ConfigMap", Name: "b"}}
	for name, c := range map[string]struct {
		other []object.Ref
		same  bool
	}{
		"itself": {list, true}, "one that is alike": {slices.Clone(list), false}, "a part of it": {list[:1], false}, "none": {nil, false},
	} {
		if object.SameList(list, c.other) != c.same {
			t.Errorf("%s is the same: %t", name, !c.same)
		}
	}
	if !object.SameList(nil, []object.Ref{}) {
		t.Error("two empty lists are not the same")
	}
}

package engine

import (
	"context"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// versions is a cluster that serves kinds in these versions, and prefers the last of each.
type versions struct {
	Cluster
	served []object.Resource
}

func (v versions) Resource(_ context.Context, gvk schema.GroupVersionKind) (object.Resource, error) {
	found, err := object.Resource{}, object.ErrNoKind
	for _, r := range v.served {
		if has := r.GroupVersionKind(); has == gvk || gvk.Version == "" && has.GroupKind() == gvk.GroupKind() {
			found, err = r, nil
		}
	}
	return found, err
}

// TestTheScopeOfAVersionThatIsNotServed places objects of kinds that the cluster serves in another version, or not at all.
func TestTheScopeOfAVersionThatIsNotServed(t *testing.T) {
	t.Parallel()
	cluster := versions{served: []object.Resource{
		{Group: "example.com", Version: "v1", Kind: "Fleet"}, {Group: "example.com", Version: "v1", Kind: "Widget", Namespaced: true},
	}}
	x := &examination{cluster: cluster, app: app.Application{Spec: app.Spec{Destination: app.Destination{Namespace: "shop"}}}}
	for name, c := range map[string]struct {
		apiVersion, kind string
		crds             map[string]bool
		want             string
	}{
		"a version that is served":             {"example.com/v1", "Fleet", nil, "Fleet/x"},
		"one that is not":                      {"example.com/v1beta1", "Fleet", nil, "Fleet/x"},
		"one that is not, of a namespaced one": {"example.com/v1beta1", "Widget", nil, "Widget/shop/x"},
		"whatever stands beside it":            {"example.com/v1beta1", "Fleet", map[string]bool{"Fleet.example.com": true}, "Fleet/x"},
		"no version, as its definition says":   {"example.com/v1", "Ship", map[string]bool{"Ship.example.com": false}, "Ship/x"},
		"no version, and no definition":        {"example.com/v1", "Ship", nil, "Ship/shop/x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := &unstructured.Unstructured{Object: map[string]any{"apiVersion": c.apiVersion, "kind": c.kind}}
			u.SetName("x")
			if err := new(Engine).scope(t.Context(), x, u, c.crds); err != nil {
				t.Fatal(err)
			}
			if got := object.Of(u).String(); got != c.want {
				t.Errorf("it is %s, want %s", got, c.want)
			}
		})
	}
}

package kube

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// servedKinds is a cluster that serves Widgets in three versions and prefers the middle one.
func servedKinds() *kinds {
	s := &kinds{byKind: map[schema.GroupVersionKind]object.Resource{}, preferred: map[schema.GroupKind]object.Resource{}}
	best := map[string]string{"": "v1", "example.com": "v1"}
	widgets := []metav1.APIResource{{Name: "widgets", Kind: "Widget", Namespaced: true, Verbs: []string{"get"}}}
	gadgets := metav1.APIResource{Name: "gadgets", Kind: "Gadget"}
	for _, l := range []*metav1.APIResourceList{
		{GroupVersion: "v1", APIResources: []metav1.APIResource{
			{Name: "pods", Kind: "Pod", Namespaced: true}, {Name: "pods/log", Kind: "Pod", Namespaced: true}, {Name: "pods/eviction", Kind: "Eviction"},
		}},
		{GroupVersion: "example.com/v2alpha1", APIResources: append(slices.Clone(widgets), gadgets)},
		{GroupVersion: "example.com/v1", APIResources: widgets},
		{GroupVersion: "example.com/v1beta1", APIResources: widgets},
		{GroupVersion: "not/a/version", APIResources: widgets},
	} {
		s.add(l, best)
	}
	return s
}

func TestWhatIsServed(t *testing.T) {
	t.Parallel()
	s := servedKinds()
	t.Run("a kind is served in its versions", func(t *testing.T) {
		t.Parallel()
		for _, version := range []string{"v1", "v1beta1", "v2alpha1"} {
			gvk := schema.GroupVersionKind{Group: "example.com", Version: version, Kind: "Widget"}
			want := object.Resource{Group: "example.com", Version: version, Kind: "Widget", Plural: "widgets", Namespaced: true, Verbs: []string{"get"}}
			if d := cmp.Diff(want, s.byKind[gvk]); d != "" {
				t.Errorf("%s (-want +got):\n%s", gvk, d)
			}
		}
	})
	t.Run("the server's preference counts", func(t *testing.T) {
		t.Parallel()
		if got := s.preferred[schema.GroupKind{Group: "example.com", Kind: "Widget"}].Version; got != "v1" {
			t.Errorf("Widgets are read as %s", got)
		}
	})
	t.Run("a kind that the preferred version lacks is served in another", func(t *testing.T) {
		t.Parallel()
		if got := s.preferred[schema.GroupKind{Group: "example.com", Kind: "Gadget"}].Version; got != "v2alpha1" {
			t.Errorf("Gadgets are read as %s", got)
		}
	})
	t.Run("a kind is found without a version, and not in one that is not served", func(t *testing.T) {
		t.Parallel()
		gvk := schema.GroupVersionKind{Group: "example.com", Kind: "Widget"}
		if r, ok := s.find(gvk); !ok || r.Version != "v1" {
			t.Errorf("without a version it is %+v", r)
		}
		gvk.Version = "v3"
		if r, ok := s.find(gvk); ok {
			t.Errorf("in a version that is not served it is %+v", r)
		}
	})
	t.Run("a part of a kind is none", func(t *testing.T) {
		t.Parallel()
		if got := s.preferred[schema.GroupKind{Kind: "Pod"}].Plural; got != "pods" {
			t.Errorf("Pods are addressed as %q", got)
		}
		if r, ok := s.preferred[schema.GroupKind{Kind: "Eviction"}]; ok {
			t.Errorf("Eviction is served as %+v", r)
		}
	})
	t.Run("templates may ask for versions and kinds", func(t *testing.T) {
		t.Parallel()
		want := []string{
			"example.com/v1", "example.com/v1/Widget", "example.com/v1beta1", "example.com/v1beta1/Widget", "example.com/v2alpha1",
			"example.com/v2alpha1/Gadget", "example.com/v2alpha1/Widget", "v1", "v1/Pod",
		}
		if d := cmp.Diff(want, slices.Sorted(slices.Values(s.apis))); d != "" {
			t.Errorf("the APIs (-want +got):\n%s", d)
		}
	})
}

func TestAKindThatIsNotServed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		gvk          schema.GroupVersionKind
		says, remedy string
	}{
		"another version":  {schema.GroupVersionKind{Group: "example.com", Version: "v3", Kind: "Widget"}, "Widget in example.com/v3", "write it in version v1"},
		"an unknown kind":  {schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Gizmo"}, "Gizmo in example.com/v1", "CustomResourceDefinition"},
		"an unknown group": {schema.GroupVersionKind{Group: "nowhere.com", Version: "v1", Kind: "Widget"}, "Widget in nowhere.com/v1", "CustomResourceDefinition"},
	} {
		t.Run(name+" is told with its remedy", func(t *testing.T) {
			t.Parallel()
			err := servedKinds().missing(c.gvk)
			if !errors.Is(err, object.ErrNoKind) || !strings.HasPrefix(err.Error(), c.says+": ") || !strings.Contains(hint.Of(err), c.remedy) {
				t.Errorf("the error is %q with the remedy %q", err, hint.Of(err))
			}
		})
	}
}

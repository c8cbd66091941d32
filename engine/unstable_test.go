package engine

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func thing(kind, namespace string, fields map[string]any) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": kind}}
	for k, v := range fields {
		u.Object[k] = v
	}
	u.SetName("x")
	u.SetNamespace(namespace)
	return u
}

func TestUnstableFieldsKeepTheirLiveValue(t *testing.T) {
	t.Parallel()
	checksum := []string{"metadata", "annotations", "checksum"}
	for name, c := range map[string]struct {
		kind       string
		fields     [][]string
		want, live map[string]any
		get        []string
		value      any
	}{
		"a live value": {
			"ConfigMap",
			[][]string{{"data", "key"}},
			map[string]any{"data": map[string]any{"key": "new", "other": "git"}},
			map[string]any{"data": map[string]any{"key": "old", "other": "live"}},
			[]string{"data"},
			map[string]any{"key": "old", "other": "git"},
		},
		"stringData is data by now": {
			"Secret",
			[][]string{{"stringData", "key"}},
			map[string]any{"data": map[string]any{"key": "bmV3"}},
			map[string]any{"data": map[string]any{"key": "b2xk"}},
			[]string{"data"},
			map[string]any{"key": "b2xk"},
		},
		"a field that somebody removed comes back": {
			"ConfigMap",
			[][]string{{"data", "key"}},
			map[string]any{"data": map[string]any{"key": "new"}},
			map[string]any{"data": map[string]any{}},
			[]string{"data"},
			map[string]any{"key": "new"},
		},
		"an element of a list is found by its name": {
			"ConfigMap",
			[][]string{{"list", "0", "value"}},
			map[string]any{"list": []any{map[string]any{"name": "a", "value": "new"}}},
			map[string]any{"list": []any{map[string]any{"name": "injected", "value": "no"}, map[string]any{"name": "a", "value": "old"}}},
			[]string{"list"},
			[]any{map[string]any{"name": "a", "value": "old"}},
		},
		"an annotation": {
			"ConfigMap",
			[][]string{checksum},
			map[string]any{"metadata": map[string]any{"annotations": map[string]any{"checksum": "new"}}},
			map[string]any{"metadata": map[string]any{"annotations": map[string]any{"checksum": "old"}}},
			checksum, "old",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, live := thing(c.kind, "shop", c.want), thing(c.kind, "shop", c.live)
			before := want.DeepCopy()
			d := desired{objects: []*unstructured.Unstructured{want}}
			d.unstable = place(map[int][][]string{0: c.fields}, d.objects, []int{0})
			kept := d.keepingLive(t.Context(), map[object.Ref]*unstructured.Unstructured{object.Of(live): live}, nil, nil)
			got, _, err := unstructured.NestedFieldNoCopy(kept.objects[0].Object, c.get...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.value, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(before.Object, want.Object); diff != "" {
				t.Errorf("what was rendered is changed:\n%s", diff)
			}
		})
	}
}

func TestChecksumsOfWhatIsMadeAnew(t *testing.T) {
	t.Parallel()
	path := []string{"metadata", "annotations", "checksum"}
	pod := func(sum string) *unstructured.Unstructured {
		return thing("Pod", "shop", map[string]any{"metadata": map[string]any{"annotations": map[string]any{"checksum": sum}}})
	}
	secret := thing("Secret", "shop", map[string]any{"data": map[string]any{"key": "bmV3"}})
	d := desired{
		objects:  []*unstructured.Unstructured{pod("new"), secret},
		unstable: map[object.Ref][][]string{object.Of(pod("")): {path}, object.Of(secret): {{"data", "key"}}},
	}
	live := pod("old")
	kept := d.keepingLive(t.Context(), map[object.Ref]*unstructured.Unstructured{object.Of(live): live}, nil, nil)
	if got := kept.objects[0].GetAnnotations()["checksum"]; got != "new" {
		t.Errorf("the Secret is made anew, and its checksum stays %s", got)
	}
}

// TestUnstableFieldsGoWithTheirObject renders several Secrets of one name, of which some have an unstable key.
func TestUnstableFieldsGoWithTheirObject(t *testing.T) {
	t.Parallel()
	e := &Engine{ports: Ports{Store: installed{}}}
	cluster := versions{served: []object.Resource{{Version: "v1", Kind: "Secret", Namespaced: true}}}
	x := &examination{cluster: cluster, app: app.Application{Spec: app.Spec{Destination: app.Destination{Namespace: "shop"}}}}
	for name, c := range map[string]struct {
		namespaces []string
		unstable   []int
		want       []string
	}{
		"one":                                  {[]string{""}, []int{0}, []string{"Secret/shop/x"}},
		"one that another source replaces":     {[]string{"", ""}, []int{0}, nil},
		"one that is so by its name alone":     {[]string{"", "shop"}, []int{0}, nil},
		"one that replaces another":            {[]string{"", ""}, []int{1}, []string{"Secret/shop/x"}},
		"one beside another namespace's":       {[]string{"", "other"}, []int{0}, []string{"Secret/shop/x"}},
		"one of another namespace":             {[]string{"", "other"}, []int{1}, []string{"Secret/other/x"}},
		"one after one that is there twice":    {[]string{"", "", "other"}, []int{2}, []string{"Secret/other/x"}},
		"both of two that are in two of them":  {[]string{"", "other"}, []int{0, 1}, []string{"Secret/other/x", "Secret/shop/x"}},
		"none where nothing rendered is so":    {[]string{"", "other"}, nil, nil},
		"one that is there between two others": {[]string{"a", "", "b"}, []int{1}, []string{"Secret/shop/x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rendered, unstable := make([]*unstructured.Unstructured, len(c.namespaces)), map[int][][]string{}
			for i, namespace := range c.namespaces {
				rendered[i] = thing("Secret", namespace, nil)
			}
			for _, i := range c.unstable {
				unstable[i] = [][]string{{"stringData", "key"}}
			}
			objects, from, _, err := e.finish(t.Context(), x, rendered)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for ref, fields := range place(unstable, objects, from) {
				got = append(got, ref.String())
				if diff := cmp.Diff([][]string{{"data", "key"}}, fields); diff != "" {
					t.Errorf("%s (-want +got):\n%s", ref, diff)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

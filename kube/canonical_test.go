package kube

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestSpellingOfTheServer(t *testing.T) {
	t.Parallel()
	pod := func(cpu, memory string) map[string]any {
		return map[string]any{
			"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "web"},
			"spec": map[string]any{"containers": []any{map[string]any{
				"name": "web", "unknown": "kept", "resources": map[string]any{"limits": map[string]any{"cpu": cpu, "memory": memory}},
			}}},
		}
	}
	widget := map[string]any{"apiVersion": "example.com/v1", "kind": "Widget", "spec": map[string]any{"cpu": "0.1"}}
	torn := map[string]any{"apiVersion": "v1", "kind": "Pod", "spec": "none"}
	for name, c := range map[string]struct{ in, want map[string]any }{
		"quantities are spelled as the server does":  {pod("0.1", "1024Mi"), pod("100m", "1Gi")},
		"what is spelled so stays":                   {pod("100m", "1Gi"), pod("100m", "1Gi")},
		"a kind that is not built in stays":          {widget, widget},
		"an object that is not of its kind's stays":  {torn, torn},
		"nothing is added to an object without spec": {map[string]any{"apiVersion": "v1", "kind": "Pod"}, map[string]any{"apiVersion": "v1", "kind": "Pod"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := &unstructured.Unstructured{Object: c.in}
			before := in.DeepCopy()
			if d := cmp.Diff(c.want, canonical(in).Object); d != "" {
				t.Errorf("the object (-want +got):\n%s", d)
			}
			if d := cmp.Diff(before.Object, in.Object); d != "" {
				t.Errorf("the original changed (-before +after):\n%s", d)
			}
		})
	}
}

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

// TestWhatTheServerStores takes from objects what the server's types leave out, and nothing that they may not know.
func TestWhatTheServerStores(t *testing.T) {
	t.Parallel()
	type fields = map[string]any
	of := func(apiVersion, kind string, spec fields) fields {
		return fields{"apiVersion": apiVersion, "kind": kind, "metadata": fields{"name": "web"}, "spec": spec}
	}
	pod := func(spec fields) fields {
		spec["containers"] = []any{fields{"name": "web", "resources": fields{}}}
		return of("v1", "Pod", spec)
	}
	for name, c := range map[string]struct{ in, want fields }{
		"false that is left out":       {pod(fields{"hostNetwork": false}), pod(fields{})},
		"false of a pointer stays":     {pod(fields{"hostUsers": false}), pod(fields{"hostUsers": false})},
		"an empty text":                {pod(fields{"nodeName": "", "hostname": "a"}), pod(fields{"hostname": "a"})},
		"a number in a list":           {of("v1", "Service", fields{"ports": []any{fields{"port": int64(80), "nodePort": int64(0), "targetPort": int64(80)}}}), of("v1", "Service", fields{"ports": []any{fields{"port": int64(80), "targetPort": int64(80)}}})},
		"a number of a pointer stays":  {pod(fields{"priority": int64(0)}), pod(fields{"priority": int64(0)})},
		"what a map holds stays":       {pod(fields{"nodeSelector": fields{"a": ""}}), pod(fields{"nodeSelector": fields{"a": ""}})},
		"an empty list":                {pod(fields{"tolerations": []any{}}), pod(fields{})},
		"what no type knows stays":     {pod(fields{"newer": false, "hostNetwork": false}), pod(fields{"newer": false, "hostNetwork": false})},
		"a kind that is not built in":  {of("example.com/v1", "Widget", fields{"on": false}), of("example.com/v1", "Widget", fields{"on": false})},
		"what is not of its kind's":    {of("v1", "Pod", fields{"containers": "none", "hostPID": false}), of("v1", "Pod", fields{"containers": "none", "hostPID": false})},
		"true and other values remain": {pod(fields{"hostNetwork": true, "nodeName": "n"}), pod(fields{"hostNetwork": true, "nodeName": "n"})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := &unstructured.Unstructured{Object: c.in}
			stored(u)
			if d := cmp.Diff(c.want, u.Object); d != "" {
				t.Errorf("the object (-want +got):\n%s", d)
			}
		})
	}
}

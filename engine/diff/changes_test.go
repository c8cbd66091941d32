package diff

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// paths are the paths of the changes between two texts.
func paths(t *testing.T, before, after string) []string {
	t.Helper()
	var out []string
	for _, c := range changes(of(t, before), of(t, after), of(t, after), nil) {
		out = append(out, c.Path)
	}
	return out
}

func TestChangesAreAddressedByTheirPath(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, after string
		want          []string
	}{
		"a leaf":                       {"{a: {b: 1}}", "{a: {b: 2}}", []string{".a.b"}},
		"nothing":                      {"{a: {b: 1}}", "{a: {b: 1}}", nil},
		"what came and went, sorted":   {"{b: 1}", "{a: 1}", []string{".a", ".b"}},
		"another type":                 {"{a: {b: 1}}", "{a: [1]}", []string{".a"}},
		"a key with a dot":             {"{labels: {app.io/name: x}}", "{labels: {app.io/name: y}}", []string{`.labels["app.io/name"]`}},
		"a list element by its name":   {"{c: [{name: a, v: 1}, {name: b, v: 1}]}", "{c: [{name: a, v: 1}, {name: b, v: 2}]}", []string{".c[b].v"}},
		"a named element that is new":  {"{c: [{name: a}]}", "{c: [{name: b}, {name: a}]}", []string{".c[b]"}},
		"ports by their number":        {"{p: [{port: 80, t: 1}]}", "{p: [{port: 80, t: 2}]}", []string{".p[80].t"}},
		"a plain list by place":        {"{l: [1, 2]}", "{l: [1, 3, 4]}", []string{".l[1]", ".l[2]"}},
		"names that are not unique":    {"{c: [{name: a, v: 1}, {name: a, v: 2}]}", "{c: [{name: a, v: 1}, {name: a, v: 3}]}", []string{".c[1].v"}},
		"the order of named elements":  {"{c: [{name: a}, {name: b}]}", "{c: [{name: b}, {name: a}]}", []string{".c"}},
		"order and content, both":      {"{c: [{name: a, v: 1}, {name: b}]}", "{c: [{name: b}, {name: a, v: 2}]}", []string{".c[a].v", ".c"}},
		"an element before the others": {"{c: [{name: b}]}", "{c: [{name: a}, {name: b}]}", []string{".c[a]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, paths(t, c.before, c.after)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAChangeSaysWhatAdmissionAdded(t *testing.T) {
	t.Parallel()
	got := changes(
		of(t, "{a: 1, image: web:1, cpu: 2, gone: x, list: [1]}"), of(t, "{a: 2, b: 3, image: mirror/web:2, cpu: '1', list: [{x: 1}]}"),
		of(t, "{a: 2, image: web:2, cpu: 1000m, list: [{x: 1}]}"), nil)
	want := []Change{
		{Path: ".a", Old: float64(1), New: float64(2), HasOld: true, HasNew: true},
		{Path: ".b", New: float64(3), HasNew: true, Admission: true},
		{Path: ".cpu", Old: float64(2), New: "1", HasOld: true, HasNew: true},
		{Path: ".gone", Old: "x", HasOld: true},
		{Path: ".image", Old: "web:1", New: "mirror/web:2", HasOld: true, HasNew: true, Admission: true},
		{Path: ".list[0]", Old: float64(1), New: map[string]any{"x": float64(1)}, HasOld: true, HasNew: true},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestAChangeSaysWhoWroteTheLiveValue(t *testing.T) {
	t.Parallel()
	early, late := metav1.NewTime(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)), metav1.NewTime(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC))
	live := of(t, web)
	entry := func(manager string, at *metav1.Time, fields string) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{Manager: manager, Operation: "Update", Time: at, FieldsV1: metav1.NewFieldsV1(fields)}
	}
	live.SetManagedFields([]metav1.ManagedFieldsEntry{
		entry("first", &early, `{"f:spec":{"f:replicas":{}}}`),
		entry("second", &late, `{"f:spec":{"f:replicas":{}}}`),
		entry("images", &early, `{"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{"f:image":{}}}}}}}`),
		entry("whole", nil, `{"f:spec":{"f:strategy":{}}}`),
		{Manager: "empty"},
	})
	after := of(t, web)
	replicas(5)(after)
	spec := after.Object["spec"].(map[string]any)
	spec["strategy"] = map[string]any{"type": "Recreate"}
	spec["template"].(map[string]any)["spec"].(map[string]any)["containers"].([]any)[0].(map[string]any)["image"] = "web:2"
	type writer struct {
		manager, operation string
		at                 time.Time
	}
	got := map[string]writer{}
	for _, c := range changes(counting(live), after, after, live) {
		got[c.Path] = writer{c.Manager, c.Operation, c.Time}
	}
	want := map[string]writer{
		".spec.replicas": {"second", "Update", late.Time},
		".spec.template.spec.containers[web].image": {"images", "Update", early.Time},
		".spec.strategy": {"whole", "Update", time.Time{}},
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(writer{})); d != "" {
		t.Error(d)
	}
}

// TestAChangeSaysWhoWroteAnElement has lists of which others hold elements: by several keys, by a key that is not the name, and by
// their value.
func TestAChangeSaysWhoWroteAnElement(t *testing.T) {
	t.Parallel()
	const live = `
kind: Service
metadata: {name: web, namespace: shop, finalizers: [example.com/theirs, example.com/ours]}
spec:
  ports: [{name: web, port: 80, protocol: TCP, nodePort: 1}, {name: dns, port: 53, protocol: UDP, nodePort: 2}, {name: dns-tcp, port: 53, protocol: TCP, nodePort: 3}]
  mounts: [{name: data, mountPath: /data, readOnly: true}]
  args: [a, b]
`
	const after = `
kind: Service
metadata: {name: web, namespace: shop, finalizers: [example.com/ours]}
spec:
  ports: [{name: web, port: 80, protocol: TCP, nodePort: 7}, {name: dns, port: 53, protocol: UDP, nodePort: 8}]
  mounts: [{name: data, mountPath: /data, readOnly: false}]
  args: [a, c]
`
	have := of(t, live)
	entry := func(manager, fields string) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{Manager: manager, Operation: "Update", FieldsV1: metav1.NewFieldsV1(fields)}
	}
	have.SetManagedFields([]metav1.ManagedFieldsEntry{
		entry("finalizer", `{"f:metadata":{"f:finalizers":{"v:\"example.com/theirs\"":{}}}}`),
		entry("wheelhouse", `{"f:metadata":{"f:finalizers":{"v:\"example.com/ours\"":{}}},"f:spec":{"f:args":{}}}`),
		entry("web", `{"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:nodePort":{}}}}}`),
		entry("dns", `{"f:spec":{"f:ports":{"k:{\"port\":53,\"protocol\":\"UDP\"}":{".":{},"f:nodePort":{}}}}}`),
		entry("old", `{"f:spec":{"f:ports":{"k:{\"port\":53,\"protocol\":\"TCP\"}":{".":{},"f:nodePort":{}}}}}`),
		entry("mounts", `{"f:spec":{"f:mounts":{"k:{\"mountPath\":\"/data\"}":{".":{},"f:readOnly":{}}}}}`),
	})
	got := map[string]string{}
	for _, c := range changes(counting(have), of(t, after), of(t, after), have) {
		got[c.Path] = c.Manager
	}
	want := map[string]string{
		".metadata.finalizers[0]": "finalizer", ".metadata.finalizers[1]": "wheelhouse", ".spec.args[1]": "wheelhouse",
		".spec.ports[web].nodePort": "web", ".spec.ports[dns].nodePort": "dns", ".spec.ports[dns-tcp]": "old",
		".spec.mounts[data].readOnly": "mounts",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestAnElementOfASetIsGitsInWhateverPlace(t *testing.T) {
	t.Parallel()
	got := changes(of(t, "{f: [theirs]}"), of(t, "{f: [theirs, ours, injected]}"), of(t, "{f: [ours]}"), nil)
	want := []Change{{Path: ".f[1]", New: "ours", HasNew: true}, {Path: ".f[2]", New: "injected", HasNew: true, Admission: true}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

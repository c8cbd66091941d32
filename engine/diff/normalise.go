package diff

import (
	"encoding/base64"
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Normalise returns a copy of a rendered object as it is applied: without nulls, status, empty certificates of authorities and
// the bookkeeping that only a server writes, with stringData of Secrets as data. It is idempotent.
//
// A Secret's stringData is moved because a key that is dropped from it would stay in data for ever
// (kubernetes/kubernetes#108008).
//
// An empty caBundle is what the server takes for none. Generators write it where another program, such as the cainjector of
// cert-manager, fills in the certificate: an apply of it would take that away from them each time.
func Normalise(u *unstructured.Unstructured) *unstructured.Unstructured {
	out := &unstructured.Unstructured{Object: dropNulls(u.DeepCopy().Object)}
	delete(out.Object, "status")
	if meta, ok := out.Object["metadata"].(map[string]any); ok {
		for _, k := range []string{"managedFields", "creationTimestamp", "resourceVersion", "uid", "generation", "selfLink"} {
			delete(meta, k)
		}
	}
	switch out.GetKind() {
	case "Secret":
		moveStringData(out)
	case "ClusterRole":
		if _, aggregated := out.Object["aggregationRule"]; aggregated {
			delete(out.Object, "rules")
		}
	}
	for _, at := range bundles(out) {
		if at["caBundle"] == "" {
			delete(at, "caBundle")
		}
	}
	return out
}

// bundles returns the maps of an object that may hold the certificate of an authority which signed a server's.
func bundles(u *unstructured.Unstructured) []map[string]any {
	switch u.GroupVersionKind().GroupKind() {
	case schema.GroupKind{Group: "admissionregistration.k8s.io", Kind: "MutatingWebhookConfiguration"},
		schema.GroupKind{Group: "admissionregistration.k8s.io", Kind: "ValidatingWebhookConfiguration"}:
		hooks, _ := u.Object["webhooks"].([]any)
		var out []map[string]any
		for _, hook := range hooks {
			hook, _ := hook.(map[string]any)
			out = append(out, within(hook, "clientConfig"))
		}
		return out
	case schema.GroupKind{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}:
		return []map[string]any{within(u.Object, "spec", "conversion", "webhook", "clientConfig")}
	case schema.GroupKind{Group: "apiregistration.k8s.io", Kind: "APIService"}:
		return []map[string]any{within(u.Object, "spec")}
	}
	return nil
}

// within returns the map that a path of fields leads to, and nil where there is none.
func within(m map[string]any, path ...string) map[string]any {
	for _, field := range path {
		m, _ = m[field].(map[string]any)
	}
	return m
}

// dropNulls removes null values from maps, at every depth; a null in a list keeps its place.
func dropNulls(m map[string]any) map[string]any {
	for k, v := range m {
		if v == nil {
			delete(m, k)
			continue
		}
		m[k] = dropNullsIn(v)
	}
	return m
}

func dropNullsIn(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return dropNulls(v)
	case []any:
		for i := range v {
			v[i] = dropNullsIn(v[i])
		}
		return v
	}
	return v
}

func moveStringData(u *unstructured.Unstructured) {
	if u.GroupVersionKind().Group != "" {
		return
	}
	plain, ok := u.Object["stringData"].(map[string]any)
	if !ok {
		return
	}
	data, ok := u.Object["data"].(map[string]any)
	if !ok {
		data = map[string]any{}
	}
	for k, v := range plain {
		data[k] = v // what is no text the server refuses
		if s, ok := v.(string); ok {
			data[k] = base64.StdEncoding.EncodeToString([]byte(s))
		}
	}
	delete(u.Object, "stringData")
	if len(data) > 0 {
		u.Object["data"] = data
	}
}

// counting returns an object reduced to what counts in a comparison: no status, none of the server's bookkeeping. It
// shares with u what is below its metadata and its other fields.
func counting(u *unstructured.Unstructured) *unstructured.Unstructured {
	if u == nil {
		return nil
	}
	out := &unstructured.Unstructured{Object: maps.Clone(u.Object)}
	delete(out.Object, "status")
	meta, ok := out.Object["metadata"].(map[string]any)
	if !ok {
		return out
	}
	meta = maps.Clone(meta)
	out.Object["metadata"] = meta
	for _, k := range []string{
		"managedFields", "creationTimestamp", "resourceVersion", "uid", "generation", "selfLink", "deletionTimestamp",
		"deletionGracePeriodSeconds",
	} {
		delete(meta, k)
	}
	a, ok := meta["annotations"].(map[string]any)
	if _, kept := a[lastApplied]; kept {
		// What kubectl remembers of its last apply is no part of the object.
		a = maps.Clone(a)
		delete(a, lastApplied)
		meta["annotations"] = a
	}
	if ok && len(a) == 0 {
		delete(meta, "annotations")
	}
	return out
}

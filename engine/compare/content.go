package compare

import (
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// SameContent reports whether two readings of a live object are alike in all that counts in a comparison: their status and
// the server's bookkeeping do not. Who owns which field counts, when it was written does not.
func SameContent(a, b *unstructured.Unstructured) bool {
	v := a.GetResourceVersion()
	return v != "" && v == b.GetResourceVersion() && a.GetUID() == b.GetUID() || Unchanged(a, b)
}

// Unchanged is SameContent of an object and of what a dry run makes of it, which has its resourceVersion whatever would change.
func Unchanged(a, b *unstructured.Unstructured) bool {
	return reflect.DeepEqual(content(a), content(b))
}

func content(live *unstructured.Unstructured) map[string]any {
	top := make(map[string]any, len(live.Object))
	for k, v := range live.Object {
		if k != "status" && k != "metadata" {
			top[k] = v
		}
	}
	meta := map[string]any{}
	if m, ok := live.Object["metadata"].(map[string]any); ok {
		for k, v := range m {
			switch k {
			case "resourceVersion", "generation", "managedFields":
			default:
				meta[k] = v
			}
		}
	}
	top["metadata"] = meta
	top["managers"] = owners(live)
	return top
}

// owners returns the managed fields without their times, and without those of subresources.
func owners(live *unstructured.Unstructured) []any {
	var out []any
	for _, f := range live.GetManagedFields() {
		if f.Subresource != "" {
			continue
		}
		fields := ""
		if f.FieldsV1 != nil {
			fields = f.FieldsV1.GetRawString()
		}
		out = append(out, []string{f.Manager, string(f.Operation), f.APIVersion, fields})
	}
	return out
}

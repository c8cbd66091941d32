package compare

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Content hashes what counts of a live object in a comparison: all but its status and the server's bookkeeping. Who owns
// which field counts, when it was written does not.
func Content(live *unstructured.Unstructured) (string, error) {
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
	return object.Hash(top)
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

package diff

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// OnlyOurs reports whether nobody but our applies owns a field of a live object, a key of maps within maps: an apply that does
// not name it removes it.
func OnlyOurs(live *unstructured.Unstructured, keys ...string) bool {
	path := make([]element, len(keys))
	for i, k := range keys {
		path[i] = element{key: k}
	}
	ours := false
	for _, s := range managedSets(live) {
		if reach(s.fields, path) < len(path) {
			continue
		}
		if s.entry.Manager != object.FieldManager || s.entry.Operation != "Apply" || s.entry.Subresource != "" {
			return false
		}
		ours = true
	}
	return ours
}

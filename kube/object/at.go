package object

import (
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// At returns an object whose apply is refused unless the live one has this UID and this version; an empty one is not asked for. It
// shares all but its metadata with u.
func At(u *unstructured.Unstructured, uid types.UID, version string) *unstructured.Unstructured {
	meta, _ := u.Object["metadata"].(map[string]any)
	fresh := make(map[string]any, len(meta)+2)
	maps.Copy(fresh, meta)
	if uid != "" {
		fresh["uid"] = string(uid)
	}
	if version != "" {
		fresh["resourceVersion"] = version
	}
	out := &unstructured.Unstructured{Object: maps.Clone(u.Object)}
	out.Object["metadata"] = fresh
	return out
}

package kube

import (
	"maps"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// noVersion is a resourceVersion that no object has: etcd counts writes and is at 1 before the first. An apply that carries it
// makes an object, for a new one has no version to compare with, and is refused as overtaken where there is one.
const noVersion = "1"

// unborn returns an object whose apply only makes it. It shares all but the metadata.
func unborn(u *unstructured.Unstructured) *unstructured.Unstructured {
	out := &unstructured.Unstructured{Object: maps.Clone(u.Object)}
	meta, _ := u.Object["metadata"].(map[string]any)
	fresh := make(map[string]any, len(meta)+1)
	maps.Copy(fresh, meta)
	fresh["resourceVersion"] = noVersion
	out.Object["metadata"] = fresh
	return out
}

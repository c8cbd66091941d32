package object_test

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// made returns an object without content.
func made(apiVersion, kind, namespace, name string, annotations map[string]string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	u.SetAPIVersion(apiVersion)
	u.SetKind(kind)
	u.SetNamespace(namespace)
	u.SetName(name)
	u.SetAnnotations(annotations)
	return u
}

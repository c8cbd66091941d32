package app

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// lastApplied is where kubectl keeps a copy of a whole object, data included.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// WithoutSecrets returns the objects for keeping: Secrets have no data and carry [object.AnnotationMasked], and
// Secrets within lists likewise. Objects without secrets are returned themselves, the others as copies.
func WithoutSecrets(objects []*unstructured.Unstructured) []*unstructured.Unstructured {
	out := make([]*unstructured.Unstructured, len(objects))
	for i, u := range objects {
		out[i] = withoutSecrets(u)
	}
	return out
}

func withoutSecrets(u *unstructured.Unstructured) *unstructured.Unstructured {
	switch {
	case u.GetKind() == "Secret" && u.GroupVersionKind().Group == "":
		c := u.DeepCopy()
		strip(c)
		return c
	case u.IsList():
		c := u.DeepCopy()
		items, _ := c.Object["items"].([]any)
		for _, item := range items {
			m, _ := item.(map[string]any)
			if e := (&unstructured.Unstructured{Object: m}); e.GetKind() == "Secret" || u.GetKind() == "SecretList" {
				strip(e)
			}
		}
		return c
	default:
		return u
	}
}

// strip removes what holds data of a Secret and says that it did.
func strip(u *unstructured.Unstructured) {
	delete(u.Object, "data")
	delete(u.Object, "stringData")
	a := u.GetAnnotations()
	if a == nil {
		a = map[string]string{}
	}
	delete(a, lastApplied)
	a[object.AnnotationMasked] = "true"
	u.SetAnnotations(a)
}

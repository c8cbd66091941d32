package kube

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
)

// canonical returns an object of a built-in kind with its values spelled as the API server spells them: the quantity
// "0.1" is "100m". Fields are neither added nor dropped; an object that is of no known form is returned as it is.
func canonical(u *unstructured.Unstructured) *unstructured.Unstructured {
	typed, err := scheme.Scheme.New(u.GroupVersionKind())
	if err != nil {
		return u
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, typed); err != nil {
		return u
	}
	spelled, err := runtime.DefaultUnstructuredConverter.ToUnstructured(typed)
	if err != nil {
		return u
	}
	out := u.DeepCopy()
	respell(out.Object, spelled)
	return out
}

// respell takes the scalars of b into the places where a has scalars too, and returns what stands in a's place then.
func respell(a, b any) any {
	switch a := a.(type) {
	case map[string]any:
		if b, ok := b.(map[string]any); ok {
			for k := range a {
				if v, ok := b[k]; ok {
					a[k] = respell(a[k], v)
				}
			}
		}
		return a
	case []any:
		if b, ok := b.([]any); ok && len(a) == len(b) {
			for i := range a {
				a[i] = respell(a[i], b[i])
			}
		}
		return a
	case nil:
		return nil
	}
	switch b.(type) {
	case map[string]any, []any, nil:
		return a
	}
	return b
}

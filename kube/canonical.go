package kube

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
)

// canonical returns an object of a built-in kind with its values spelled as the API server spells them: the quantity
// "0.1" is "100m". Fields are neither added nor dropped; an object that is of no known form is returned as it is.
func canonical(u *unstructured.Unstructured) *unstructured.Unstructured {
	spelled, _ := throughType(u)
	if spelled == nil {
		return u
	}
	out := u.DeepCopy()
	respell(out.Object, spelled)
	return out
}

// throughType returns the fields of an object of a built-in kind as its type writes them, nil where it is of no known form, and
// whether the type knows all of its fields: those of a newer server it does not.
func throughType(u *unstructured.Unstructured) (spelled map[string]any, whole bool) {
	typed, err := scheme.Scheme.New(u.GroupVersionKind())
	if err != nil {
		return nil, false
	}
	err = runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(u.Object, typed, true)
	if err != nil && !runtime.IsStrictDecodingError(err) {
		return nil, false
	}
	whole = err == nil
	if spelled, err = runtime.DefaultUnstructuredConverter.ToUnstructured(typed); err != nil {
		return nil, false
	}
	return spelled, whole
}

// stored drops from an object of a built-in kind what the server drops when it stores it: empty lists and maps, and where nothing else
// can be missing from the type the zeros that it leaves out, such as hostNetwork: false.
func stored(u *unstructured.Unstructured) {
	if kept, whole := throughType(u); kept != nil {
		dropLost(u.Object, kept, whole)
	}
}

// dropLost drops the empty lists and maps of a that b has not, and the zeros if they are to go too.
func dropLost(a, b any, zeros bool) {
	switch a := a.(type) {
	case map[string]any:
		kept, _ := b.(map[string]any)
		for k, v := range a {
			if below, ok := kept[k]; ok {
				dropLost(v, below, zeros)
			} else if isEmpty(v) || zeros && isZero(v) {
				delete(a, k)
			}
		}
	case []any:
		if kept, ok := b.([]any); ok && len(kept) == len(a) {
			for i := range a {
				dropLost(a[i], kept[i], zeros)
			}
		}
	}
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}

func isZero(v any) bool { return v == false || v == "" || v == int64(0) || v == float64(0) }

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

package health

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// text reads a string field; "" when it is not there.
func text(u *unstructured.Unstructured, path ...string) string {
	s, _, _ := unstructured.NestedString(u.Object, path...)
	return s
}

// number reads an integer field, and whether it is there.
func number(u *unstructured.Unstructured, path ...string) (int64, bool) {
	v, _, _ := unstructured.NestedFieldNoCopy(u.Object, path...)
	n, ok := asNumber(v)
	return int64(n), ok
}

// count reads an integer field; 0 when it is not there.
func count(u *unstructured.Unstructured, path ...string) int64 {
	n, _ := number(u, path...)
	return n
}

// asked reads spec.replicas as the rules do: where it is not set nothing is asked for, and what there is decides.
func asked(u *unstructured.Unstructured) int64 { return count(u, "spec", "replicas") }

// wanted reads spec.replicas, which is 1 when it is not set.
func wanted(u *unstructured.Unstructured) int64 {
	if n, ok := number(u, "spec", "replicas"); ok {
		return n
	}
	return 1
}

// flag reads a boolean field; false when it is not there.
func flag(u *unstructured.Unstructured, path ...string) bool {
	b, _, _ := unstructured.NestedBool(u.Object, path...)
	return b
}

// list reads the objects of a list field; what is none is an empty one.
func list(u *unstructured.Unstructured, path ...string) []map[string]any {
	v, _, _ := unstructured.NestedFieldNoCopy(u.Object, path...)
	items, _ := v.([]any)
	out := make([]map[string]any, 0, len(items))
	for _, i := range items {
		m, _ := i.(map[string]any)
		out = append(out, m)
	}
	return out
}

// condition is one entry of status.conditions. Its generation is the one it was written for, 0 where it does not say.
type condition struct {
	kind, status, reason, message string
	generation                    int64
}

func conditions(u *unstructured.Unstructured) []condition {
	var out []condition
	for _, c := range list(u, "status", "conditions") {
		generation, _ := asNumber(c["observedGeneration"])
		out = append(out, condition{
			kind: str(c["type"]), status: str(c["status"]), reason: str(c["reason"]), message: str(c["message"]),
			generation: int64(generation),
		})
	}
	return out
}

// conditionOf returns the condition of a type; where there is none, the zero condition, which has no type either.
func conditionOf(u *unstructured.Unstructured, kind string) condition {
	for _, c := range conditions(u) {
		if c.kind == kind {
			return c
		}
	}
	return condition{}
}

func str(v any) string {
	s, _ := v.(string)
	return s
}

// unobserved reports whether the controller has not seen the newest spec yet.
func unobserved(u *unstructured.Unstructured) bool {
	return u.GetGeneration() > count(u, "status", "observedGeneration")
}

const notObserved = "waiting for its controller to see the newest spec"

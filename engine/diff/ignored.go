package diff

import (
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// pair is the content of the two sides of a comparison.
type pair struct{ live, predicted map[string]any }

// passedOver lists the fields that differ between two sides and do no more once the rules have taken from them what they ignore. A
// field of a custom resource that is only spelled in another way is none. full is the live object with its managed fields.
func (r *Rules) passedOver(ref object.Ref, whole, left pair, want, full *unstructured.Unstructured) []Change {
	if r == nil || reflect.DeepEqual(whole, left) {
		return nil
	}
	live, predicted := &unstructured.Unstructured{Object: whole.live}, &unstructured.Unstructured{Object: whole.predicted}
	live, predicted = r.spelled(ref, live), r.spelled(ref, predicted)
	w := walker{}
	w.walk(nil, live.Object, predicted.Object, contentOf(want))
	attribute(w.out, w.paths, full)
	var out []Change
	for i, c := range w.out {
		if reflect.DeepEqual(valueAt(left.live, w.paths[i]), valueAt(left.predicted, w.paths[i])) {
			out = append(out, c)
		}
	}
	return out
}

// spelled returns a copy of an object with its known fields spelled as they are compared.
func (r *Rules) spelled(ref object.Ref, u *unstructured.Unstructured) *unstructured.Unstructured {
	u = u.DeepCopy()
	for _, f := range r.known {
		if f.kinds.match(ref) {
			f.spell(u.Object, f.path)
		}
	}
	return u
}

// valueAt returns what a path leads to; nil when it leads nowhere.
func valueAt(node any, path []element) any {
	for _, e := range path {
		list, _ := node.([]any)
		switch {
		case e.list && e.field != "":
			node = byKey(list, e.field, e.value)
		case e.list:
			node = at(list, e.index)
		default:
			m, _ := node.(map[string]any)
			node = m[e.key]
		}
	}
	return node
}

package diff

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// changes lists the leaf fields in which two objects differ. The desired object tells fields that git asks for from
// those that admission added; the managed fields of full tell who wrote the live value.
func changes(live, predicted, desired, full *unstructured.Unstructured) []Change {
	w := walker{}
	w.walk(nil, contentOf(live), contentOf(predicted), contentOf(desired))
	if full != nil {
		attribute(w.out, w.paths, full)
	}
	return w.out
}

func contentOf(u *unstructured.Unstructured) any {
	if u == nil {
		return nil
	}
	return any(u.Object)
}

// element is one step of a path: a map key, or a list element by number and, where it has one, by key.
type element struct {
	key   string
	index int
	list  bool
	// field and value are what the element is addressed by where it has a key of its own.
	field, value string
	// item is the element itself as it is live, by which managed fields name it; nil where it is not.
	item any
}

// walker collects differences; paths runs parallel to out.
type walker struct {
	out   []Change
	paths [][]element
}

func (w *walker) walk(path []element, a, b, want any) {
	if reflect.DeepEqual(a, b) {
		return
	}
	am, aok := a.(map[string]any)
	bm, bok := b.(map[string]any)
	if aok && bok {
		w.walkMap(path, am, bm, want)
		return
	}
	al, aok := a.([]any)
	bl, bok := b.([]any)
	if aok && bok {
		w.walkList(path, al, bl, want)
		return
	}
	w.out = append(w.out, Change{
		Path: pathString(path), Old: a, New: b, HasOld: a != nil, HasNew: b != nil, Admission: b != nil && !wanted(want, b),
	})
	w.paths = append(w.paths, slices.Clone(path))
}

// wanted reports whether a predicted value is the one that git asks for, in whatever spelling. Of lists and maps a part may be.
func wanted(want, predicted any) bool {
	switch predicted.(type) {
	case map[string]any, []any:
		return want != nil
	}
	a, b := fmt.Sprint(want), fmt.Sprint(predicted)
	if want == nil || a == b {
		return want != nil
	}
	p, errA := resource.ParseQuantity(a)
	q, errB := resource.ParseQuantity(b)
	return errA == nil && errB == nil && p.Cmp(q) == 0
}

func (w *walker) walkMap(path []element, a, b map[string]any, want any) {
	wm, _ := want.(map[string]any)
	keys := map[string]struct{}{}
	for k := range a {
		keys[k] = struct{}{}
	}
	for k := range b {
		keys[k] = struct{}{}
	}
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		w.walk(append(path, element{key: k}), a[k], b[k], wm[k])
	}
}

func (w *walker) walkList(path []element, a, b []any, want any) {
	wl, _ := want.([]any)
	field := listKey(a, b)
	if field == "" {
		for i := range max(len(a), len(b)) {
			w.walk(append(path, element{index: i, list: true, item: at(a, i)}), at(a, i), at(b, i), counterpart(wl, i, at(b, i)))
		}
		return
	}
	seen := map[string]bool{}
	for _, list := range [][]any{a, b} {
		for i, e := range list {
			value := fmt.Sprint(e.(map[string]any)[field])
			if seen[value] {
				continue
			}
			seen[value] = true
			was := byKey(a, field, value)
			w.walk(append(path, element{index: i, list: true, field: field, value: value, item: was}),
				was, byKey(b, field, value), byKey(wl, field, value))
		}
	}
	w.walkOrder(path, keysOf(a, field), keysOf(b, field))
}

// walkOrder notes that two lists hold the same elements in another order, which counts: environment variables may refer
// to those before them, and init containers run one after the other.
func (w *walker) walkOrder(path []element, a, b []any) {
	common := func(list, other []any) []any {
		return slices.DeleteFunc(slices.Clone(list), func(k any) bool { return !slices.Contains(other, k) })
	}
	if slices.Equal(common(a, b), common(b, a)) {
		return
	}
	w.out = append(w.out, Change{Path: pathString(path), Old: a, New: b, HasOld: true, HasNew: true})
	w.paths = append(w.paths, slices.Clone(path))
}

func keysOf(list []any, field string) []any {
	out := make([]any, len(list))
	for i, e := range list {
		out[i] = fmt.Sprint(e.(map[string]any)[field])
	}
	return out
}

func at(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return nil
}

// counterpart returns what git asks for in the place of a predicted element. Of a set others may have elements too, and its own
// then stand in other places.
func counterpart(want []any, i int, predicted any) any {
	switch predicted.(type) {
	case nil, map[string]any, []any:
		return at(want, i)
	}
	if slices.Contains(want, predicted) {
		return predicted
	}
	return at(want, i)
}

func byKey(list []any, field, value string) any {
	for _, e := range list {
		if m, ok := e.(map[string]any); ok && fmt.Sprint(m[field]) == value {
			return e
		}
	}
	return nil
}

// listKey returns the field by which the elements of both lists can be told apart, or "" when there is none. The
// candidates are the merge keys of the built-in kinds.
func listKey(a, b []any) string {
	for _, field := range []string{"name", "containerPort", "port", "mountPath", "devicePath", "ip", "type", "key", "topologyKey", "uid"} {
		if len(a)+len(b) > 0 && keyed(a, field) && keyed(b, field) {
			return field
		}
	}
	return ""
}

func keyed(list []any, field string) bool {
	seen := map[string]bool{}
	for _, e := range list {
		m, ok := e.(map[string]any)
		if !ok {
			return false
		}
		v, ok := m[field]
		s := fmt.Sprint(v)
		if !ok || seen[s] {
			return false
		}
		seen[s] = true
	}
	return true
}

// pathString writes a path as .spec.containers[web].image; keys that hold more than a name are quoted in brackets.
func pathString(path []element) string {
	var b strings.Builder
	for _, e := range path {
		switch {
		case e.list && e.field != "":
			fmt.Fprintf(&b, "[%s]", e.value)
		case e.list:
			fmt.Fprintf(&b, "[%d]", e.index)
		case strings.ContainsAny(e.key, "./[]\" "):
			fmt.Fprintf(&b, "[%q]", e.key)
		default:
			b.WriteString("." + e.key)
		}
	}
	return b.String()
}

package comparetest

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// change makes one random change of a desired object, as a commit might, and says what it did.
func (k kind) change(r *rand.Rand, u *unstructured.Unstructured) string {
	switch n := r.IntN(20); {
	case n < 5:
		return put(u, r, k.values, "set")
	case n < 10:
		return put(u, r, k.spelt, "spell")
	case n < 14:
		return put(u, r, listed(k.defaults), "default")
	case n < 16:
		return drop(u, r)
	case n < 17:
		return label(u, r, "labels")
	case n < 18:
		return label(u, r, "annotations")
	case n < 19:
		return empty(u, r)
	default:
		return bookkeeping(u, r)
	}
}

func listed(m map[string]any) map[string][]any {
	out := make(map[string][]any, len(m))
	for k, v := range m {
		out[k] = []any{v}
	}
	return out
}

// put sets one of the fields to one of its values.
func put(u *unstructured.Unstructured, r *rand.Rand, fields map[string][]any, verb string) string {
	if len(fields) == 0 {
		return "nothing"
	}
	path := pick(r, slices.Sorted(maps.Keys(fields)))
	v := pick(r, fields[path])
	set(u.Object, strings.Split(path, "/"), runtime.DeepCopyJSONValue(v))
	return verb + " " + path
}

// drop removes a random field below the top.
func drop(u *unstructured.Unstructured, r *rand.Rand) string {
	var paths [][]string
	for _, top := range slices.Sorted(maps.Keys(u.Object)) {
		if top != "apiVersion" && top != "kind" && top != "metadata" {
			paths = append(paths, below(u.Object[top], []string{top})...)
		}
	}
	if len(paths) == 0 {
		return "nothing"
	}
	path := pick(r, paths)
	remove(u.Object, path)
	return "drop " + strings.Join(path, "/")
}

func below(v any, path []string) [][]string {
	out := [][]string{slices.Clone(path)}
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out = append(out, below(v[k], append(path, k))...)
		}
	case []any:
		for i := range v {
			out = append(out, below(v[i], append(path, strconv.Itoa(i)))...)
		}
	}
	return out
}

// label adds, changes or removes a label or an annotation.
func label(u *unstructured.Unstructured, r *rand.Rand, field string) string {
	if r.IntN(3) == 0 {
		unstructured.RemoveNestedField(u.Object, "metadata", field, "team")
		return "unset team in " + field
	}
	set(u.Object, []string{"metadata", field, "team"}, pick(r, []any{"blue", "red"}))
	return "set team in " + field
}

// empty writes an empty map or list where there is nothing.
func empty(u *unstructured.Unstructured, r *rand.Rand) string {
	field := pick(r, []string{"labels", "finalizers", "ownerReferences"})
	if _, ok, _ := unstructured.NestedFieldNoCopy(u.Object, "metadata", field); ok {
		return "nothing"
	}
	v := any([]any{})
	if field == "labels" {
		v = map[string]any{}
	}
	set(u.Object, []string{"metadata", field}, v)
	return "empty " + field
}

// bookkeeping writes what only a server should.
func bookkeeping(u *unstructured.Unstructured, r *rand.Rand) string {
	if r.IntN(2) == 0 {
		set(u.Object, []string{"metadata", "creationTimestamp"}, nil)
		return "creationTimestamp: null"
	}
	set(u.Object, []string{"status"}, map[string]any{"observedGeneration": int64(99)})
	return "a status"
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// set writes a value, making maps on the way; a list element that is not there is left alone.
func set(node any, path []string, v any) {
	switch n := node.(type) {
	case map[string]any:
		if len(path) == 1 {
			n[path[0]] = v
			return
		}
		if n[path[0]] == nil {
			n[path[0]] = map[string]any{}
		}
		set(n[path[0]], path[1:], v)
	case []any:
		if i, err := strconv.Atoi(path[0]); err == nil && i < len(n) {
			if len(path) == 1 {
				n[i] = v
				return
			}
			set(n[i], path[1:], v)
		}
	}
}

// remove deletes what a path leads to, and returns what is left of the node.
func remove(node any, path []string) any {
	switch n := node.(type) {
	case map[string]any:
		if len(path) == 1 {
			delete(n, path[0])
		} else {
			n[path[0]] = remove(n[path[0]], path[1:])
		}
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || i >= len(n) {
			return n
		}
		if len(path) == 1 {
			return slices.Delete(n, i, i+1)
		}
		n[i] = remove(n[i], path[1:])
	}
	return node
}

// unserve makes of the desired object one of a kind that the cluster does not serve: the group, the version or the kind is not there.
func (t *trial) unserve() {
	gvk := t.want.GroupVersionKind()
	switch t.r.IntN(3) {
	case 0:
		gvk.Group = "nowhere.example.com"
	case 1:
		gvk.Version = "v99"
	case 2:
		gvk.Kind += "Thing"
	}
	t.tell("%s", gvk)
	t.want.SetGroupVersionKind(gvk)
}

package diff

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Keep returns the desired object with the live values of the fields that the rules ignore, so that an apply leaves them
// as they are (RespectIgnoreDifferences=true). An ignored field that is not live, or that another manager owns as well, is
// not applied at all: it stays without us. The managers that takes names are no such others: the same apply makes their fields
// ours, and what it did not name of them would leave. Whose an object is no rule says: the mark is applied. The desired object itself is not changed; it is returned where no rule means
// it, or where there is no live object.
func (r *Rules) Keep(ctx context.Context, want, live *unstructured.Unstructured, takes []string) *unstructured.Unstructured {
	if r == nil || live == nil {
		return want
	}
	paths := r.ignored(ctx, object.Of(want), want, live)
	if len(paths) == 0 {
		return want
	}
	// From the back, so that an element that is taken out of a list moves none that is still to come.
	slices.SortFunc(paths, func(a, b []string) int { return slices.CompareFunc(b, a, byPlace) })
	out, sets := want.DeepCopy(), managedSets(live)
	for _, p := range paths {
		at := plain(want.Object, p)
		holders := holding(sets, at)
		switch {
		case slices.ContainsFunc(holders, func(e metav1.ManagedFieldsEntry) bool { return stays(e, takes) }):
			keep(out.Object, nil, p, true)
		case len(holders) > 0 && at[len(at)-1].list:
			// An element of a set is known by its value, and has that already.
		default:
			keep(out.Object, live.Object, p, true)
		}
	}
	object.CopyMark(out, want)
	return out
}

// plain returns what a path leads by to a plain value; nil where it leads to none. Of maps and lists others may own a part only.
func plain(want any, path []string) []element {
	var at []element
	for _, name := range path {
		switch w := want.(type) {
		case map[string]any:
			at, want = append(at, element{key: name}), w[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(w) {
				return nil
			}
			at, want = append(at, element{index: i, list: true, item: w[i]}), w[i]
		default:
			return nil
		}
	}
	switch want.(type) {
	case nil, map[string]any, []any:
		return nil
	}
	return at
}

// holding lists who owns the plain value at a place, also those that wrote it through a subresource, as who scales does.
func holding(sets []managedSet, at []element) []metav1.ManagedFieldsEntry {
	if len(at) == 0 {
		return nil
	}
	var out []metav1.ManagedFieldsEntry
	for _, s := range sets {
		if reach(s.fields, at) == len(at) {
			out = append(out, s.entry)
		}
	}
	return out
}

// stays reports whether somebody other than us owns fields still after an apply that takes over those of some managers.
func stays(e metav1.ManagedFieldsEntry, takes []string) bool {
	return e.Manager != object.FieldManager && !object.Takes(e, takes)
}

// byPlace compares elements of paths, numbers by their size.
func byPlace(a, b string) int {
	m, errA := strconv.Atoi(a)
	n, errB := strconv.Atoi(b)
	if errA == nil && errB == nil {
		return cmp.Compare(m, n)
	}
	return strings.Compare(a, b)
}

// ignored lists the fields of a desired object that the rules ignore.
func (r *Rules) ignored(ctx context.Context, ref object.Ref, want, live *unstructured.Unstructured) [][]string {
	var out [][]string
	for _, rule := range r.rules {
		if !rule.selects(ref) {
			continue
		}
		out = append(out, rule.pointers...)
		for _, q := range rule.queries {
			out = append(out, q.find(ctx, want)...)
		}
		for _, manager := range rule.ManagedFieldsManagers {
			for _, set := range managedSets(live) {
				if set.entry.Manager == manager {
					out = ownedPaths(out, nil, want.Object, set.fields)
				}
			}
		}
	}
	return out
}

// ownedPaths appends the paths of those fields of a value that a managed field set names.
func ownedPaths(out [][]string, at []string, node any, fields map[string]any) [][]string {
	for key, below := range fields {
		deeper, _ := below.(map[string]any)
		switch n := node.(type) {
		case map[string]any:
			name, ok := strings.CutPrefix(key, "f:")
			child, there := n[name]
			if !ok || !there {
				continue
			}
			path := append(slices.Clone(at), name)
			if len(deeper) == 0 {
				out = append(out, path)
			} else {
				out = ownedPaths(out, path, child, deeper)
			}
		case []any:
			if i := slices.IndexFunc(n, func(e any) bool { return isElement(key, e) }); i >= 0 {
				out = append(out, append(slices.Clone(at), strconv.Itoa(i)))
				continue
			}
			var keys map[string]any
			if !strings.HasPrefix(key, "k:") || json.Unmarshal([]byte(key[2:]), &keys) != nil {
				continue
			}
			for i, e := range n {
				if m, ok := e.(map[string]any); ok && holds(m, keys) {
					out = ownedPaths(out, append(slices.Clone(at), strconv.Itoa(i)), m, deeper)
				}
			}
		}
	}
	return out
}

// KeepField writes the live value of one field over the desired one, in place. Elements of lists that have a name are the
// same where the name is; a field that is not live stays as it is desired.
func KeepField(want, live *unstructured.Unstructured, path []string) {
	keep(want.Object, live.Object, path, false)
}

// keep is KeepField of any value, which it returns; with drop it takes out what is not live.
func keep(want, live any, path []string, drop bool) any {
	switch w := want.(type) {
	case map[string]any:
		child, ok := w[path[0]]
		if !ok {
			return w
		}
		l, _ := live.(map[string]any)
		value, there := l[path[0]]
		switch {
		case len(path) > 1:
			w[path[0]] = keep(child, value, path[1:], drop)
			if bare(w[path[0]], nil) && !there && drop {
				delete(w, path[0])
			}
		case there:
			w[path[0]] = copied(value)
		case drop:
			delete(w, path[0])
		}
		return w
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || i < 0 || i >= len(w) {
			return w
		}
		l, _ := live.([]any)
		at := sameElement(w, i, l)
		var value any
		if at >= 0 {
			value = l[at]
		}
		switch {
		case len(path) > 1:
			w[i] = keep(w[i], value, path[1:], drop)
		case at >= 0:
			w[i] = copied(value)
		case drop:
			return slices.Delete(w, i, i+1)
		}
		return w
	}
	return want
}

// sameElement finds a desired element in a live list: by the field that tells the elements of both apart, or by a name that only it has,
// and by its place where neither does; -1 when it is not there.
func sameElement(want []any, i int, live []any) int {
	field := listKey(want, live)
	m, _ := want[i].(map[string]any)
	if field == "" && alone(want, m["name"]) && alone(live, m["name"]) {
		field = "name"
	}
	if field != "" {
		return slices.IndexFunc(live, func(e any) bool { return fieldIs(e, field, m[field]) })
	}
	if i < len(live) {
		return i
	}
	return -1
}

// alone reports whether no more than one element of a list has a name, which is nil where the one that is looked for has none.
func alone(list []any, name any) bool {
	n := 0
	for _, e := range list {
		if fieldIs(e, "name", name) {
			n++
		}
	}
	return name != nil && n < 2
}

func fieldIs(e any, field string, value any) bool {
	m, ok := e.(map[string]any)
	return ok && m[field] != nil && fmt.Sprint(m[field]) == fmt.Sprint(value)
}

// copied is a deep copy of a value of an object.
func copied(v any) any {
	return (&unstructured.Unstructured{Object: map[string]any{"v": v}}).DeepCopy().Object["v"]
}

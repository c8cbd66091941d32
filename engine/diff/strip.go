package diff

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// strip removes ignored fields from both sides but for the mark, and spells known ones alike. It copies the sides before it changes them. full
// is the live object with its managed fields.
func (r *Rules) strip(ctx context.Context, ref object.Ref, full *unstructured.Unstructured, sides ...*unstructured.Unstructured) {
	if r == nil || !slices.ContainsFunc(r.rules, func(rule rule) bool { return rule.selects(ref) }) &&
		!slices.ContainsFunc(r.known, func(f knownField) bool { return f.kinds.match(ref) }) {
		return
	}
	before := make([]map[string]any, len(sides))
	for i, u := range sides {
		before[i], u.Object = u.Object, r.spelled(ref, u).Object
	}
	for _, rule := range r.rules {
		if !rule.selects(ref) {
			continue
		}
		for _, u := range sides {
			for _, p := range rule.pointers {
				remove(u.Object, p)
			}
			for _, q := range rule.queries {
				q.strip(ctx, u)
			}
		}
		for _, manager := range rule.ManagedFieldsManagers {
			stripManager(full, manager, sides...)
		}
	}
	for i, u := range sides {
		object.CopyMark(u, &unstructured.Unstructured{Object: before[i]})
	}
	for i, u := range sides {
		for _, path := range emptied(before[i], u.Object, nil) {
			for _, side := range sides {
				dropEmpty(side.Object, path)
			}
		}
	}
}

// emptied lists the maps of which nothing is left since before, the outermost of those that were emptied together.
func emptied(before, after map[string]any, at []string) [][]string {
	var out [][]string
	for k, v := range after {
		was, okA := before[k].(map[string]any)
		is, okB := v.(map[string]any)
		if !okA || !okB || len(was) == 0 {
			continue
		}
		path := append(slices.Clone(at), k)
		if hollow(is) && !hollow(was) {
			out = append(out, path)
			continue
		}
		out = append(out, emptied(was, is, path)...)
	}
	return out
}

// dropEmpty removes a map that holds nothing but empty maps: one side must not differ from the other in what is left around
// an ignored field.
func dropEmpty(node map[string]any, path []string) {
	below, ok := node[path[0]].(map[string]any)
	if !ok {
		return
	}
	if len(path) > 1 {
		dropEmpty(below, path[1:])
		return
	}
	if hollow(below) {
		delete(node, path[0])
	}
}

func hollow(m map[string]any) bool {
	for _, v := range m {
		below, ok := v.(map[string]any)
		if !ok || !hollow(below) {
			return false
		}
	}
	return true
}

// remove deletes the value that the tokens lead to; a path that is not there is no error.
func remove(node any, tokens []string) any {
	switch n := node.(type) {
	case map[string]any:
		if len(tokens) == 1 {
			delete(n, tokens[0])
			return n
		}
		if child, ok := n[tokens[0]]; ok {
			n[tokens[0]] = remove(child, tokens[1:])
		}
		return n
	case []any:
		i, err := strconv.Atoi(tokens[0])
		if err != nil || i < 0 || i >= len(n) {
			return n
		}
		if len(tokens) == 1 {
			return append(n[:i:i], n[i+1:]...)
		}
		n[i] = remove(n[i], tokens[1:])
		return n
	}
	return node
}

// strip replaces an object by what is left of it; a program that fails or takes too long changes nothing.
func (q query) strip(ctx context.Context, u *unstructured.Unstructured) {
	ctx, cancel := context.WithTimeout(ctx, jqLimit)
	defer cancel()
	v, ok := q.del.RunWithContext(ctx, numbers(u.Object, toJQ)).Next()
	if !ok {
		return
	}
	if m, ok := numbers(v, fromJQ).(map[string]any); ok {
		u.Object = m
	}
}

// find lists the fields of an object that the expression leads to; none when it fails or takes too long.
func (q query) find(ctx context.Context, u *unstructured.Unstructured) [][]string {
	ctx, cancel := context.WithTimeout(ctx, jqLimit)
	defer cancel()
	var out [][]string
	for found := q.paths.RunWithContext(ctx, numbers(u.Object, toJQ)); ; {
		v, ok := found.Next()
		if !ok {
			return out
		}
		steps, ok := v.([]any)
		if !ok {
			return nil
		}
		path := make([]string, len(steps))
		for i := range steps {
			path[i] = fmt.Sprint(steps[i])
		}
		if len(path) > 0 {
			out = append(out, path)
		}
	}
}

// numbers copies a value with its whole numbers in another type. An object has int64, jq knows int; a number that came back
// in another type than it went would differ from itself on the other side of a comparison.
func numbers(v any, convert func(any) any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = numbers(e, convert)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = numbers(e, convert)
		}
		return out
	}
	return convert(v)
}

func toJQ(v any) any {
	if n, ok := v.(int64); ok {
		return int(n)
	}
	return v
}

func fromJQ(v any) any {
	if n, ok := v.(int); ok {
		return int64(n)
	}
	return v
}

// stripManager removes the fields that a manager owns in the live object from both sides.
func stripManager(full *unstructured.Unstructured, manager string, sides ...*unstructured.Unstructured) {
	for _, set := range managedSets(full) {
		if set.entry.Manager == manager {
			for _, u := range sides {
				removeOwned(u.Object, set.fields)
			}
		}
	}
}

// removeOwned removes from a value what a managed field set names, and returns what is left. What holds nothing more is
// removed too where the set names it for itself: a map or list that the manager made, an element of a list that it put in.
func removeOwned(node any, fields map[string]any) any {
	for key, below := range fields {
		deeper, _ := below.(map[string]any)
		switch n := node.(type) {
		case map[string]any:
			name, ok := strings.CutPrefix(key, "f:")
			child, there := n[name]
			if !ok || !there {
				continue
			}
			if len(deeper) > 0 {
				n[name] = removeOwned(child, deeper)
			}
			if len(deeper) == 0 || ownsItself(deeper) && bare(n[name], nil) {
				delete(n, name)
			}
		case []any:
			node = removeElement(n, key, deeper)
		}
	}
	return node
}

// removeElement removes an element of a list as far as a key of a managed field set names it: v:"text" is the element of a
// set, k:{"name":"web"} one that has these fields. They stay while anything else of the element does.
func removeElement(list []any, key string, fields map[string]any) []any {
	text, ok := strings.CutPrefix(key, "k:")
	if !ok {
		return slices.DeleteFunc(list, func(e any) bool { return isElement(key, e) })
	}
	var keys map[string]any
	if json.Unmarshal([]byte(text), &keys) != nil {
		return list
	}
	others := maps.Clone(fields)
	for k := range keys {
		delete(others, "f:"+k)
	}
	return slices.DeleteFunc(list, func(e any) bool {
		m, ok := e.(map[string]any)
		if !ok || !holds(m, keys) {
			return false
		}
		removeOwned(m, others)
		return ownsItself(fields) && bare(m, keys)
	})
}

// ownsItself reports whether a managed field set names not only what is in a value but the value itself.
func ownsItself(fields map[string]any) bool {
	_, itself := fields["."]
	return itself
}

// bare reports whether a map or list holds nothing, but for keys.
func bare(v any, keys map[string]any) bool {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			if _, isKey := keys[k]; !isKey {
				return false
			}
		}
		return true
	case []any:
		return len(v) == 0
	}
	return false
}

package health

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// path leads into an object: .status.phase, .metadata.labels."example.com/state", .status.nodes[].ready. A step with
// [] goes into every element of a list or map; [fresh] and [stale] only into those whose conditions were, or were not,
// written for the object's newest generation.
type path []pathStep

type pathStep struct {
	name string
	// each is "" for a field, else which elements are gone into.
	each string
}

// parsePath reads a path, which begins with a dot.
func parsePath(s string) (path, error) {
	var out path
	for rest := s; rest != ""; {
		var step pathStep
		after, ok := strings.CutPrefix(rest, ".")
		if !ok {
			return nil, fmt.Errorf("path %q: a dot is missing before %q", s, rest)
		}
		if quoted, isQuoted := strings.CutPrefix(after, `"`); isQuoted {
			step.name, rest, ok = strings.Cut(quoted, `"`)
			if !ok {
				return nil, fmt.Errorf("path %q: a quote is not closed", s)
			}
		} else {
			end := strings.IndexAny(after, ".[")
			if end < 0 {
				end = len(after)
			}
			step.name, rest = after[:end], after[end:]
		}
		for _, each := range []string{"[]", "[fresh]", "[stale]"} {
			if tail, has := strings.CutPrefix(rest, each); has {
				step.each, rest = each, tail
			}
		}
		if step.name == "" {
			return nil, fmt.Errorf("path %q: a step has no name", s)
		}
		out = append(out, step)
	}
	return out, nil
}

// last is the name of the path's last step.
func (p path) last() string { return p[len(p)-1].name }

// values returns what the path leads to: one value, which is nil when it is not there, or one for each element.
func (p path) values(u *unstructured.Unstructured) []any {
	return p.from(u.Object, u.GetGeneration())
}

func (p path) from(v any, generation int64) []any {
	if len(p) == 0 {
		return []any{v}
	}
	m, _ := v.(map[string]any)
	next := m[p[0].name]
	if p[0].each == "" {
		return p[1:].from(next, generation)
	}
	var out []any
	for _, e := range elements(next) {
		if p[0].each != "[]" && stale(e, generation) != (p[0].each == "[stale]") {
			continue
		}
		out = append(out, p[1:].from(e, generation)...)
	}
	return out
}

// elements returns the elements of a list, or of a map by their keys.
func elements(v any) []any {
	switch c := v.(type) {
	case []any:
		return c
	case map[string]any:
		out := make([]any, 0, len(c))
		for _, k := range slices.Sorted(maps.Keys(c)) {
			out = append(out, c[k])
		}
		return out
	}
	return nil
}

// stale reports whether an element has a condition that was written for another generation. An object that has no
// generation was not read from a cluster; nothing is stale in it.
func stale(element any, generation int64) bool {
	if generation == 0 {
		return false
	}
	m, _ := element.(map[string]any)
	for _, c := range elements(m["conditions"]) {
		c, _ := c.(map[string]any)
		if seen, ok := asNumber(c["observedGeneration"]); ok && int64(seen) != generation {
			return true
		}
	}
	return false
}

// written writes a scalar as it stands in YAML; "" for nil and for everything else.
func written(v any) string {
	switch s := v.(type) {
	case string:
		return s
	case bool:
		return strconv.FormatBool(s)
	case int64:
		return strconv.FormatInt(s, 10)
	case float64:
		return strconv.FormatFloat(s, 'f', -1, 64)
	}
	return ""
}

func asNumber(v any) (float64, bool) {
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

// filled reports whether a value says anything: it is there, and neither false nor empty.
func filled(v any) bool {
	switch s := v.(type) {
	case nil:
		return false
	case bool:
		return s
	case string:
		return s != ""
	case []any:
		return len(s) > 0
	case map[string]any:
		return len(s) > 0
	}
	return true
}

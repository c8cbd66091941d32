package app

import (
	"bytes"
	"encoding/json"

	"go.yaml.in/yaml/v3"
)

// revise returns a node for v that keeps what it can of the old one: comments, order, quotes, and untouched parts.
func revise(old *yaml.Node, v any, s *shape) *yaml.Node {
	switch v := v.(type) {
	case map[string]any:
		if old.Kind == yaml.MappingNode {
			return reviseMapping(old, v, s)
		}
	case []any:
		if old.Kind == yaml.SequenceNode {
			return reviseSequence(old, v, s)
		}
	case string:
		n := commented(textNode(v), old)
		if old.Kind == yaml.ScalarNode && n.Style == 0 {
			n.Style = old.Style & (yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle)
		}
		return n
	}
	return commented(toNode(v, s), old)
}

func reviseMapping(old *yaml.Node, v map[string]any, s *shape) *yaml.Node {
	n := *old
	n.Content = nil
	kept := map[string]bool{}
	for i := 0; i+1 < len(old.Content); i += 2 {
		name := keyName(old.Content[i])
		value, ok := v[name]
		if !ok {
			continue
		}
		kept[name] = true
		n.Content = append(n.Content, old.Content[i], revised(old.Content[i+1], value, s.field(name)))
	}
	for _, name := range ordered(v, s) {
		if !kept[name] {
			n.Content = append(n.Content, textNode(name), toNode(v[name], s.field(name)))
		}
	}
	return &n
}

func reviseSequence(old *yaml.Node, v []any, s *shape) *yaml.Node {
	n := *old
	n.Content = nil
	taken := make([]bool, len(old.Content))
	for i, value := range v {
		j := sameElement(old, taken, value)
		if j < 0 && i < len(old.Content) && len(v) >= len(old.Content) && !taken[i] {
			j = i
		}
		if j < 0 {
			n.Content = append(n.Content, toNode(value, s.element()))
			continue
		}
		taken[j] = true
		n.Content = append(n.Content, revised(old.Content[j], value, s.element()))
	}
	return &n
}

// sameElement returns the first free element of a list with this value, or -1.
func sameElement(old *yaml.Node, taken []bool, v any) int {
	for j, e := range old.Content {
		if !taken[j] && means(e, v) {
			return j
		}
	}
	return -1
}

// revised is the old node itself where its value is already v.
func revised(old *yaml.Node, v any, s *shape) *yaml.Node {
	if means(old, v) {
		return old
	}
	return revise(old, v, s)
}

// means reports whether a node reads as v.
func means(n *yaml.Node, v any) bool {
	r := reader{budget: maxNodes}
	got := r.value(n, nil, "")
	if len(r.problems) > 0 {
		return false
	}
	a, errA := json.Marshal(got)
	b, errB := json.Marshal(v)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// commented gives a new node the comments of the one whose place it takes.
func commented(n, old *yaml.Node) *yaml.Node {
	n.HeadComment, n.LineComment, n.FootComment = old.HeadComment, old.LineComment, old.FootComment
	return n
}

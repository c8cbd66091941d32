package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Encode writes an application as YAML in a stable order: known fields as they are declared (apiVersion, kind,
// metadata, spec, …), then unknown ones by name. [Decode] reads it back as the same application.
func Encode(a Application) ([]byte, error) {
	b, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("encode application %s: %w", a.Key(), err)
	}
	v, err := generic(b)
	if err != nil {
		return nil, err
	}
	return printNode(toNode(v, applicationShape), 2, false)
}

// printNode writes a node with this indentation; compact puts a list's dashes under the key instead of behind it.
func printNode(n *yaml.Node, indent int, compact bool) ([]byte, error) {
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(indent)
	if compact {
		e.CompactSeqIndent()
	}
	if err := e.Encode(n); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	if err := e.Close(); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	return out.Bytes(), nil
}

func toNode(v any, s *shape) *yaml.Node {
	switch v := v.(type) {
	case nil:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: fmt.Sprint(v)}
	case string:
		return textNode(v)
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, e := range v {
			n.Content = append(n.Content, toNode(e, s.element()))
		}
		return n
	case map[string]any:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, name := range ordered(v, s) {
			n.Content = append(n.Content, textNode(name), toNode(v[name], s.field(name)))
		}
		return n
	default:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: fmt.Sprint(v)}
	}
}

// textNode writes a string so that no reader of YAML 1.1 or 1.2 takes it for something else: as a block when it has
// lines and a block can hold it, in quotes when it looks like another type.
func textNode(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	plain := &yaml.Node{Kind: yaml.ScalarNode, Value: s}
	v, _, err := plainValue(plain)
	_, text := v.(string)
	switch {
	case strings.Contains(s, "\n") && blockable(s):
		n.Style = yaml.LiteralStyle
	case strings.ContainsAny(s, "\n\r\t") || err != nil || !text || plain.ShortTag() != "!!str":
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// blockable reports whether a literal block keeps the text exactly.
func blockable(s string) bool {
	return !strings.ContainsAny(s, "\r\t\u0085\u2028\u2029\ufeff") && !strings.HasPrefix(s, " ") && !strings.HasPrefix(s, "\n") &&
		strings.TrimSpace(s) != ""
}

// ordered returns the names in v: those that the shape declares in its order, then the others by name.
func ordered(v map[string]any, s *shape) []string {
	var out []string
	if s != nil && s.form == formObject {
		for _, name := range s.order {
			if _, ok := v[name]; ok {
				out = append(out, name)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

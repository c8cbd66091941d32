package render

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// layout is how an author indents: mappings by indent, the dashes of a list by dash against its key.
type layout struct{ indent, dash int }

// layoutOf takes the layout from the first nested mapping and the first list of a document.
func layoutOf(doc *yamlv3.Node) layout {
	l := layout{dash: -1}
	var visit func(n *yamlv3.Node)
	visit = func(n *yamlv3.Node) {
		for i, value := range n.Content {
			if n.Kind == yamlv3.MappingNode && i%2 == 1 && value.Line > n.Content[i-1].Line && len(value.Content) > 0 {
				by := value.Content[0].Column - n.Content[i-1].Column
				switch {
				case value.Kind == yamlv3.MappingNode && l.indent == 0:
					l.indent = by
				case value.Kind == yamlv3.SequenceNode && l.dash < 0:
					l.dash = value.Column - n.Content[i-1].Column
				}
			}
			visit(value)
		}
	}
	visit(doc)
	if l.indent < 2 || l.indent > 8 {
		l.indent = 2
	}
	if l.dash < 0 || l.dash > 8 {
		l.dash = l.indent
	}
	return l
}

// inline writes a value on one line, "" when it needs more. Inside of braces everything fits on one.
func (s *splicer) inline(v any, old *yamlv3.Node, braces bool) (string, error) {
	n := valueNode(v)
	switch n.Kind {
	case yamlv3.ScalarNode:
		if n.Style == yamlv3.LiteralStyle {
			if !braces {
				return "", nil
			}
			n.Style = yamlv3.DoubleQuotedStyle
		}
		if old != nil && n.ShortTag() == "!!str" && n.Style == 0 && old.Kind == yamlv3.ScalarNode {
			n.Style = old.Style & (yamlv3.SingleQuotedStyle | yamlv3.DoubleQuotedStyle)
		}
	default:
		if len(n.Content) > 0 && !braces {
			return "", nil
		}
		setFlow(n)
	}
	// A list in brackets, for what is plain text outside of them may not be inside.
	text, err := print(&yamlv3.Node{Kind: yamlv3.SequenceNode, Style: yamlv3.FlowStyle, Content: []*yamlv3.Node{n}}, 2, false)
	if err != nil {
		return "", err
	}
	text = strings.TrimSuffix(text, "\n")
	if strings.Contains(text, "\n") || len(text) < 2 {
		return "", refuse("a value does not fit on a line")
	}
	return text[1 : len(text)-1], nil
}

func setFlow(n *yamlv3.Node) {
	n.Style = yamlv3.FlowStyle
	for _, c := range n.Content {
		if c.Kind != yamlv3.ScalarNode {
			setFlow(c)
		} else if c.Style == yamlv3.LiteralStyle {
			c.Style = yamlv3.DoubleQuotedStyle
		}
	}
}

// entries writes keys and their values as lines that are indented by so much.
func (s *splicer) entries(values map[string]any, indent int) ([]string, error) {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		one := &yamlv3.Node{Kind: yamlv3.MappingNode, Content: []*yamlv3.Node{keyNode(name), valueNode(values[name])}}
		text, err := print(one, s.layout.indent, s.layout.dash == 0)
		if err != nil {
			return nil, err
		}
		lines = append(lines, indented(text, indent)...)
	}
	return lines, nil
}

// items writes elements of a list as lines whose dashes are indented by so much.
func (s *splicer) items(values []any, indent int) ([]string, error) {
	text, err := print(valueNode(values), s.layout.indent, s.layout.dash == 0)
	if err != nil {
		return nil, err
	}
	return indented(text, indent), nil
}

// joined puts lines together, each with a line end.
func (s *splicer) joined(lines []string) string {
	var out strings.Builder
	for _, line := range lines {
		out.WriteString(line + s.eol)
	}
	return out.String()
}

func indented(text string, indent int) []string {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = strings.Repeat(" ", indent) + line
		}
	}
	return lines
}

func print(n *yamlv3.Node, indent int, compact bool) (string, error) {
	var b strings.Builder
	enc := yamlv3.NewEncoder(&b)
	enc.SetIndent(indent)
	if compact {
		enc.CompactSeqIndent()
	}
	if err := enc.Encode(n); err != nil {
		return "", fmt.Errorf("write values: %w", err)
	}
	return b.String(), nil
}

// valueNode is a value as a node that Helm reads as the same.
func valueNode(v any) *yamlv3.Node {
	switch v := v.(type) {
	case nil:
		return &yamlv3.Node{Kind: yamlv3.ScalarNode, Tag: "!!null", Value: "null"}
	case string:
		return stringNode(v)
	case float64:
		return &yamlv3.Node{Kind: yamlv3.ScalarNode, Value: numberText(v)}
	case []any:
		n := &yamlv3.Node{Kind: yamlv3.SequenceNode}
		for _, e := range v {
			n.Content = append(n.Content, valueNode(e))
		}
		return n
	case map[string]any:
		n := &yamlv3.Node{Kind: yamlv3.MappingNode}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			n.Content = append(n.Content, keyNode(name), valueNode(v[name]))
		}
		return n
	}
	return &yamlv3.Node{Kind: yamlv3.ScalarNode, Value: fmt.Sprint(v)}
}

// numberText writes a number; whole ones have no exponent.
func numberText(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

func keyNode(name string) *yamlv3.Node {
	n := stringNode(name)
	if n.Style == yamlv3.LiteralStyle || n.Style == 0 && app.KeyAsRead(n) != name {
		n.Style = yamlv3.DoubleQuotedStyle
	}
	return n
}

// stringNode writes a text so that Helm, which reads YAML 1.1, takes it for nothing else: as a block when it has lines
// and a block can hold it, in quotes when it looks like another type.
func stringNode(text string) *yamlv3.Node {
	n := &yamlv3.Node{Kind: yamlv3.ScalarNode, Tag: "!!str", Value: text}
	switch {
	case strings.Contains(text, "\n") && blockable(text):
		n.Style = yamlv3.LiteralStyle
	case strings.ContainsAny(text, "\n\r\t\u0085\u2028\u2029\ufeff") || !plainly(text):
		n.Style = yamlv3.DoubleQuotedStyle
	}
	return n
}

// plainly reports whether Helm reads a text without quotes as that text, or as something that no quotes are missed for.
func plainly(text string) bool {
	b, err := json.Marshal(text)
	if err != nil {
		return false
	}
	var got struct{ V any }
	if yaml.Unmarshal([]byte("V: "+text), &got) != nil {
		// It is quoted for its signs.
		return true
	}
	back, err := json.Marshal(got.V)
	return err != nil || string(back) == string(b) || text == ""
}

// blockable reports whether a literal block keeps the text exactly.
func blockable(text string) bool {
	return !strings.ContainsAny(text, "\r\t\u0085\u2028\u2029\ufeff") && !strings.HasPrefix(text, " ") && !strings.HasPrefix(text, "\n") &&
		strings.TrimSpace(text) != ""
}

package render

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chartutil"

	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// splice writes values into a YAML text at their places and leaves every other byte as it is: comments, order, blank
// lines, quoting. The outcome is read back; a text that cannot be spliced (flow style, anchors) is printed anew.
func splice(text string, over map[string]any) (string, error) {
	if len(over) == 0 {
		return text, nil
	}
	base := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &base); err != nil {
		return "", fmt.Errorf("read values: %w", err)
	}
	want := merge(base, over)
	out := text
	for _, leaf := range leafValues(nil, over) {
		next, err := spliceOne(out, leaf.path, leaf.value)
		if err != nil {
			return printed(want)
		}
		out = next
	}
	got := map[string]any{}
	if err := yaml.Unmarshal([]byte(out), &got); err != nil || !reflect.DeepEqual(normal(got), normal(want)) {
		return printed(want)
	}
	return out, nil
}

// merge lays values over others; a null removes.
func merge(base, over map[string]any) map[string]any {
	out := chartutil.MergeTables(deepCopy(over), deepCopy(base))
	return out
}

// normal makes two decoded documents comparable: numbers that were written differently are the same, nulls are absent.
func normal(m map[string]any) any {
	b, err := yaml.Marshal(m)
	if err != nil {
		return err
	}
	var out any
	if err := yaml.Unmarshal(b, &out); err != nil {
		return err
	}
	return withoutNulls(out)
}

func withoutNulls(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	for k, e := range m {
		if e == nil {
			delete(m, k)
			continue
		}
		m[k] = withoutNulls(e)
	}
	return m
}

func printed(m map[string]any) (string, error) {
	b, err := yaml.Marshal(withoutNulls(deepCopy(m)))
	if err != nil {
		return "", fmt.Errorf("write values: %w", err)
	}
	return string(b), nil
}

type leafValue struct {
	path  []string
	value any
}

func leafValues(prefix []string, m map[string]any) []leafValue {
	var out []leafValue
	for _, k := range slices.Sorted(maps.Keys(m)) {
		p := append(slices.Clone(prefix), k)
		if below, ok := m[k].(map[string]any); ok && len(below) > 0 {
			out = append(out, leafValues(p, below)...)
			continue
		}
		out = append(out, leafValue{p, m[k]})
	}
	return out
}

// spliceOne writes one value.
func spliceOne(text string, path []string, value any) (string, error) {
	var doc yamlv3.Node
	if err := yamlv3.Unmarshal([]byte(text), &doc); err != nil {
		return "", err
	}
	lines := strings.SplitAfter(text, "\n")
	if len(doc.Content) == 0 || doc.Content[0].Kind != yamlv3.MappingNode {
		block, err := block(path, value, 0)
		return strings.TrimRight(text, "\n") + "\n" + block, err
	}
	node, at := doc.Content[0], 0
	for at < len(path) {
		k, v := field(node, path[at])
		if k == nil {
			break
		}
		if at == len(path)-1 {
			return replaceValue(lines, k, v, path[at:], value)
		}
		if v.Kind != yamlv3.MappingNode || v.Style&yamlv3.FlowStyle != 0 || len(v.Content) == 0 {
			return replaceValue(lines, k, v, path[at:], value)
		}
		node, at = v, at+1
	}
	if value == nil {
		return text, nil
	}
	return insertInto(lines, node, path[at:], value)
}

func field(m *yamlv3.Node, name string) (key, value *yamlv3.Node) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == name {
			return m.Content[i], m.Content[i+1]
		}
	}
	return nil, nil
}

// replaceValue writes over the value of a key. A plain value on the key's line is exchanged alone, so that a comment
// behind it stays; anything else is exchanged as a block of lines.
func replaceValue(lines []string, k, v *yamlv3.Node, path []string, value any) (string, error) {
	if len(path) == 1 && v.Kind == yamlv3.ScalarNode && v.Line == k.Line && v.Style&(yamlv3.LiteralStyle|yamlv3.FoldedStyle) == 0 && scalar(value) {
		line := lines[v.Line-1]
		start := column(line, v.Column)
		end := start + tokenLength(line[start:], v)
		text, err := scalarText(value)
		if err != nil || end > len(line) {
			return "", fmt.Errorf("no place for the value: %w", err)
		}
		lines[v.Line-1] = line[:start] + text + line[end:]
		return strings.Join(lines, ""), nil
	}
	indent := k.Column - 1
	end := blockEnd(lines, k.Line, indent)
	text := ""
	if value != nil || len(path) > 1 {
		var err error
		if text, err = block(append([]string{k.Value}, path[1:]...), value, indent); err != nil {
			return "", err
		}
	}
	return strings.Join(lines[:k.Line-1], "") + text + strings.Join(lines[end:], ""), nil
}

// column turns a column counted in characters into a place in bytes.
func column(line string, col int) int {
	n := 0
	for i := range line {
		if n == col-1 {
			return i
		}
		n++
	}
	return len(line)
}

// tokenLength is the length of a scalar as it is written.
func tokenLength(rest string, v *yamlv3.Node) int {
	switch {
	case v.Style&yamlv3.DoubleQuotedStyle != 0:
		for i := 1; i < len(rest); i++ {
			switch rest[i] {
			case '\\':
				i++
			case '"':
				return i + 1
			}
		}
	case v.Style&yamlv3.SingleQuotedStyle != 0:
		for i := 1; i < len(rest); i++ {
			if rest[i] == '\'' && (i+1 == len(rest) || rest[i+1] != '\'') {
				return i + 1
			} else if rest[i] == '\'' {
				i++
			}
		}
	case v.Tag == "!!null" && v.Value == "":
		return 0
	}
	end := len(strings.TrimRight(rest, "\r\n"))
	if i := strings.Index(rest[:end], " #"); i >= 0 {
		end = i
	}
	return len(strings.TrimRight(rest[:end], " \t"))
}

// blockEnd is the number of the line after a key's value: the next line that is indented no deeper. Comments and blank
// lines before it belong to what follows.
func blockEnd(lines []string, keyLine, indent int) int {
	end := keyLine
	for i := keyLine; i < len(lines); i++ {
		trimmed := strings.TrimSpace(lines[i])
		if trimmed == "" || strings.HasPrefix(trimmed, "#") {
			continue
		}
		depth := len(lines[i]) - len(strings.TrimLeft(lines[i], " "))
		if depth < indent || depth == indent && !strings.HasPrefix(trimmed, "- ") && trimmed != "-" {
			break
		}
		end = i + 1
	}
	return end
}

// insertInto appends a key at the end of a block mapping.
func insertInto(lines []string, m *yamlv3.Node, path []string, value any) (string, error) {
	if m.Style&yamlv3.FlowStyle != 0 || len(m.Content) == 0 {
		return "", fmt.Errorf("no place for a new key")
	}
	last := m.Content[len(m.Content)-2]
	indent := last.Column - 1
	end := blockEnd(lines, last.Line, indent)
	text, err := block(path, value, indent)
	if err != nil {
		return "", err
	}
	before := strings.Join(lines[:end], "")
	if before != "" && !strings.HasSuffix(before, "\n") {
		before += "\n"
	}
	return before + text + strings.Join(lines[end:], ""), nil
}

// block writes a path and its value as indented lines.
func block(path []string, value any, indent int) (string, error) {
	for i := len(path) - 1; i >= 0; i-- {
		value = map[string]any{path[i]: value}
	}
	var b strings.Builder
	enc := yamlv3.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(value); err != nil {
		return "", err
	}
	var out strings.Builder
	for line := range strings.Lines(b.String()) {
		if strings.TrimSpace(line) != "" {
			out.WriteString(strings.Repeat(" ", indent))
		}
		out.WriteString(line)
	}
	return out.String(), nil
}

func scalar(v any) bool {
	switch v.(type) {
	case map[string]any, []any, nil:
		return false
	}
	return true
}

// scalarText writes a value on one line.
func scalarText(v any) (string, error) {
	if s, ok := v.(string); ok && strings.ContainsAny(s, "\n\r") {
		return fmt.Sprintf("%q", s), nil
	}
	b, err := yamlv3.Marshal(v)
	return strings.TrimRight(string(b), "\n"), err
}

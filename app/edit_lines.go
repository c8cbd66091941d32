package app

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// editor collects replacements of whole lines.
type editor struct {
	text   text
	layout layout
	edits  []lineEdit
}

// lineEdit puts lines in the place of those from (inclusive) to (exclusive), counted from 0.
type lineEdit struct {
	from, to int
	lines    []string
}

func (e *editor) replace(from, to int, lines []string) {
	e.edits = append(e.edits, lineEdit{from: from, to: to, lines: lines})
}

// apply returns the edited text. Edits do not overlap.
func (e *editor) apply() []byte {
	slices.SortStableFunc(e.edits, func(a, b lineEdit) int { return cmp.Compare(a.from, b.from) })
	var out []string
	at := 0
	for _, x := range e.edits {
		out = append(out, e.text.lines[at:x.from]...)
		for _, l := range x.lines {
			out = append(out, l+e.text.cr)
		}
		at = x.to
	}
	out = append(out, e.text.lines[at:]...)
	if last := len(out) - 1; out[last] != "" && at == len(e.text.lines) {
		out = append(out, "") // the file ends with a line end
	}
	return []byte(strings.Join(out, "\n"))
}

// mapping edits the entries of a block mapping, which ends before line bound, where from and to differ.
func (e *editor) mapping(n *yaml.Node, from, to map[string]any, s *shape, bound int) error {
	written := map[string]bool{}
	last := n.Line - 1
	for i := 0; i+1 < len(n.Content); i += 2 {
		next := bound
		if i+2 < len(n.Content) {
			next = n.Content[i+2].Line - 1
		}
		name := keyName(n.Content[i])
		written[name] = true
		if err := e.entry(n.Content[i], n.Content[i+1], change{from[name], to[name]}, s.field(name), next); err != nil {
			return err
		}
		last = e.text.end(n.Content[i].Line-1, next, n.Content[i].Column-1)
	}
	added := map[string]any{}
	for name, v := range to {
		if !written[name] && !reflect.DeepEqual(from[name], v) {
			added[name] = v
		}
	}
	return e.add(n.Column-1, last, added, s)
}

// change is a field's value before and after, nil where there is none.
type change struct{ from, to any }

func (e *editor) entry(key, value *yaml.Node, c change, s *shape, bound int) error {
	if reflect.DeepEqual(c.from, c.to) {
		return nil
	}
	start := key.Line - 1
	end := e.text.end(start, bound, key.Column-1)
	if c.to == nil {
		e.replace(start, end, nil)
		return nil
	}
	from, wasMapping := c.from.(map[string]any)
	to, isMapping := c.to.(map[string]any)
	if wasMapping && isMapping && value.Kind == yaml.MappingNode && value.Style&yaml.FlowStyle == 0 && value.Line > key.Line {
		return e.mapping(value, from, to, s, bound)
	}
	if e.reword(key, value, c, end) {
		return nil
	}
	lines, err := e.print(key, revise(value, c.to, s), key.Column-1)
	if err != nil {
		return err
	}
	e.replace(start, end, lines)
	return nil
}

// add writes new fields of a mapping behind its last line.
func (e *editor) add(indent, line int, fields map[string]any, s *shape) error {
	for _, name := range ordered(fields, s) {
		lines, err := e.print(textNode(name), toNode(fields[name], s.field(name)), indent)
		if err != nil {
			return err
		}
		e.replace(line, line, lines)
	}
	return nil
}

// print writes one entry in the author's layout. Comments around the entry stay where they are in the file.
func (e *editor) print(key, value *yaml.Node, indent int) ([]string, error) {
	k := *key
	k.HeadComment, k.FootComment = "", ""
	m := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{&k, value}}
	b, err := printNode(m, e.layout.indent, e.layout.dash == 0)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	if value.Kind == yaml.SequenceNode && len(lines) > 1 {
		shift(lines[1:], e.layout.dash-indentOf(lines[1]))
	}
	shift(lines, indent)
	return lines, nil
}

// shift moves lines to the right, or to the left where by is negative.
func shift(lines []string, by int) {
	for i, l := range lines {
		switch {
		case l == "":
		case by > 0:
			lines[i] = strings.Repeat(" ", by) + l
		default:
			lines[i] = l[min(-by, indentOf(l)):]
		}
	}
}

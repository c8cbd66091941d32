package app

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// text is a file in lines, which keep a carriage return where they have one.
type text struct {
	lines []string
	// cr is "\r" in a file with such line ends.
	cr string
}

func newText(data []byte) text {
	t := text{lines: strings.Split(string(data), "\n")}
	if strings.HasSuffix(t.lines[0], "\r") {
		t.cr = "\r"
	}
	return t
}

// document returns the first line of a document after its separator, and the line behind its last, counted from 0.
func (t text) document(doc *yaml.Node) (start, end int) {
	start = doc.Content[0].Line - 1
	for start > 0 && !separator(t.lines[start-1]) {
		start--
	}
	end = max(doc.Content[0].Line, start+1)
	for end < len(t.lines) && !separator(t.lines[end]) {
		end++
	}
	return start, end
}

// end returns the line behind an entry's last own line: blank lines and comments that precede the line bound belong to
// what follows, unless they are indented deeper than the entry.
func (t text) end(start, bound, indent int) int {
	end := bound
	for end > start+1 && blankOrComment(t.lines[end-1]) && indentOf(t.lines[end-1]) <= indent {
		end--
	}
	return end
}

// separator reports whether a line ends a document.
func separator(line string) bool {
	return strings.HasPrefix(line, "---") || strings.HasPrefix(line, "...")
}

func blankOrComment(line string) bool {
	line = strings.TrimSpace(line)
	return line == "" || line[0] == '#'
}

// indentOf returns the number of leading spaces; a blank line has none.
func indentOf(line string) int {
	trimmed := strings.TrimLeft(line, " ")
	if strings.TrimSpace(trimmed) == "" {
		return 0
	}
	return len(line) - len(trimmed)
}

// layout is how an author indents: mappings by indent, the dashes of a list by dash against its key.
type layout struct {
	indent, dash int
}

// layoutOf takes the layout from the first nested mapping and the first list of a document.
func layoutOf(root *yaml.Node) layout {
	l := layout{dash: -1}
	var visit func(n *yaml.Node)
	visit = func(n *yaml.Node) {
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			switch {
			case value.Line == key.Line:
			case value.Kind == yaml.MappingNode && l.indent == 0:
				l.indent = value.Column - key.Column
			case value.Kind == yaml.SequenceNode && l.dash < 0:
				l.dash = value.Column - key.Column
			}
			visit(value)
		}
	}
	visit(root)
	if l.indent < 2 || l.indent > 8 {
		l.indent = 2
	}
	if l.dash < 0 || l.dash > 8 {
		l.dash = l.indent
	}
	return l
}

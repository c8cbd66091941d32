package app

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// reword changes a text that is written as a literal block, line by line at the indentation that it has: the lines that stay
// keep their bytes, and the block its header. It reports false where another text needs another form.
func (e *editor) reword(key, value *yaml.Node, c change, end int) bool {
	from, wasText := c.from.(string)
	to, isText := c.to.(string)
	if !wasText || !isText || value.Kind != yaml.ScalarNode || value.Style != yaml.LiteralStyle || value.Line != key.Line {
		return false
	}
	first := value.Line
	for end > first && strings.TrimSpace(e.text.lines[end-1]) == "" {
		end--
	}
	indent := 0
	for _, l := range e.text.lines[first:end] {
		if strings.TrimSpace(l) != "" {
			indent = indentOf(l)
			break
		}
	}
	if indent < key.Column || !fits(from) || !fits(to) || ending(from) > 1 || ending(to) > 1 || !e.rehead(value, from, to) {
		return false
	}
	lines := strings.Split(strings.TrimSuffix(to, "\n"), "\n")
	for i, l := range lines {
		if l != "" {
			lines[i] = strings.Repeat(" ", indent) + l
		}
	}
	e.replaceDifferent(first, end, lines)
	return true
}

// rehead changes the header of a literal block whose text ends otherwise than before. It reports false for a header that says
// more than that.
func (e *editor) rehead(value *yaml.Node, from, to string) bool {
	line := strings.TrimSuffix(e.text.lines[value.Line-1], e.text.cr)
	at := value.Column - 1
	if at >= len(line) || line[at] != '|' {
		return false
	}
	header, rest := line[at:], ""
	if i := strings.IndexAny(header, " \t"); i >= 0 {
		header, rest = header[:i], header[i:]
	}
	if len(strings.Trim(header, "|-+")) > 0 {
		return false
	}
	if ending(from) != ending(to) {
		header = map[int]string{0: "|-", 1: "|"}[ending(to)]
		e.replace(value.Line-1, value.Line, []string{line[:at] + header + rest})
	}
	return true
}

// replaceDifferent puts lines in the place of others but for those that are the same at the beginning and at the end.
func (e *editor) replaceDifferent(from, to int, lines []string) {
	for from < to && len(lines) > 0 && e.same(from, lines[0]) {
		from, lines = from+1, lines[1:]
	}
	for from < to && len(lines) > 0 && e.same(to-1, lines[len(lines)-1]) {
		to, lines = to-1, lines[:len(lines)-1]
	}
	e.replace(from, to, lines)
}

// same reports whether a line reads as a text; blanks alone are an empty line.
func (e *editor) same(line int, text string) bool {
	l := strings.TrimSuffix(e.text.lines[line], e.text.cr)
	return l == text || text == "" && strings.TrimSpace(l) == ""
}

// fits reports whether a text fits into a literal block whose indentation the reader finds out by its first line.
func fits(s string) bool {
	return strings.TrimSpace(s) != "" && !strings.HasPrefix(strings.TrimLeft(s, "\n"), " ") && !strings.ContainsAny(s, "\r\u0085\u2028\u2029\ufeff\x00")
}

// ending is the number of line ends that a text ends with.
func ending(s string) int { return len(s) - len(strings.TrimRight(s, "\n")) }

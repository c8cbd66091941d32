package render

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	yamlv3 "go.yaml.in/yaml/v3"
)

// splicer collects the replacements of a YAML text's bytes.
type splicer struct {
	text string
	// lines are the places where lines begin, as the YAML library counts lines.
	lines []int
	// eol ends the lines that are added.
	eol    string
	layout layout
	edits  []splicerEdit
}

// splicerEdit puts text in place of the bytes from (inclusive) to (exclusive).
type splicerEdit struct {
	from, to int
	text     string
}

func newSplicer(text string, doc *yamlv3.Node) *splicer {
	s := &splicer{text: text, lines: lineStarts(text), eol: "\n", layout: layoutOf(doc)}
	if i := strings.IndexByte(text, '\n'); i > 0 && text[i-1] == '\r' {
		s.eol = "\r\n"
	}
	return s
}

// lineStarts finds the lines by all the breaks that YAML knows. A byte order mark is no part of the first.
func lineStarts(text string) []int {
	at := 0
	if strings.HasPrefix(text, "\ufeff") {
		at = len("\ufeff")
	}
	starts := []int{at}
	for at < len(text) {
		n := breakAt(text, at)
		if n > 0 {
			starts = append(starts, at+n)
		}
		at += max(n, 1)
	}
	return starts
}

// breakAt is the length of the line break at a place, 0 where there is none.
func breakAt(text string, at int) int {
	rest := text[at:]
	for _, b := range []string{"\r\n", "\n", "\r", "\u0085", "\u2028", "\u2029"} {
		if strings.HasPrefix(rest, b) {
			return len(b)
		}
	}
	return 0
}

func (s *splicer) replace(from, to int, text string) {
	s.edits = append(s.edits, splicerEdit{from, to, text})
}

// apply returns the edited text.
func (s *splicer) apply() (string, error) {
	slices.SortStableFunc(s.edits, func(a, b splicerEdit) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	var out strings.Builder
	at := 0
	for _, e := range s.edits {
		if e.from < at || e.to < e.from || e.to > len(s.text) {
			return "", refuse("two changes meet in one place")
		}
		out.WriteString(s.text[at:e.from])
		out.WriteString(e.text)
		at = e.to
	}
	out.WriteString(s.text[at:])
	return out.String(), nil
}

// at is the place of a line and a column, which counts characters.
func (s *splicer) at(line, column int) int {
	if line < 1 || line > len(s.lines) {
		return len(s.text)
	}
	place := s.lines[line-1]
	for range column - 1 {
		_, n := utf8.DecodeRuneInString(s.text[min(place, len(s.text)):])
		place += n
	}
	return min(place, len(s.text))
}

// begin is where the value of a node begins, behind its anchor and tag.
func (s *splicer) begin(n *yamlv3.Node) int {
	place := s.at(n.Line, n.Column)
	for place < len(s.text) && (s.text[place] == '&' || s.text[place] == '!') {
		for place < len(s.text) && !strings.ContainsRune(" \t\r\n", rune(s.text[place])) {
			place++
		}
		place = s.behindSpace(place)
	}
	return place
}

// behindSpace skips blanks, line breaks and comments.
func (s *splicer) behindSpace(place int) int {
	for place < len(s.text) {
		switch c := s.text[place]; {
		case c == '#' && (place == 0 || strings.ContainsRune(" \t\r\n", rune(s.text[place-1]))):
			place = s.lineEnd(s.lineOf(place))
		case strings.ContainsRune(" \t\r\n", rune(c)):
			place++
		default:
			return place
		}
	}
	return place
}

// lineOf is the number of the line, counted from 1, that a place is in.
func (s *splicer) lineOf(place int) int {
	i, found := slices.BinarySearch(s.lines, place)
	if found {
		return i + 1
	}
	return max(i, 1)
}

// start is where a line begins; behind the last line, the text's end.
func (s *splicer) start(line int) int {
	if line > len(s.lines) {
		return len(s.text)
	}
	return s.lines[line-1]
}

// lineEnd is where a line ends, before its break.
func (s *splicer) lineEnd(line int) int {
	return s.start(line) + len(s.content(line))
}

// content is a line without its break.
func (s *splicer) content(line int) string {
	text := s.text[s.start(line):s.start(line+1)]
	return strings.TrimRight(text, "\r\n\u0085\u2028\u2029")
}

// documentEnd is the first line behind the document that a line is in.
func (s *splicer) documentEnd(line int) int {
	if line == 0 {
		line = 1
		for l := 1; l <= len(s.lines); l++ {
			if c := s.content(l); separator(c) && c[0] == '-' {
				line = l + 1
				break
			}
		}
	}
	for ; line <= len(s.lines); line++ {
		if separator(s.content(line)) {
			return line
		}
	}
	return len(s.lines) + 1
}

// separator reports whether a line ends a document.
func separator(line string) bool {
	mark, _, _ := strings.Cut(strings.ReplaceAll(line, "\t", " "), " ")
	return mark == "---" || mark == "..."
}

// own is the first line behind an entry's own ones: blank lines and comments before the line bound belong to what follows,
// unless they are indented deeper than the entry.
func (s *splicer) own(first, bound, indent int) int {
	end := bound
	for end > first+1 {
		line := s.content(end - 1)
		text := strings.TrimSpace(line)
		if text != "" && (text[0] != '#' || leading(line) > indent) {
			break
		}
		end--
	}
	return end
}

// leading is the number of spaces that a line begins with.
func leading(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

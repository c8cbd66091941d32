package render

import (
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
)

// slot is a place in block style that holds a value: behind a key's colon, or behind a dash.
type slot struct {
	value *yamlv3.Node
	// head is the place behind the colon or the dash.
	head int
	// indent is the column of the key or the dash, from 0.
	indent int
	// bound is the line at which the next entry begins, or what follows the last one.
	bound int
	// key is true behind a key.
	key bool
}

// value edits what is in a slot.
func (s *splicer) value(at slot, have, want any) error {
	v := at.value
	switch v.Kind {
	case yamlv3.MappingNode:
		old, _ := have.(map[string]any)
		fresh, ok := want.(map[string]any)
		if v.Style&yamlv3.FlowStyle != 0 && ok {
			return s.flow(v, old, fresh)
		}
		if ok && len(fresh) > 0 {
			return s.mapping(v, old, fresh, at.bound)
		}
	case yamlv3.SequenceNode:
		old, _ := have.([]any)
		fresh, ok := want.([]any)
		if v.Style&yamlv3.FlowStyle != 0 && ok {
			return s.flow(v, old, fresh)
		}
		if ok && len(fresh) > 0 {
			return s.sequence(v, old, fresh, at.bound)
		}
	case yamlv3.ScalarNode:
		if v.Style&(yamlv3.LiteralStyle|yamlv3.FoldedStyle) != 0 {
			return s.exchangeBlock(at, have, want)
		}
	case yamlv3.AliasNode, yamlv3.DocumentNode:
	}
	if v.Style&yamlv3.FlowStyle == 0 && (v.Kind == yamlv3.MappingNode || v.Kind == yamlv3.SequenceNode) {
		return s.exchangeEntries(at, have, want)
	}
	return s.exchangeToken(at, want)
}

// exchangeToken puts another value in place of one that is written in one piece. A comment behind it stays.
func (s *splicer) exchangeToken(at slot, want any) error {
	begin := s.begin(at.value)
	end := s.tokenEnd(begin, at.value)
	if vacant(at.value) {
		begin, end = at.head, at.head
	} else if plain(at.value) {
		end = s.plainEnd(begin, at)
	}
	text, err := s.inline(want, at.value, false)
	if err != nil {
		return err
	}
	if text != "" {
		if begin == at.head {
			text = " " + text
		}
		s.replace(begin, end, text)
		return nil
	}
	if s.lineOf(begin) != s.lineOf(at.head) {
		// What stands between stays; the new lines come behind it.
		s.replace(begin, end, "")
	} else {
		s.replace(at.head, end, "")
	}
	return s.below(at, s.lineOf(max(end-1, at.head-1))+1, want)
}

// below writes a value that needs lines of its own: its first line or header behind the head, the others before a line.
func (s *splicer) below(at slot, line int, want any) error {
	indent := at.indent + s.layout.indent
	if text, ok := want.(string); ok {
		header, lines := literal(text, indent)
		s.replace(at.head, at.head, " "+header)
		s.put(line, lines)
		return nil
	}
	if list, ok := want.([]any); ok {
		if at.key {
			indent = at.indent + s.layout.dash
		}
		lines, err := s.items(list, indent)
		if err == nil {
			s.put(line, lines)
		}
		return err
	}
	values, ok := want.(map[string]any)
	if !ok {
		return refuse("there is no place for a value in line %d", s.lineOf(at.head))
	}
	return s.insert(line, indent, values)
}

// literal is a text as a block: its header, and its lines.
func literal(text string, indent int) (header string, lines []string) {
	body := strings.TrimRight(text, "\n")
	switch len(text) - len(body) {
	case 0:
		header = "|-"
	case 1:
		header = "|"
	default:
		header = "|+"
		body = text[:len(text)-1]
	}
	return header, indented(body, indent)
}

// exchangeBlock puts another value in place of a block of text. A comment behind its header stays.
func (s *splicer) exchangeBlock(at slot, have, want any) error {
	begin := s.begin(at.value)
	line := s.lineOf(begin)
	header := s.text[begin:s.lineEnd(line)]
	if i := strings.IndexAny(header, " \t"); i >= 0 {
		header = header[:i]
	}
	end := s.blockEnd(at, line)
	if text, ok := want.(string); ok && stringNode(text).Style == yamlv3.LiteralStyle && s.reword(begin, header, line+1, end, have, text) {
		return nil
	}
	text, err := s.inline(want, nil, false)
	if err != nil {
		return err
	}
	s.replace(s.start(line+1), s.start(end), "")
	if text != "" {
		s.replace(begin, begin+len(header), text)
		return nil
	}
	s.replace(at.head, begin+len(header), "")
	return s.below(at, line+1, want)
}

// blockEnd is the first line behind a block of text: the next that is indented no deeper than what holds it, but for blank
// ones. Those at the end stay where they are.
func (s *splicer) blockEnd(at slot, line int) int {
	end := line + 1
	for l := line + 1; l < min(at.bound, len(s.lines)+1); l++ {
		text := s.content(l)
		if strings.TrimSpace(text) == "" {
			continue
		}
		if leading(text) <= at.indent {
			break
		}
		end = l + 1
	}
	return end
}

// reword changes the lines of a literal block that differ, at the indentation that it has. It reports false for a block that
// it cannot be sure of.
func (s *splicer) reword(begin int, header string, first, end int, have any, text string) bool {
	old, _ := have.(string)
	indent := 0
	for l := first; l < end; l++ {
		if c := s.content(l); strings.TrimSpace(c) != "" {
			indent = leading(c)
			break
		}
	}
	if indent == 0 || strings.Trim(header, "|-+") != "" {
		return false
	}
	fresh, lines := literal(text, indent)
	was, _ := literal(old, indent)
	if fresh != was {
		s.replace(begin, begin+len(header), fresh)
	}
	var written []string
	for l := first; l < end; l++ {
		written = append(written, s.content(l))
	}
	from := 0
	for from < min(len(written), len(lines)) && written[from] == lines[from] {
		from++
	}
	rest := 0
	for rest < min(len(written), len(lines))-from && written[len(written)-1-rest] == lines[len(lines)-1-rest] {
		rest++
	}
	s.replace(s.start(first+from), s.start(end-rest), "")
	if lines = lines[from : len(lines)-rest]; len(lines) > 0 {
		s.put(end-rest, lines)
	}
	return true
}

// exchangeEntries puts a value of another kind in place of a mapping or a list. Comments between its entries stay.
func (s *splicer) exchangeEntries(at slot, have, want any) error {
	// A text on one line, for the comments that stay would be part of a block.
	_, isText := want.(string)
	text, err := s.inline(want, nil, isText)
	if err != nil {
		return err
	}
	line := s.lineOf(at.head) + 1
	first := s.begin(at.value)
	if s.lineOf(first) < line {
		// It begins behind a dash: its first entry goes from there.
		s.replace(at.head, first, "")
	} else if props := s.at(at.value.Line, at.value.Column); props < first {
		s.replace(at.head, s.propertiesEnd(props), "")
	}
	switch at.value.Kind {
	case yamlv3.MappingNode:
		old, _ := have.(map[string]any)
		err = s.mapping(at.value, old, nil, at.bound)
	default:
		err = s.emptied(at)
	}
	if err != nil || text == "" {
		if err == nil {
			err = s.below(at, line, want)
		}
		return err
	}
	s.replace(at.head, at.head, " "+text)
	return nil
}

// propertiesEnd is the place behind an anchor and a tag.
func (s *splicer) propertiesEnd(place int) int {
	end := place
	for place < len(s.text) && (s.text[place] == '&' || s.text[place] == '!') {
		for place < len(s.text) && !strings.ContainsRune(" \t\r\n", rune(s.text[place])) {
			place++
		}
		end = place
		for place < len(s.text) && s.text[place] == ' ' {
			place++
		}
	}
	return end
}

func vacant(n *yamlv3.Node) bool {
	return n.Kind == yamlv3.ScalarNode && n.Value == "" && n.ShortTag() == "!!null" && n.Anchor == ""
}

func plain(n *yamlv3.Node) bool {
	quoted := yamlv3.SingleQuotedStyle | yamlv3.DoubleQuotedStyle | yamlv3.LiteralStyle | yamlv3.FoldedStyle
	return n.Kind == yamlv3.ScalarNode && n.Style&quoted == 0
}

// plainEnd is where text without quotes ends, which may go on in further lines.
func (s *splicer) plainEnd(begin int, at slot) int {
	line := s.own(s.lineOf(begin), max(at.bound, s.lineOf(begin)+1), at.indent) - 1
	for line > s.lineOf(begin) && strings.HasPrefix(strings.TrimSpace(s.content(line)), "#") {
		line--
	}
	start := max(begin, s.start(line))
	text := s.text[start:s.lineEnd(line)]
	for i := range text {
		if text[i] == '#' && i > 0 && (text[i-1] == ' ' || text[i-1] == '\t') {
			text = text[:i]
			break
		}
	}
	return start + len(strings.TrimRight(text, " \t"))
}

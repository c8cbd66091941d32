package render

import (
	"reflect"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
)

// item is an entry between braces or brackets: where it begins and ends, without the comma.
type item struct{ from, to int }

// flow edits a mapping in braces or a list in brackets.
func (s *splicer) flow(n *yamlv3.Node, have, want any) error {
	items, err := s.itemsOf(n)
	if err != nil {
		return err
	}
	if n.Kind == yamlv3.SequenceNode {
		old, _ := have.([]any)
		fresh, _ := want.([]any)
		return s.flowList(n, items, old, fresh)
	}
	old, _ := have.(map[string]any)
	fresh, _ := want.(map[string]any)
	return s.flowMapping(n, items, old, fresh)
}

func (s *splicer) flowMapping(n *yamlv3.Node, items []item, have, want map[string]any) error {
	names, err := keysOf(n)
	if err != nil || len(items) != len(names) {
		return refuse("the mapping in line %d is written in an unusual way", n.Line)
	}
	more, err := added(names, have, want)
	if err != nil {
		return err
	}
	keep := make([]bool, len(names))
	for i, name := range names {
		value, wanted := want[name]
		keep[i] = name == "" || wanted
		if name == "" || !wanted || reflect.DeepEqual(have[name], value) {
			continue
		}
		if err := s.flowValue(n.Content[2*i+1], items[i], have[name], value); err != nil {
			return err
		}
	}
	text := ""
	if len(more) > 0 {
		if text, err = s.inline(more, nil, true); err != nil {
			return err
		}
		text = text[1 : len(text)-1]
	}
	s.rearrange(s.begin(n)+1, items, keep, text)
	return nil
}

func (s *splicer) flowList(n *yamlv3.Node, items []item, have, want []any) error {
	if len(items) != len(n.Content) || len(have) != len(items) {
		return refuse("the list in line %d is written in an unusual way", n.Line)
	}
	_, rest := apart(have, want)
	keep := make([]bool, len(items))
	for i := range items {
		at := i
		if i >= len(have)-rest {
			at = i + len(want) - len(have)
		}
		keep[i] = at < len(want)-rest || i >= len(have)-rest
		if !keep[i] || reflect.DeepEqual(have[i], want[at]) {
			continue
		}
		if n.Content[i].Kind == yamlv3.MappingNode && s.text[s.begin(n.Content[i])] != '{' {
			return refuse("the mapping in line %d has no braces", n.Content[i].Line)
		}
		if err := s.flowValue(n.Content[i], items[i], have[i], want[at]); err != nil {
			return err
		}
	}
	more := ""
	if len(want) > len(have) {
		list, err := s.inline(want[len(have)-rest:len(want)-rest], nil, true)
		if err != nil {
			return err
		}
		more = list[1 : len(list)-1]
	}
	if behind := len(have) - rest; rest > 0 && more != "" {
		s.replace(items[behind].from, items[behind].from, more+", ")
		more = ""
	}
	s.rearrange(s.begin(n)+1, items, keep, more)
	return nil
}

// rearrange takes items away, with a comma each, and adds others at the end.
func (s *splicer) rearrange(open int, items []item, keep []bool, more string) {
	last := -1
	for i := range items {
		if keep[i] {
			last = i
		}
	}
	for i := range last {
		if !keep[i] {
			s.replace(items[i].from, items[i+1].from, "")
		}
	}
	end := open
	if last >= 0 {
		end = items[last].to
	}
	if last < len(items)-1 {
		from := end
		if last < 0 {
			from = items[0].from
		}
		end = items[len(items)-1].to
		s.replace(from, end, "")
	}
	switch {
	case more == "":
	case last < 0:
		s.replace(end, end, more)
	default:
		s.replace(end, end, ", "+more)
	}
}

// flowValue exchanges the value at the end of an item.
func (s *splicer) flowValue(v *yamlv3.Node, in item, have, want any) error {
	_, mapping := want.(map[string]any)
	_, list := want.([]any)
	if v.Style&yamlv3.FlowStyle != 0 && (mapping && v.Kind == yamlv3.MappingNode || list && v.Kind == yamlv3.SequenceNode) {
		return s.flow(v, have, want)
	}
	text, err := s.inline(want, v, true)
	if err != nil {
		return err
	}
	if !vacant(v) {
		s.replace(s.begin(v), in.to, text)
		return nil
	}
	switch {
	case in.from == in.to:
		return refuse("an element in line %d is empty", v.Line)
	case strings.HasSuffix(s.text[in.from:in.to], ":"):
		text = " " + text
	default:
		text = ": " + text
	}
	s.replace(in.to, in.to, text)
	return nil
}

// itemsOf finds the entries of a mapping in braces or a list in brackets.
func (s *splicer) itemsOf(n *yamlv3.Node) ([]item, error) {
	place := s.begin(n)
	if place >= len(s.text) || s.text[place] != '{' && s.text[place] != '[' {
		return nil, refuse("line %d has no brace", n.Line)
	}
	var out []item
	depth, open := 0, false
	for place < len(s.text) {
		place = s.behindSpace(place)
		if place >= len(s.text) {
			break
		}
		from := place
		switch s.text[place] {
		case '{', '[':
			depth++
			place++
			if depth == 1 {
				continue
			}
		case '}', ']':
			depth--
			if depth == 0 {
				return out, nil
			}
			place++
		case ',':
			place++
			if depth == 1 {
				open = false
				continue
			}
		case '"', '\'':
			place = s.quotedEnd(place)
		default:
			place = s.flowPlainEnd(place)
		}
		if !open {
			out = append(out, item{from, place})
			open = true
		}
		out[len(out)-1].to = place
	}
	return nil, refuse("line %d has no end", n.Line)
}

// tokenEnd is where a value that is written in one piece ends: an alias, text with or without quotes, braces.
func (s *splicer) tokenEnd(begin int, n *yamlv3.Node) int {
	if begin >= len(s.text) || vacant(n) {
		return min(begin, len(s.text))
	}
	switch c := s.text[begin]; {
	case n.Style&yamlv3.FlowStyle != 0:
		return s.braceEnd(begin)
	case c == '"' && n.Style&yamlv3.DoubleQuotedStyle != 0, c == '\'' && n.Style&yamlv3.SingleQuotedStyle != 0:
		return s.quotedEnd(begin)
	case n.Kind == yamlv3.AliasNode:
		return min(begin+len("*"+n.Value), len(s.text))
	}
	return min(begin+len(n.Value), len(s.text))
}

// braceEnd is the place behind the brace that closes the one at a place.
func (s *splicer) braceEnd(place int) int {
	depth := 0
	for place < len(s.text) {
		place = s.behindSpace(place)
		if place >= len(s.text) {
			break
		}
		switch s.text[place] {
		case '{', '[':
			depth++
			place++
		case '}', ']':
			depth--
			place++
			if depth == 0 {
				return place
			}
		case ',':
			place++
		case '"', '\'':
			place = s.quotedEnd(place)
		default:
			place = s.flowPlainEnd(place)
		}
	}
	return len(s.text)
}

// quotedEnd is the place behind the quote that ends a text.
func (s *splicer) quotedEnd(place int) int {
	quote := s.text[place]
	for i := place + 1; i < len(s.text); i++ {
		switch {
		case quote == '"' && s.text[i] == '\\':
			i++
		case s.text[i] != quote:
		case quote == '\'' && i+1 < len(s.text) && s.text[i+1] == '\'':
			i++
		default:
			return i + 1
		}
	}
	return len(s.text)
}

// flowPlainEnd is where a word between braces ends: before a blank, a line's end, a comma or a brace, and behind a colon.
func (s *splicer) flowPlainEnd(place int) int {
	if s.text[place] == ':' {
		return place + 1
	}
	for place < len(s.text) && !strings.ContainsRune(" \t\r\n,[]{}", rune(s.text[place])) {
		place++
		if s.text[place-1] == ':' {
			break
		}
	}
	return place
}

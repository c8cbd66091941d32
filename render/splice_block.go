package render

import (
	"reflect"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
)

// mapping edits a mapping whose keys stand in lines of their own, up to the line bound.
func (s *splicer) mapping(n *yamlv3.Node, have, want map[string]any, bound int) error {
	names, err := keysOf(n)
	if err != nil {
		return err
	}
	more, err := added(names, have, want)
	if err != nil {
		return err
	}
	last := n.Line
	for i, name := range names {
		k, v := n.Content[2*i], n.Content[2*i+1]
		next := bound
		if i+1 < len(names) {
			next = n.Content[2*i+2].Line
		}
		last = s.ownEnd(k.Line, v, next, k.Column-1)
		if name == "" {
			continue
		}
		value, wanted := want[name]
		switch {
		case !wanted:
			follows := i+1 < len(names) && (names[i+1] == "" || wantedKey(want, names[i+1]))
			s.cut(s.at(k.Line, k.Column), last, follows && last == next, next)
		case !reflect.DeepEqual(have[name], value):
			head, err := s.behindColon(k)
			if err != nil {
				return err
			}
			if err := s.value(slot{v, head, k.Column - 1, next, true}, have[name], value); err != nil {
				return err
			}
		}
	}
	return s.insert(last, n.Content[0].Column-1, more)
}

func wantedKey(want map[string]any, name string) bool {
	_, wanted := want[name]
	return wanted
}

// ownEnd is the first line behind the own ones of an entry. The blank lines that a block of text keeps are its own.
func (s *splicer) ownEnd(line int, v *yamlv3.Node, bound, indent int) int {
	for len(v.Content) > 0 && v.Style&yamlv3.FlowStyle == 0 {
		v = v.Content[len(v.Content)-1]
	}
	if v.Style&(yamlv3.LiteralStyle|yamlv3.FoldedStyle) != 0 {
		begin := s.begin(v)
		if header := s.text[begin:s.lineEnd(s.lineOf(begin))]; strings.Contains(strings.SplitN(header, " ", 2)[0], "+") {
			return bound
		}
	}
	return s.own(line, bound, indent)
}

// behindColon is the place behind the colon of a key.
func (s *splicer) behindColon(k *yamlv3.Node) (int, error) {
	place := s.tokenEnd(s.begin(k), k)
	for place < len(s.text) && (s.text[place] == ' ' || s.text[place] == '\t') {
		place++
	}
	if place >= len(s.text) || s.text[place] != ':' {
		return 0, refuse("the key in line %d has its value somewhere else", k.Line)
	}
	return place + 1, nil
}

// cut takes lines away, from an entry's first byte to the line end. When the entry stands behind a dash, the dash stays:
// for the next entry, if that follows.
func (s *splicer) cut(from, end int, follows bool, next int) {
	line := s.lineOf(from)
	switch before := s.text[s.start(line):from]; {
	case strings.TrimSpace(before) == "":
		s.replace(s.start(line), s.start(end), "")
	case follows:
		s.replace(from, s.start(next)+leading(s.content(next)), "")
	default:
		s.replace(from, s.lineEnd(end-1), "")
	}
}

// insert adds entries before a line.
func (s *splicer) insert(line, indent int, values map[string]any) error {
	if len(values) == 0 {
		return nil
	}
	lines, err := s.entries(values, indent)
	if err != nil {
		return err
	}
	s.put(line, lines)
	return nil
}

// put adds lines before a line. A text that did not end with a line end does not get one.
func (s *splicer) put(line int, lines []string) {
	at := s.start(line)
	text := s.joined(lines)
	if at == len(s.text) && at > s.lines[len(s.lines)-1] {
		text = s.eol + strings.TrimSuffix(text, s.eol)
	}
	s.replace(at, at, text)
}

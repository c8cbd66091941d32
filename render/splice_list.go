package render

import (
	"reflect"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
)

// sequence edits a list whose elements stand behind dashes in lines of their own.
func (s *splicer) sequence(n *yamlv3.Node, have, want []any, bound int) error {
	dashes, err := s.dashes(n)
	if err != nil || len(have) != len(n.Content) {
		return refuse("the list in line %d is written in an unusual way", n.Line)
	}
	line := func(i int) int {
		if i < len(dashes) {
			return s.lineOf(dashes[i])
		}
		return bound
	}
	indent := dashes[0] - s.start(line(0))
	ends := make([]int, len(dashes))
	for i := range dashes {
		ends[i] = s.ownEnd(line(i), n.Content[i], line(i+1), indent)
	}
	first, rest := apart(have, want)
	old, fresh := have[first:len(have)-rest], want[first:len(want)-rest]
	for i := range old {
		at := first + i
		if i >= len(fresh) {
			follows := at+1 < len(have) && at+1 >= len(have)-rest && ends[at] == line(at+1)
			s.cut(dashes[at], ends[at], follows, line(at+1))
			continue
		}
		if reflect.DeepEqual(old[i], fresh[i]) {
			continue
		}
		if err := s.value(slot{n.Content[at], dashes[at] + 1, indent, line(at + 1), false}, old[i], fresh[i]); err != nil {
			return err
		}
	}
	if len(fresh) <= len(old) {
		return nil
	}
	lines, err := s.items(fresh[len(old):], indent)
	if err != nil {
		return err
	}
	at := first + len(old)
	if at == 0 {
		return refuse("an element comes before the first one")
	}
	s.put(ends[at-1], lines)
	return nil
}

// apart returns how many elements two lists have in common at their beginnings, and behind that at their ends.
func apart(a, b []any) (first, rest int) {
	for first < min(len(a), len(b)) && reflect.DeepEqual(a[first], b[first]) {
		first++
	}
	for rest < min(len(a), len(b))-first && reflect.DeepEqual(a[len(a)-1-rest], b[len(b)-1-rest]) {
		rest++
	}
	if first == 0 && rest == len(a) && rest > 0 {
		// What is new comes before everything else: the elements are compared one by one instead.
		rest = 0
	}
	return first, rest
}

// dashes finds the dash of each element.
func (s *splicer) dashes(n *yamlv3.Node) ([]int, error) {
	first := s.begin(n)
	if first >= len(s.text) || s.text[first] != '-' {
		return nil, refuse("the list in line %d has no dash", n.Line)
	}
	column := first - s.start(s.lineOf(first))
	out := []int{first}
	for i, e := range n.Content[1:] {
		line := e.Line
		for line > n.Content[i].Line || line > s.lineOf(out[i]) {
			if text := s.content(line); leading(text) == column && strings.HasPrefix(text[column:], "-") {
				break
			}
			line--
		}
		if line <= s.lineOf(out[i]) {
			return nil, refuse("an element of the list in line %d has no dash", n.Line)
		}
		out = append(out, s.start(line)+column)
	}
	return out, nil
}

// emptied takes all elements of a list away.
func (s *splicer) emptied(at slot) error {
	dashes, err := s.dashes(at.value)
	if err != nil {
		return err
	}
	indent := dashes[0] - s.start(s.lineOf(dashes[0]))
	for i := range dashes {
		next := at.bound
		if i+1 < len(dashes) {
			next = s.lineOf(dashes[i+1])
		}
		s.cut(dashes[i], s.ownEnd(s.lineOf(dashes[i]), at.value.Content[i], next, indent), false, next)
	}
	return nil
}

package health

import "strings"

// textSearch looks for a pattern in a text. Its time is not bounded by either's length, so that it counts its steps:
// work is called for them, and may panic to end it.
type textSearch struct {
	*textPattern
	text     string
	captured [][2]int
	work     func(steps int)
}

func newSearch(p *textPattern, text string, work func(int)) *textSearch {
	return &textSearch{textPattern: p, text: text, captured: make([][2]int, p.captures), work: work}
}

// position, in place of an end, says that a capture is a position.
const position = -1

// from finds the first match that begins at a place or behind it.
func (s *textSearch) from(at int) (start, end int, ok bool) {
	for ; at <= len(s.text); at++ {
		if end, ok := s.match(0, at); ok {
			return at, end, true
		}
		if s.anchored {
			break
		}
	}
	return 0, 0, false
}

// match matches the text from a place against the items from the i-th, and says where the match ends. A capture that a
// branch without a match has set is set again by the branch that has one: every item comes in each.
func (s *textSearch) match(i, at int) (end int, ok bool) {
	for ; i < len(s.items); i++ {
		s.work(1)
		item := &s.items[i]
		switch item.kind {
		case itemOpen:
			s.captured[item.capture][0] = at
		case itemClose:
			s.captured[item.capture][1] = at
		case itemPosition:
			s.captured[item.capture] = [2]int{at, position}
		case itemRepeated:
			again := s.string(item.capture)
			if !strings.HasPrefix(s.text[at:], again) {
				return 0, false
			}
			s.work(len(again) / 64)
			at += len(again)
		case itemBalanced:
			if at, ok = s.balanced(item, at); !ok {
				return 0, false
			}
		case itemEnd:
			if at < len(s.text) {
				return 0, false
			}
		case itemCharacters:
			if item.times != 0 {
				return s.repeat(i, at)
			}
			if !s.is(item, at) {
				return 0, false
			}
			at++
		}
	}
	return at, true
}

// is reports whether one of an item's characters is at a place.
func (s *textSearch) is(item *patternItem, at int) bool {
	return at < len(s.text) && item.set.has(s.text[at])
}

// repeat matches characters that may come several times: first as often as it can be, or as seldom.
func (s *textSearch) repeat(i, at int) (end int, ok bool) {
	item := &s.items[i]
	if item.times == '-' {
		for {
			if end, ok := s.match(i+1, at); ok {
				return end, true
			}
			if !s.is(item, at) {
				return 0, false
			}
			s.work(1)
			at++
		}
	}
	least, most, n := 0, len(s.text), 0
	switch item.times {
	case '+':
		least = 1
	case '?':
		most = 1
	}
	for n < most && s.is(item, at+n) {
		s.work(1)
		n++
	}
	for ; n >= least; n-- {
		if end, ok := s.match(i+1, at+n); ok {
			return end, true
		}
	}
	return 0, false
}

// balanced matches from an opening character to that which closes it.
func (s *textSearch) balanced(item *patternItem, at int) (end int, ok bool) {
	if at >= len(s.text) || s.text[at] != item.from {
		return 0, false
	}
	depth := 1
	for at++; at < len(s.text); at++ {
		s.work(1)
		switch s.text[at] {
		case item.to:
			if depth--; depth == 0 {
				return at + 1, true
			}
		case item.from:
			depth++
		}
	}
	return 0, false
}

// string is the text of a capture, empty for a position.
func (s *textSearch) string(capture int) string {
	c := s.captured[capture]
	if c[1] == position {
		return ""
	}
	return s.text[c[0]:c[1]]
}

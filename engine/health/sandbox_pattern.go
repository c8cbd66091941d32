package health

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// luaPatternLength bounds how deep a search can go: no deeper than its pattern is long.
const luaPatternLength = 1000

// textPattern is a pattern of Lua 5.1: items that text has to match one after the other.
type textPattern struct {
	anchored bool
	items    []patternItem
	captures int
}

type patternItem struct {
	kind itemKind
	// set and times are of characters: which, and *, +, -, ? or nothing.
	set   byteSet
	times byte
	// capture is the number of that which begins or ends here, or is repeated.
	capture int
	// from and to are the characters that balance.
	from, to byte
}

type itemKind int

const (
	itemCharacters itemKind = iota
	itemOpen
	itemClose
	itemPosition
	itemRepeated
	itemBalanced
	itemEnd
)

// parsePattern reads a pattern. %f is refused: the manual has no such item, and interpreters differ in it.
func parsePattern(text string) (*textPattern, error) {
	if len(text) > luaPatternLength {
		return nil, fmt.Errorf("a pattern is longer than %d characters", luaPatternLength)
	}
	p := &textPattern{}
	rest := strings.TrimPrefix(text, "^")
	p.anchored = rest != text
	var open []int
	for rest != "" {
		var item patternItem
		var err error
		switch {
		case rest == "$":
			item, rest = patternItem{kind: itemEnd}, ""
		case strings.HasPrefix(rest, "()"):
			item, rest = patternItem{kind: itemPosition, capture: p.captures}, rest[2:]
			p.captures++
		case rest[0] == '(':
			item, rest = patternItem{kind: itemOpen, capture: p.captures}, rest[1:]
			open = append(open, p.captures)
			p.captures++
		case rest[0] == ')' && len(open) == 0:
			return nil, errors.New("invalid pattern capture")
		case rest[0] == ')':
			item, rest = patternItem{kind: itemClose, capture: open[len(open)-1]}, rest[1:]
			open = open[:len(open)-1]
		default:
			item, rest, err = parseItem(rest, p.captures, open)
		}
		if err != nil {
			return nil, err
		}
		p.items = append(p.items, item)
	}
	if len(open) > 0 {
		return nil, errors.New("unfinished capture")
	}
	return p, nil
}

// parseItem reads an item that is no capture and returns what is behind it.
func parseItem(rest string, captures int, open []int) (item patternItem, behind string, err error) {
	if rest[0] == '%' && len(rest) > 1 {
		switch c := rest[1]; {
		case c == 'f':
			return item, "", errors.New("a pattern has %f, which is not known here")
		case c == 'b' && len(rest) < 4:
			return item, "", errors.New("unbalanced pattern")
		case c == 'b':
			return patternItem{kind: itemBalanced, from: rest[2], to: rest[3]}, rest[4:], nil
		case c >= '0' && c <= '9':
			n := int(c - '1')
			if n < 0 || n >= captures || slices.Contains(open, n) {
				return item, "", errors.New("invalid capture index")
			}
			return patternItem{kind: itemRepeated, capture: n}, rest[2:], nil
		}
	}
	item.set, rest, err = parseCharacters(rest)
	if err == nil && rest != "" && strings.IndexByte("*+-?", rest[0]) >= 0 {
		item.times, rest = rest[0], rest[1:]
	}
	return item, rest, err
}

// parseCharacters reads which characters an item stands for.
func parseCharacters(rest string) (set byteSet, behind string, err error) {
	switch {
	case rest[0] == '.':
		return byteSet{}.complement(), rest[1:], nil
	case rest[0] == '[':
		return parseSet(rest[1:])
	case rest == "%":
		return set, "", errors.New("malformed pattern (ends with '%')")
	case rest[0] == '%':
		return classOf(rest[1]), rest[2:], nil
	}
	set.add(rest[0], rest[0])
	return set, rest[1:], nil
}

// parseSet reads a set in brackets behind the first. A bracket that closes is a character of the set where it comes first.
func parseSet(text string) (set byteSet, behind string, err error) {
	rest := strings.TrimPrefix(text, "^")
	not := rest != text
	for first := true; rest != ""; first = false {
		switch {
		case rest[0] == ']' && !first:
			if not {
				set = set.complement()
			}
			return set, rest[1:], nil
		case rest == "%":
			return set, "", errors.New("malformed pattern (ends with '%')")
		case rest[0] == '%':
			set, rest = set.union(classOf(rest[1])), rest[2:]
		case len(rest) > 2 && rest[1] == '-' && rest[2] != ']':
			set.add(rest[0], rest[2])
			rest = rest[3:]
		default:
			set.add(rest[0], rest[0])
			rest = rest[1:]
		}
	}
	return set, "", errors.New("malformed pattern (missing ']')")
}

// byteSet has a bit for every byte.
type byteSet [4]uint64

func (s byteSet) has(c byte) bool { return s[c/64]>>(c%64)&1 == 1 }

// add adds the bytes from first to last.
func (s *byteSet) add(first, last byte) {
	for c := int(first); c <= int(last); c++ {
		s[c/64] |= 1 << (c % 64)
	}
}

func (s byteSet) union(o byteSet) byteSet {
	return byteSet{s[0] | o[0], s[1] | o[1], s[2] | o[2], s[3] | o[3]}
}

func (s byteSet) complement() byteSet { return byteSet{^s[0], ^s[1], ^s[2], ^s[3]} }

// characterClasses are what % and a letter stand for, as pairs of a first and a last character.
var characterClasses = map[byte]string{
	'a': "AZaz", 'c': "\x00\x1f\x7f\x7f", 'd': "09", 'l': "az", 'p': "!/:@[`{~", 's': "\t\r  ", 'u': "AZ", 'w': "09AZaz",
	'x': "09AFaf", 'z': "\x00\x00",
}

// classOf is what % and a character stand for: a class, with a capital letter all that is not in it, or the character.
func classOf(c byte) (set byteSet) {
	pairs, ok := characterClasses[c|0x20]
	if letter := c|0x20 >= 'a' && c|0x20 <= 'z'; !ok || !letter {
		set.add(c, c)
		return set
	}
	for i := 0; i < len(pairs); i += 2 {
		set.add(pairs[i], pairs[i+1])
	}
	if c < 'a' {
		return set.complement()
	}
	return set
}

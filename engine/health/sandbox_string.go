package health

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// search prepares a search for the pattern and the text that a function was called with.
func (b *budget) search(l *lua.LState) *textSearch {
	text, pattern := l.CheckString(1), l.CheckString(2)
	b.work(l, len(pattern))
	p, err := parsePattern(pattern)
	if err != nil {
		l.RaiseError("%s", err)
	}
	return newSearch(p, text, func(n int) { b.work(l, n) })
}

// begin is where a search is to begin, by its third argument: from 1, or from the end if it is negative.
func begin(l *lua.LState, text string) int {
	n := l.OptInt(3, 1)
	if n < 0 {
		n = len(text) + n + 1
	}
	return max(n-1, 0)
}

// find is string.find.
func (b *budget) find(l *lua.LState) int {
	text, pattern := l.CheckString(1), l.CheckString(2)
	from := begin(l, text)
	if l.ToBool(4) || !strings.ContainsAny(pattern, "^$*+?.([%-") {
		b.work(l, len(text)/64)
		before, _, ok := strings.Cut(text[min(from, len(text)):], pattern)
		if !ok || from > len(text) {
			l.Push(lua.LNil)
			return 1
		}
		l.Push(lua.LNumber(from + len(before) + 1))
		l.Push(lua.LNumber(from + len(before) + len(pattern)))
		return 2
	}
	s := b.search(l)
	start, end, ok := s.from(from)
	if !ok {
		l.Push(lua.LNil)
		return 1
	}
	l.Push(lua.LNumber(start + 1))
	l.Push(lua.LNumber(end))
	return 2 + s.push(l)
}

// match is string.match.
func (b *budget) match(l *lua.LState) int {
	s := b.search(l)
	start, end, ok := s.from(begin(l, s.text))
	if !ok {
		l.Push(lua.LNil)
		return 1
	}
	return s.pushMatch(l, start, end)
}

// gmatch is string.gmatch. With ^ there is one match at most.
func (b *budget) gmatch(l *lua.LState) int {
	s, at := b.search(l), 0
	b.memory(l, tableBytes+fieldBytes*len(s.items))
	l.Push(l.NewFunction(func(l *lua.LState) int {
		start, end, ok := s.from(at)
		if !ok {
			at = len(s.text) + 1
			l.Push(lua.LNil)
			return 1
		}
		at = max(end, start+1)
		if s.anchored {
			at = len(s.text) + 1
		}
		return s.pushMatch(l, start, end)
	}))
	return 1
}

// gsub is string.gsub.
func (b *budget) gsub(l *lua.LState) int {
	s := b.search(l)
	replacement := l.CheckAny(3)
	most := l.OptInt(4, len(s.text)+1)
	var out strings.Builder
	write := func(piece string) {
		b.text(l, out.Len()+len(piece))
		out.WriteString(piece)
	}
	n, at := 0, 0
	for n < most {
		end, ok := s.match(0, at)
		if ok {
			n++
			write(s.replace(l, replacement, at, end))
		}
		switch {
		case ok && end > at:
			at = end
		case at < len(s.text):
			write(s.text[at : at+1])
			at++
		default:
			at = len(s.text) + 1
		}
		if s.anchored || at > len(s.text) {
			break
		}
	}
	write(s.text[min(at, len(s.text)):])
	b.memory(l, out.Len())
	l.Push(lua.LString(out.String()))
	l.Push(lua.LNumber(n))
	return 2
}

// replace is what comes in the place of a match.
func (s *textSearch) replace(l *lua.LState, by lua.LValue, start, end int) string {
	whole := s.text[start:end]
	first := lua.LValue(lua.LString(whole))
	if s.captures > 0 {
		first = s.value(0)
	}
	var v lua.LValue
	switch by := by.(type) {
	case lua.LString, lua.LNumber:
		return s.expand(l, lua.LVAsString(by), whole)
	case *lua.LTable:
		v = l.GetTable(by, first)
	case *lua.LFunction:
		l.Push(by)
		l.Call(s.pushMatch(l, start, end), 1)
		v = l.Get(-1)
		l.Pop(1)
	default:
		l.ArgError(3, "string, table or function expected")
	}
	switch {
	case lua.LVIsFalse(v):
		return whole
	case !lua.LVCanConvToString(v):
		l.RaiseError("invalid replacement value (a %s)", v.Type())
	}
	return lua.LVAsString(v)
}

// expand writes captures into a replacement: %1 to %9, and %0 for the whole match. %1 is that too where there are none.
func (s *textSearch) expand(l *lua.LState, replacement, whole string) string {
	var out strings.Builder
	for i := 0; i < len(replacement); i++ {
		c := replacement[i]
		if c != '%' || i+1 == len(replacement) {
			out.WriteByte(c)
			continue
		}
		i++
		switch c = replacement[i]; {
		case c == '0' || c == '1' && s.captures == 0:
			out.WriteString(whole)
		case c < '0' || c > '9':
			out.WriteByte(c)
		case int(c-'1') >= s.captures:
			l.RaiseError("invalid capture index")
		default:
			out.WriteString(lua.LVAsString(s.value(int(c - '1'))))
		}
		if out.Len() > luaString {
			l.RaiseError("a string is too long")
		}
	}
	return out.String()
}

// pushMatch hands over the captures of a match, or the whole of it where it has none.
func (s *textSearch) pushMatch(l *lua.LState, start, end int) int {
	if s.captures == 0 {
		l.Push(lua.LString(s.text[start:end]))
		return 1
	}
	return s.push(l)
}

// push hands over the captures.
func (s *textSearch) push(l *lua.LState) int {
	for i := range s.captures {
		l.Push(s.value(i))
	}
	return s.captures
}

// value is a capture as Lua has it.
func (s *textSearch) value(capture int) lua.LValue {
	if c := s.captured[capture]; c[1] == position {
		return lua.LNumber(c[0] + 1)
	}
	return lua.LString(s.string(capture))
}

package health

import (
	"math/bits"
	"regexp"

	lua "github.com/yuin/gopher-lua"
)

// library is one of Lua's with what is changed in it.
type library struct {
	name    string
	open    lua.LGFunction
	without []string
	// counted functions are asked about by the function here, if there is one, before they are called. The strings that
	// they return count.
	counted map[string]lua.LGFunction
	own     map[string]lua.LGFunction
}

// libraries are base, table, string and math without what reaches out of the script, answers differently each time, or
// takes time or memory that is not counted.
func (b *budget) libraries() []library {
	return []library{
		{
			name: "_G", open: lua.OpenBase,
			without: []string{
				"require", "module", "load", "loadstring", "loadfile", "dofile", "collectgarbage", "getfenv", "setfenv", "newproxy", "_printregs",
			},
			// The error that is caught may be a new string.
			counted: map[string]lua.LGFunction{"pcall": nil, "xpcall": nil, "rawset": b.beforeSet},
			own:     map[string]lua.LGFunction{"print": func(*lua.LState) int { return 0 }},
		},
		{
			name: lua.TabLibName, open: lua.OpenTable,
			counted: map[string]lua.LGFunction{"concat": b.beforeConcat, "insert": b.beforeSet, "sort": b.beforeSort},
		},
		{
			name: lua.StringLibName, open: lua.OpenString,
			without: []string{"dump"},
			counted: map[string]lua.LGFunction{"char": nil, "lower": nil, "reverse": nil, "upper": nil, "rep": b.beforeRep, "format": b.beforeFormat},
			own:     map[string]lua.LGFunction{"find": b.find, "match": b.match, "gmatch": b.gmatch, "gfind": b.gmatch, "gsub": b.gsub},
		},
		{name: lua.MathLibName, open: lua.OpenMath, without: []string{"random", "randomseed"}},
	}
}

func openLibraries(l *lua.LState, b *budget) {
	for _, library := range b.libraries() {
		l.Push(l.NewFunction(library.open))
		l.Push(lua.LString(library.name))
		l.Call(1, 0)
		functions, ok := l.GetGlobal(library.name).(*lua.LTable)
		if !ok {
			continue
		}
		for _, name := range library.without {
			functions.RawSetString(name, lua.LNil)
		}
		for name, before := range library.counted {
			if whole, ok := functions.RawGetString(name).(*lua.LFunction); ok {
				functions.RawSetString(name, l.NewFunction(b.counted(before, whole.GFunction)))
			}
		}
		for name, f := range library.own {
			functions.RawSetString(name, l.NewFunction(f))
		}
	}
}

// counted is a function whose strings count.
func (b *budget) counted(before, whole lua.LGFunction) lua.LGFunction {
	return func(l *lua.LState) int {
		if before != nil {
			before(l)
		}
		n := whole(l)
		for i := range n {
			if s, ok := l.Get(-1 - i).(lua.LString); ok {
				b.memory(l, len(s))
			}
		}
		return n
	}
}

// beforeSet is for a function of a table, a key and a value; without the key it appends.
func (b *budget) beforeSet(l *lua.LState) int {
	if l.GetTop() > 2 {
		b.room(l, l.Get(1), l.Get(2))
	} else {
		b.memory(l, elementBytes)
	}
	return 0
}

func (b *budget) beforeConcat(l *lua.LState) int {
	n, separator := 0, len(l.OptString(2, ""))
	l.CheckTable(1).ForEach(func(_, v lua.LValue) { n += len(lua.LVAsString(v)) + separator })
	b.text(l, n)
	return 0
}

// beforeSort counts the comparisons beforehand, strings by their length.
func (b *budget) beforeSort(l *lua.LState) int {
	n, longest := 0, 0
	l.CheckTable(1).ForEach(func(_, v lua.LValue) {
		n++
		if s, ok := v.(lua.LString); ok {
			longest = max(longest, len(s))
		}
	})
	b.work(l, n*bits.Len(uint(n))*(1+longest/64))
	return 0
}

func (b *budget) beforeRep(l *lua.LState) int {
	if s, n := l.CheckString(1), l.CheckInt(2); n > 0 && len(s) > luaString/n {
		l.RaiseError("a string is too long")
	}
	return 0
}

// conversion is one of a format as C has it: each is of the next argument, and two digits are enough for a width.
var conversion = regexp.MustCompile(`%(?:%|([-+ #0]*[0-9]{0,2}(?:\.[0-9]{0,2})?[a-zA-Z]))?`)

// beforeFormat lets no more through than C's formats, and of values other than strings and numbers their name alone:
// the language below would print all that is in them.
func (b *budget) beforeFormat(l *lua.LState) int {
	n := len(l.CheckString(1))
	for _, found := range conversion.FindAllStringSubmatch(l.CheckString(1), -1) {
		if found[0] == "%" {
			l.RaiseError("invalid option to 'format'")
		}
		n += 512
	}
	for i := 2; i <= l.GetTop(); i++ {
		switch v := l.Get(i).(type) {
		case *lua.LTable, *lua.LFunction, *lua.LUserData:
			l.Replace(i, lua.LString(v.String()))
		case lua.LString:
			// In hexadecimal digits a byte takes up to five.
			n += 5 * len(v)
		}
	}
	b.text(l, n)
	return 0
}

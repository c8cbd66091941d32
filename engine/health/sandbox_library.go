package health

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// openLibraries opens base, string, table and math without what reaches out of the script, or takes memory without
// bound.
func openLibraries(l *lua.LState) {
	for _, library := range []struct {
		name string
		open lua.LGFunction
	}{
		{lua.BaseLibName, lua.OpenBase}, {lua.TabLibName, lua.OpenTable}, {lua.StringLibName, lua.OpenString}, {lua.MathLibName, lua.OpenMath},
	} {
		l.Push(l.NewFunction(library.open))
		l.Push(lua.LString(library.name))
		l.Call(1, 0)
	}
	for _, name := range []string{
		"require", "module", "load", "loadstring", "loadfile", "dofile", "collectgarbage", "getfenv", "setfenv", "newproxy", "_printregs",
	} {
		l.SetGlobal(name, lua.LNil)
	}
	l.SetGlobal("print", l.NewFunction(func(*lua.LState) int { return 0 }))
	l.SetGlobal(concatenation, l.NewFunction(concatenate))
	str, ok := l.GetGlobal("string").(*lua.LTable)
	if !ok {
		return
	}
	str.RawSetString("dump", lua.LNil)
	str.RawSetString("rep", l.NewFunction(repeat))
	bound(l, str, "gsub", func(l *lua.LState) int {
		if s, ok := l.Get(3).(lua.LString); ok {
			return (len(l.CheckString(1)) + 1) * (len(s) + 1)
		}
		return len(l.CheckString(1)) * 16
	})
	bound(l, str, "format", func(l *lua.LState) int {
		n := 0
		for i := 1; i <= l.GetTop(); i++ {
			n += len(lua.LVAsString(l.Get(i)))
		}
		// A width is at most three digits long in what anybody writes.
		return n + 1000*strings.Count(l.CheckString(1), "%")
	})
	if table, ok := l.GetGlobal("table").(*lua.LTable); ok {
		bound(l, table, "concat", func(l *lua.LState) int {
			n := 0
			l.CheckTable(1).ForEach(func(_, v lua.LValue) { n += len(lua.LVAsString(v)) + len(l.OptString(2, "")) })
			return n
		})
	}
}

// bound lets a function run only if what it may make is not too long.
func bound(l *lua.LState, library *lua.LTable, name string, size func(*lua.LState) int) {
	whole, ok := library.RawGetString(name).(*lua.LFunction)
	if !ok {
		return
	}
	library.RawSetString(name, l.NewFunction(func(l *lua.LState) int {
		if size(l) > luaString {
			l.RaiseError("%s makes a string that is too long", name)
		}
		return whole.GFunction(l)
	}))
}

func repeat(l *lua.LState) int {
	s, n := l.CheckString(1), l.CheckInt(2)
	if n > 0 && len(s) > luaString/n {
		l.RaiseError("rep makes a string that is too long")
	}
	l.Push(lua.LString(strings.Repeat(s, max(n, 0))))
	return 1
}

func concatenate(l *lua.LState) int {
	a, b := l.Get(1), l.Get(2)
	for _, v := range []lua.LValue{a, b} {
		if !lua.LVCanConvToString(v) {
			l.RaiseError("cannot concatenate a %s", v.Type().String())
		}
	}
	x, y := lua.LVAsString(a), lua.LVAsString(b)
	if len(x)+len(y) > luaString {
		l.RaiseError("a string is too long")
	}
	l.Push(lua.LString(x + y))
	return 1
}

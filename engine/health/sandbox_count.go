package health

import (
	"math"
	"reflect"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// What tables take, about: an empty one makes room for 32 fields when it gets its first.
const (
	tableBytes   = 3 << 10
	elementBytes = 16
	fieldBytes   = 256
)

// counters are functions that scripts are made to call where they take memory in too few instructions to be caught by
// counting those: doubling a string takes thirty to fill a machine. A chunk gets them as arguments and has them in local
// variables that no script can name.
var counters = []struct {
	name  string
	count func(*budget, *lua.LState) int
}{
	{concatenation, (*budget).concatenate}, {construction, (*budget).construct}, {assignment, (*budget).assign},
}

const (
	concatenation = "concatenate strings"
	construction  = "construct a table"
	assignment    = "assign an element"
)

// withCounters puts the counters into local variables before a chunk.
func withCounters(chunk []ast.Stmt) []ast.Stmt {
	locals := &ast.LocalAssignStmt{Exprs: []ast.Expr{&ast.Comma3Expr{}}}
	for _, c := range counters {
		locals.Names = append(locals.Names, c.name)
	}
	return append([]ast.Stmt{locals}, chunk...)
}

// countIn walks a syntax tree and turns every a .. b and {…} into the call of a counter, and t[k] = v into t[the call] = v.
func countIn(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		countIn(v.Elem())
		switch e := v.Interface().(type) {
		case *ast.StringConcatOpExpr:
			v.Set(reflect.ValueOf(call(concatenation, e, e.Lhs, e.Rhs)))
		case *ast.TableExpr:
			v.Set(reflect.ValueOf(call(construction, e, e)))
		case *ast.AssignStmt:
			countAssignments(e)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			countIn(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			countIn(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				countIn(v.Field(i))
			}
		}
	default:
	}
}

// countAssignments leaves out fields with a name: a script has only so many of them.
func countAssignments(s *ast.AssignStmt) {
	for _, target := range s.Lhs {
		element, ok := target.(*ast.AttrGetExpr)
		if !ok {
			continue
		}
		if _, named := element.Key.(*ast.StringExpr); named {
			continue
		}
		var table ast.Expr = &ast.NilExpr{}
		if repeatable(element.Object) {
			table = element.Object
		}
		element.Key = call(assignment, element, table, element.Key)
	}
}

// repeatable reports whether an expression may be evaluated twice.
func repeatable(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.IdentExpr, *ast.StringExpr, *ast.NumberExpr:
		return true
	case *ast.AttrGetExpr:
		return repeatable(e.Object) && repeatable(e.Key)
	}
	return false
}

// call is a call of a counter, at the line of what it counts.
func call(name string, at ast.PositionHolder, arguments ...ast.Expr) *ast.FuncCallExpr {
	c := &ast.FuncCallExpr{Func: &ast.IdentExpr{Value: name}, Args: arguments}
	c.SetLine(at.Line())
	c.SetLastLine(at.LastLine())
	c.Func.SetLine(at.Line())
	return c
}

func (b *budget) concatenate(l *lua.LState) int {
	x, y := l.Get(1), l.Get(2)
	for _, v := range []lua.LValue{x, y} {
		if !lua.LVCanConvToString(v) {
			l.RaiseError("cannot concatenate a %s", v.Type().String())
		}
	}
	s, t := lua.LVAsString(x), lua.LVAsString(y)
	b.text(l, len(s)+len(t))
	b.memory(l, len(s)+len(t))
	l.Push(lua.LString(s + t))
	return 1
}

func (b *budget) construct(l *lua.LState) int {
	t := l.CheckTable(1)
	b.memory(l, tableBytes+elementBytes*t.Len())
	l.Push(t)
	return 1
}

func (b *budget) assign(l *lua.LState) int {
	b.room(l, l.Get(1), l.Get(2))
	l.Push(l.Get(2))
	return 1
}

// room counts what a table grows by when it gets a value at a key. A table that is not known counts as empty.
func (b *budget) room(l *lua.LState, table, key lua.LValue) {
	t, known := table.(*lua.LTable)
	n, ok := key.(lua.LNumber)
	switch array := ok && n >= 1 && n < luaRegistry && float64(n) == math.Trunc(float64(n)); {
	case array && known:
		b.memory(l, elementBytes*max(0, int(n)-t.Len()))
	case array:
		b.memory(l, elementBytes*int(n))
	case !known || t.RawGet(key) == lua.LNil:
		b.memory(l, fieldBytes)
	}
}

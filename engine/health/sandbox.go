package health

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// What one run of a check may use.
const (
	luaInstructions = 1_000_000
	luaTime         = time.Second
	luaString       = 1 << 20
	luaRegistry     = 1 << 16
	luaCalls        = 128
)

// compile parses a script. Concatenations are turned into calls of a function that bounds them: doubling a string needs
// too few instructions to be caught by counting them.
func compile(name, script string) (*lua.FunctionProto, error) {
	chunk, err := parse.Parse(strings.NewReader(script), name)
	if err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	boundConcatenations(reflect.ValueOf(chunk))
	proto, err := lua.Compile(chunk, name)
	if err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	return proto, nil
}

// concatenation is the name of the bounded function; no script can write it.
const concatenation = "concatenate strings"

// boundConcatenations walks a syntax tree and replaces every a .. b.
func boundConcatenations(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		boundConcatenations(v.Elem())
		if c, ok := v.Interface().(*ast.StringConcatOpExpr); ok && v.CanSet() {
			call := &ast.FuncCallExpr{Func: &ast.IdentExpr{Value: concatenation}, Args: []ast.Expr{c.Lhs, c.Rhs}}
			call.SetLine(c.Line())
			call.SetLastLine(c.LastLine())
			call.Func.SetLine(c.Line())
			v.Set(reflect.ValueOf(call))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			boundConcatenations(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			boundConcatenations(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				boundConcatenations(v.Field(i))
			}
		}
	default:
	}
}

// boundTables keeps a table from growing to hold one far index. The library has a variable for it and no option; this
// package is its only user, and sets it before the first script runs.
var boundTables = sync.OnceFunc(func() { lua.MaxArrayIndex = luaRegistry })

// run gives the object to a script and returns what it returns.
func run(proto *lua.FunctionProto, object map[string]any) (result lua.LValue, err error) {
	boundTables()
	l := lua.NewState(lua.Options{
		SkipOpenLibs: true, CallStackSize: luaCalls, RegistrySize: 1 << 10, RegistryMaxSize: luaRegistry, MinimizeStackMemory: true,
	})
	defer l.Close()
	openLibraries(l)
	l.SetContext(&budget{left: luaInstructions, deadline: time.Now().Add(luaTime)})
	l.SetGlobal("obj", luaValue(l, object))
	l.Push(l.NewFunctionFromProto(proto))
	if err := l.PCall(0, 1, nil); err != nil {
		if api, ok := errors.AsType[*lua.ApiError](err); ok && api.Type == lua.ApiErrorRun {
			return nil, errors.New(api.Object.String())
		}
		return nil, err
	}
	return l.Get(-1), nil
}

// luaValue hands a value of an object to Lua.
func luaValue(l *lua.LState, v any) lua.LValue {
	switch v := v.(type) {
	case string:
		return lua.LString(v)
	case bool:
		return lua.LBool(v)
	case int64:
		return lua.LNumber(v)
	case float64:
		return lua.LNumber(v)
	case []any:
		t := l.CreateTable(len(v), 0)
		for _, e := range v {
			t.Append(luaValue(l, e))
		}
		return t
	case map[string]any:
		t := l.CreateTable(0, len(v))
		for k, e := range v {
			t.RawSetString(k, luaValue(l, e))
		}
		return t
	}
	return lua.LNil
}

// budget is the context of one run. The interpreter asks it before every instruction whether to go on.
type budget struct {
	left     int
	deadline time.Time
	spent    error
}

var _ context.Context = (*budget)(nil)

var ended = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// Deadline says when the run is ended.
func (b *budget) Deadline() (time.Time, bool) { return b.deadline, true }

// Done is closed once the run has used what it may.
func (b *budget) Done() <-chan struct{} {
	b.left--
	switch {
	case b.left < 0:
		b.spent = fmt.Errorf("it takes more than %d instructions", luaInstructions)
	case b.left%1024 == 0 && time.Now().After(b.deadline):
		b.spent = fmt.Errorf("it takes longer than %s", luaTime)
	}
	if b.spent != nil {
		return ended
	}
	return nil
}

// Err says why the run was ended.
func (b *budget) Err() error { return b.spent }

// Value has nothing.
func (b *budget) Value(any) any { return nil }

package health

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// What one run of a check may use.
const (
	luaSteps    = 1_000_000
	luaBytes    = 32 << 20
	luaTime     = time.Second
	luaString   = 1 << 20
	luaRegistry = 1 << 16
	luaCalls    = 128
)

// compile parses a script and has what takes memory in it counted.
func compile(name, script string) (*lua.FunctionProto, error) {
	setUpLua()
	chunk, err := parse.Parse(strings.NewReader(script), name)
	if err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	countIn(reflect.ValueOf(chunk))
	proto, err := lua.Compile(withCounters(chunk), name)
	if err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	return proto, nil
}

// setUpLua keeps a table from growing to hold one far index, and a call from making a table of its arguments that no
// constructor shows. The library has variables for them and no options; this package is its only user, and sets them
// before the first script is compiled.
var setUpLua = sync.OnceFunc(func() {
	lua.MaxArrayIndex = luaRegistry
	lua.CompatVarArg = false
})

// run gives the object to a script and returns what it returns.
func run(proto *lua.FunctionProto, object map[string]any) (result lua.LValue, err error) {
	l := lua.NewState(lua.Options{
		SkipOpenLibs: true, CallStackSize: luaCalls, MinimizeStackMemory: true,
		RegistrySize: 1 << 10, RegistryGrowStep: 1 << 12, RegistryMaxSize: luaRegistry,
	})
	defer l.Close()
	b := &budget{steps: luaSteps, bytes: luaBytes, deadline: time.Now().Add(luaTime)}
	openLibraries(l, b)
	l.SetContext(b)
	l.SetGlobal("obj", luaValue(l, object))
	l.Push(l.NewFunctionFromProto(proto))
	for _, c := range counters {
		l.Push(l.NewFunction(func(l *lua.LState) int { return c.count(b, l) }))
	}
	if err := l.PCall(len(counters), 1, nil); err != nil {
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

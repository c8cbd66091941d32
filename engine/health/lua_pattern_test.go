package health_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
)

// everySearch puts into words what each function makes of a text and a pattern.
const everySearch = `
local function show(...)
  local t = {}
  for i = 1, 6 do t[i] = tostring((select(i, ...))) end
  return table.concat(t, ',')
end
local text, pattern = obj.text, obj.pattern
local function try(f)
  local ok, words = pcall(f)
  return ok and words or 'refused'
end
return {status = 'Healthy', message = table.concat({
  try(function() return show(text:find(pattern)) end),
  try(function() return show(text:find(pattern, 2)) end),
  try(function() return show(text:find(pattern, -2)) end),
  try(function() return show(text:match(pattern)) end),
  try(function() return show(text:gsub(pattern, '<%0>')) end),
  try(function() return show(text:gsub(pattern, '<%1>', 2)) end),
  try(function() return show(text:gsub(pattern, {a = 'A', ab = 1, b = false})) end),
  try(function() return show(text:gsub(pattern, function(c) return c ~= 'b' and c .. '!' end)) end),
  try(function()
    local t = {}
    for a, b in text:gmatch(pattern) do t[#t + 1] = tostring(a) .. '/' .. tostring(b) end
    return table.concat(t, ' ')
  end),
}, '; ')}
`

// searches are the words of everySearch, as a check has them.
func searches(t *testing.T, own *health.Checks, text, pattern string) string {
	t.Helper()
	u := widget("Up")
	u.Object["text"], u.Object["pattern"] = text, pattern
	got := own.Assess(u)
	if got.Status != app.Healthy {
		t.Fatalf("%q in %q: %s", pattern, text, got.Message)
	}
	return got.Message
}

// searchesOfTheInterpreter are the words of everySearch with the interpreter's own library.
func searchesOfTheInterpreter(t *testing.T, l *lua.LState, text, pattern string) string {
	t.Helper()
	object := l.NewTable()
	object.RawSetString("text", lua.LString(text))
	object.RawSetString("pattern", lua.LString(pattern))
	l.SetGlobal("obj", object)
	if err := l.DoString(everySearch); err != nil {
		t.Fatal(err)
	}
	result, ok := l.Get(-1).(*lua.LTable)
	l.Pop(1)
	if !ok {
		t.Fatal("no table")
	}
	return lua.LVAsString(result.RawGetString("message"))
}

// randomPattern is made of all that patterns have.
func randomPattern(r *rand.Rand) string {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	var b strings.Builder
	b.WriteString(pick("", "", "", "^"))
	captures := 0
	for range 1 + r.IntN(4) {
		character := func() string {
			return pick("a", "b", "c", ".", "%a", "%d", "%W", "[ab]", "[^a]", "[a-c]", "[]a]", "[^]b]", "[%d(]", "%(", "1") + pick("", "", "", "*", "+", "-", "?")
		}
		switch r.IntN(8) {
		case 0:
			b.WriteString("(" + character() + character() + ")")
			captures++
		case 1:
			b.WriteString("()")
			captures++
		case 2:
			b.WriteString("%b()")
		case 3:
			b.WriteString("((" + character() + ")" + character() + ")")
			captures += 2
		default:
			b.WriteString(character())
		}
	}
	b.WriteString(pick("", "", "", "$"))
	return b.String()
}

func TestPatternsMatchAsInTheInterpreter(t *testing.T) {
	t.Parallel()
	own, l := checks(t, script(everySearch)), lua.NewState()
	defer l.Close()
	r := rand.New(rand.NewPCG(1, 2))
	for range 1_000 {
		text := make([]byte, r.IntN(12))
		for i := range text {
			text[i] = "aabbc1() \xc3"[r.IntN(10)]
		}
		pattern := randomPattern(r)
		if got, want := searches(t, own, string(text), pattern), searchesOfTheInterpreter(t, l, string(text), pattern); got != want {
			t.Fatalf("%q in %q:\n got %s\nwant %s", pattern, text, got, want)
		}
	}
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, expression, want string }{
		{"2026-11-27T06:05:00Z", `{s:match('(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)Z')}`, "2026 11 27 06 05 00"},
		{"3/5", `{s:match('(%d+)/(%d+)')}`, "3 5"},
		{"ERROR, it is gone", `{s:gsub('ERROR, ', '')}`, "it is gone 1"},
		{"Provisioning disks", `{s:find('^Provisioning'), s:find('^Waiting')}`, "1"},
		{"KafkaPolicy", `{s:match('Policy$')}`, "Policy"},
		{"a.b.c", `{s:find('.', 1, true), s:find('b', 1, true)}`, "2 3 3"},
		{"a.b", `{s:find('b', 10)}`, ""},
		{"abc", `{s:find('c*', 4), s:find('c*', 5)}`, "4"},
		{"a=1, b=2", `{s:gsub('(%w)=(%w)', '%2=%1')}`, "1=a, 2=b 2"},
		{"100%", `{s:gsub('%%', ' %%')}`, "100 % 1"},
		{"abab", `{s:match('^(ab)%1$')}`, "ab"},
		{"a", `{s:gsub('a', 5)}`, "5 1"},
		{"a\tb", `{s:match('%a%c%a') and 'control', s:match('%s') and 'space', s:match('%p')}`, "control space"},
		{"x-y]", `{s:match('[x-]+'), s:match('[]y]+')}`, "x- y]"},
		{"f0G", `{s:match('%x+'), s:match('%u'), s:match('%l'), s:match('%X')}`, "f0 G f G"},
		{"abc", `{s:gsub('%w', {a = 1, b = true and 'B'})}`, "1Bc 3"},
		{"abc", `{s:gsub('', '-')}`, "-a-b-c- 4"},
		{"abc", `{s:gsub('b*', '-')}`, "-a--c- 4"},
	} {
		got := checks(t, script("local s, out = obj.text, {}\nfor _, v in ipairs("+c.expression+") do out[#out + 1] = tostring(v) end\nreturn {status='Healthy', message=table.concat(out, ' ')}"))
		u := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "example.com/v1", "kind": "Widget", "text": c.text}}
		if h := got.Assess(u); h.Status != app.Healthy || h.Message != c.want {
			t.Errorf("%s of %q: got %q (%s), want %q", c.expression, c.text, h.Status, h.Message, c.want)
		}
	}
}

func TestPatternsThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	for pattern, message := range map[string]string{
		"[a": "missing ']'", "[": "missing ']'", "a%": "ends with '%'", "[%": "ends with '%'", "(a": "unfinished capture", "a)": "invalid pattern capture",
		"%1": "invalid capture index", "(%1)": "invalid capture index", "%0": "invalid capture index", "%b(": "unbalanced pattern", "%f[%w]": "%f",
	} {
		for _, function := range []string{"match(p)", "gsub(p, '')", "gmatch(p)"} {
			got := checks(t, script(fmt.Sprintf("local p = '%s'\nlocal s = ('a'):%s\nreturn {status='Healthy'}", pattern, function))).Assess(widget("Up"))
			if got.Status != app.HealthUnknown || !strings.Contains(got.Message, message) {
				t.Errorf("%s of %q: got %q (%s), want %q", function, pattern, got.Status, got.Message, message)
			}
		}
	}
	for call, message := range map[string]string{
		"gsub('a', '%2')": "invalid capture index", "gsub('a', {a = {}})": "invalid replacement value (a table)", "gsub('a', true)": "expected",
		"find('a%', 1)": "ends with '%'", "format('%', 1)": "invalid option", "format('%*d', 1)": "invalid option",
	} {
		got := checks(t, script("local s = ('a'):"+call+"\nreturn {status='Healthy'}")).Assess(widget("Up"))
		if strings.HasPrefix(call, "format") {
			got = checks(t, script("local s = string."+call+"\nreturn {status='Healthy'}")).Assess(widget("Up"))
		}
		if got.Status != app.HealthUnknown || !strings.Contains(got.Message, message) {
			t.Errorf("%s: got %q (%s), want %q", call, got.Status, got.Message, message)
		}
	}
}

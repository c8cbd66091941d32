package health_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// TestLuaIsBounded has what a script could take much of in few instructions. The clock stands still in it: each is ended
// by what it uses, not by its time.
func TestLuaIsBounded(t *testing.T) {
	t.Parallel()
	const (
		steps   = "more than 1000000 steps"
		bytes   = "more than 32 MiB"
		tooLong = "too long"
		long    = "local long = ('x'):rep(1e6)\n"
		// spent leaves a MiB.
		spent = "for i = 1, 31 do local s = ('x'):rep(2 ^ 20) end\n"
		many  = spent + "local many = {}\nfor i = 1, 1e4 do many[i] = i end\n"
	)
	for name, c := range map[string]struct{ script, message string }{
		"a search that goes back and forth":       {"(('x'):rep(400)):find('x*x*x*x*y')", steps},
		"a match that goes back and forth":        {"(('x'):rep(400)):match('x-x-x-x-y')", steps},
		"a replacement that goes back and forth":  {"(('x'):rep(400)):gsub('x*x*x*x*y', '')", steps},
		"matches that go back and forth":          {"for w in (('x'):rep(400)):gmatch('x*x*x*x*y') do end", steps},
		"matches under their old name":            {"for w in (('x'):rep(400)):gfind('x*x*x*x*y') do end", steps},
		"a search that is caught":                 {"pcall(string.find, ('x'):rep(400), 'x*x*x*x*y')", steps},
		"balances in a long text":                 {"local s = ('('):rep(1e4)\ns:find('%b()')", steps},
		"a pattern that begins often":             {"(('x'):rep(1e6)):find('y-z')\n" + "(('x'):rep(1e6)):find('y-z')", steps},
		"a repeated capture of a long text":       {long + "long:find('^(x*)%1y')", steps},
		"positions at every character":            {long + "long:find(('()'):rep(30) .. 'y')", steps},
		"a search for what is nearly there":       {long + "for i = 1, 1e3 do long:find('y', 1, true) end", steps},
		"a long pattern":                          {"(('x'):rep(10)):find(('x?'):rep(1e5))", "longer than 1000"},
		"a sort of long strings":                  {long + "local t = {}\nfor i = 1, 3000, 2 do t[i] = long; t[i + 1] = long .. 'a' end\ntable.sort(t)", "MiB"},
		"a sort of a few long strings":            {long + "local a, t = long .. 'a', {}\nfor i = 1, 3000, 2 do t[i] = long; t[i + 1] = a end\ntable.sort(t)", steps},
		"a format that repeats its argument":      {long + "string.format(('%[1]s'):rep(20), long)", "invalid option"},
		"a format that is wide":                   {"string.format(('%999999d'):rep(100), 1)", "invalid option"},
		"a format that is precise":                {"string.format(('%.999999f'):rep(100), 1)", "invalid option"},
		"a format with many conversions":          {"string.format(('%99d'):rep(20000), 1)", tooLong},
		"a format that writes more than it takes": {"string.format('%# x', ('x'):rep(3e5))", tooLong},
		"replacements that are long together":     {"local s = ('x'):rep(2000)\ns:gsub('x', ('y'):rep(1000))", tooLong},
		"a replacement that repeats a capture":    {"local s = ('x'):rep(2e5)\ns:gsub('^x*', '%0%0%0%0%0%0')", tooLong},
		"replacements from a table":               {"local s = ('x'):rep(2000)\ns:gsub('x', {x = ('y'):rep(1000)})", tooLong},
		"replacements by a function":              {"local s = ('x'):rep(2000)\ns:gsub('x', function() return ('y'):rep(1000) end)", tooLong},
		"long strings that are kept":              {"local t = {}\nfor i = 1, 300 do t[i] = ('x'):rep(1e6) end", bytes},
		"long strings that are joined":            {long + "for i = 1, 300 do local s = long .. i end", bytes},
		"long strings in small letters":           {long + "for i = 1, 300 do long:lower() end", bytes},
		"long strings in capitals":                {long + "for i = 1, 300 do long:upper() end", bytes},
		"long strings backwards":                  {long + "for i = 1, 300 do long:reverse() end", bytes},
		"strings of many characters":              {spent + "local b = {(('x'):rep(2e4)):byte(1, -1)}\nfor i = 1, 100 do string.char(unpack(b)) end", bytes},
		"long strings from lists":                 {long + "for i = 1, 300 do table.concat({long, ''}) end", bytes},
		"long strings from replacements":          {spent + "local s = ('x'):rep(1e5)\nfor i = 1, 1e3 do s:gsub('^y', '') end", bytes},
		"long strings from formats":               {spent + "local s = ('x'):rep(2e5)\nfor i = 1, 300 do string.format('%s', s) end", bytes},
		"long errors":                             {long + "for i = 1, 300 do pcall(error, long) end", bytes},
		"long errors that are looked at":          {long + "for i = 1, 300 do xpcall(function() error(long) end, function(e) return e end) end", bytes},
		"many small tables":                       {spent + "local t = {}\nfor i = 1, 1e5 do t[i] = {a = 1} end", bytes},
		"many searches that are not begun":        {spent + "local t = {}\nfor i = 1, 1e5 do t[i] = (''):gmatch('x') end", bytes},
		"many large tables":                       {many + "for i = 1, 300 do local t = {unpack(many)} end", bytes},
		"far elements":                            {spent + "for i = 1, 300 do local t = {}\nt[65000] = 1 end", bytes},
		"far elements of fields":                  {spent + "for i = 1, 300 do local t = {a = {}}\nt.a[65000] = 1 end", bytes},
		"far elements, several at once":           {spent + "for i = 1, 300 do local t, n = {}\nn, t[65000] = 1, 1 end", bytes},
		"far elements of what is returned":        {spent + "local function f() return {} end\nfor i = 1, 300 do f()[65000] = 1 end", bytes},
		"far elements that are inserted":          {spent + "for i = 1, 300 do table.insert({}, 65000, 1) end", bytes},
		"far elements that are set raw":           {spent + "for i = 1, 300 do rawset({}, 65000, 1) end", bytes},
		"many fields":                             {spent + "local t = {}\nfor i = 1, 3e5 do t[-i] = true end", bytes},
		"a counter that is looked for":            {"for k in pairs(_G) do if k:find(' ') then error('found') end end\nwhile true do end", steps},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got := checks(t, script(strings.ReplaceAll(c.script, "\n(", "\n;(")+"\nreturn {status='Healthy'}")).Assess(widget("Up"))
				if got.Status != app.HealthUnknown || !strings.Contains(got.Message, c.message) {
					t.Errorf("got %q (%.200s), want %q", got.Status, got.Message, c.message)
				}
			})
		})
	}
}

// TestLuaHasRoom has what checks may well do.
func TestLuaHasRoom(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ script, message string }{
		"a list in order":              {"local t = {}\nfor i = 1, 5e3 do t[#t + 1] = i end\nlocal n = #t", "5000"},
		"a list that grows by inserts": {"local t = {}\nfor i = 1, 5e3 do table.insert(t, i) end\nlocal n = #t", "5000"},
		"a list that is changed":       {"local t, n = {1}, 0\nfor i = 1, 5e4 do t[1] = i end\nn = t[1]", "50000"},
		"a field that is changed":      {"local t, n = {}, 0\nfor i = 1, 5e4 do t[obj.kind] = i end\nn = t.Widget", "50000"},
		"a list that is sorted":        {"local t = {}\nfor i = 1, 1e3 do t[i] = 'name-' .. (2000 - i) end\ntable.sort(t)\nlocal n = t[1]", "name-1000"},
		"many messages":                {"local t = {}\nfor i = 1, 1e3 do t[#t + 1] = string.format('%d: %-5s|%05.1f', i, 'a', 1.25) end\nlocal n = t[1000]", "1000: a    |001.2"},
		"a table for every element":    {"local t = {}\nfor i = 1, 5e3 do t[i] = {name = i} end\nlocal n = t[5000].name", "5000"},
		"several names at once":        {"local t, i = {}, 1\ni, t[i], t.a = 2, 'one', 'two'\nlocal n = i .. t[1] .. t.a", "2onetwo"},
		"a table in a format":          {"local n = string.format('%s', {}):sub(1, 6)", "table:"},
		"what is in a table":           {"local n = #string.format('%d', {('x'):rep(1e5)}) < 50", "true"},
		"more arguments":               {"local function f(...) return select('#', ...) + #{...} end\nlocal n = f(1, 2, 3)", "6"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				got := checks(t, script(c.script+"\nreturn {status='Healthy', message=tostring(n)}")).Assess(widget("Up"))
				if got.Status != app.Healthy || got.Message != c.message {
					t.Errorf("got %q (%s), want %q", got.Status, got.Message, c.message)
				}
			})
		})
	}
}

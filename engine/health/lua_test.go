package health_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
)

// widget is an object of a kind that has no rule.
func widget(phase string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "example.com/v1", "kind": "Widget", "metadata": map[string]any{"name": "one"},
		"status": map[string]any{"phase": phase, "size": int64(3), "nodes": []any{map[string]any{"name": "a"}, map[string]any{"name": "b"}}},
	}}
}

func checks(t *testing.T, text string) *health.Checks {
	t.Helper()
	c, err := health.ParseChecks([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// script is a document with one check of widgets.
func script(lines string) string {
	return "resource.customizations.health.example.com_Widget: |\n  " + strings.ReplaceAll(lines, "\n", "\n  ") + "\n"
}

func TestLuaChecks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script, message string
		want            app.HealthCode
	}{
		"in the usual form":        {"hs = {}\nif obj.status.phase == 'Up' then hs.status = 'Healthy'; hs.message = 'is ' .. obj.status.phase; return hs end", "is Up", app.Healthy},
		"over lists and numbers":   {"local n = 0\nfor i, v in ipairs(obj.status.nodes) do n = n + 1 end\nreturn {status='Progressing', message=n .. '/' .. obj.status.size}", "2/3", app.Progressing},
		"with the libraries":       {"return {status='Degraded', message=string.upper(table.concat({'a', tostring(math.floor(2.5))}, '-')):gsub('A', 'b')}", "b-2", app.Degraded},
		"that say nothing":         {"return nil", "", ""},
		"with an empty answer":     {"return {}", "", ""},
		"with a wrong status":      {"return {status='Green'}", `its health check returns the status "Green", which is none`, app.HealthUnknown},
		"that return no table":     {"return 1", "its health check returns a number, not a table", app.HealthUnknown},
		"that fail":                {"return obj.status.none.phase", "attempt to index", app.HealthUnknown},
		"that never end":           {"while true do end", "more than 1000000 steps", app.HealthUnknown},
		"that catch their end":     {"while true do pcall(function() while true do end end) end", "more than 1000000 steps", app.HealthUnknown},
		"that double a string":     {"local s = 'x'\nwhile true do s = s .. s end", "too long", app.HealthUnknown},
		"that repeat a string":     {"return {status='Healthy', message=('x'):rep(1e9)}", "too long", app.HealthUnknown},
		"that replace without end": {"local s = ('x'):rep(1e5)\nreturn {status='Healthy', message=s:gsub('x', s)}", "too long", app.HealthUnknown},
		"that join without end":    {"local s = ('x'):rep(1e6)\nreturn {status='Healthy', message=table.concat({s, s})}", "too long", app.HealthUnknown},
		"that call without end":    {"local function f() return 1 + f() end\nf()", "stack overflow", app.HealthUnknown},
		"that unpack without end":  {"return unpack({}, 1, 1e8)", "registry overflow", app.HealthUnknown},
		"with far indexes":         {"local t = {}\nfor i = 1, 1000 do t[i * 50000000] = 1 end\nreturn {status='Healthy'}", "", app.Healthy},
		"that print":               {"print('secret')\nreturn {status='Suspended'}", "", app.Suspended},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// On a slow machine time would run out before the steps do.
			synctest.Test(t, func(t *testing.T) {
				own := checks(t, script(c.script))
				got := own.Assess(widget("Up"))
				if got.Status != c.want || !strings.Contains(got.Message, c.message) {
					t.Errorf("got %q (%s), want %q (%s)", got.Status, got.Message, c.want, c.message)
				}
				if !own.Gates(widget("Up")) || health.Gates(widget("Up")) {
					t.Error("a kind is waited for with a check, and only then")
				}
			})
		})
	}
}

func TestLuaReachesNothing(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"os", "io", "require", "load", "loadstring", "loadfile", "dofile", "debug", "package", "coroutine", "module", "setfenv", "string.dump",
		"math.random", "math.randomseed",
	} {
		got := checks(t, script("if "+name+" == nil then return {status='Healthy'} end\nreturn {status='Degraded'}")).Assess(widget("Up"))
		if got.Status != app.Healthy {
			t.Errorf("%s is there", name)
		}
	}
}

func TestChecksComeBeforeRulesAndByTheirNames(t *testing.T) {
	t.Parallel()
	own := checks(t, `
apiVersion: v1
kind: ConfigMap
data:
  url: https://example.com
  resource.customizations.health.apps_Deployment: "return {status='Suspended', message='by hand'}"
  resource.customizations.health.Pod: "return {status='Degraded', message='core'}"
  resource.customizations: |
    "*.example.com/*":
      health.lua: return {status='Progressing', message='any'}
    sub.example.com/Widget:
      health.lua: return {status='Healthy', message='one'}
    other.example.com/Gadget:
      ignoreDifferences: ""
`)
	for _, c := range []struct{ version, kind, message string }{
		{"apps/v1", "Deployment", "by hand"},
		{"v1", "Pod", "core"},
		{"sub.example.com/v1", "Widget", "one"},
		{"sub.example.com/v1", "Gadget", "any"},
		{"example.com/v1", "Widget", ""},
	} {
		u := &unstructured.Unstructured{}
		u.SetAPIVersion(c.version)
		u.SetKind(c.kind)
		if got := own.Assess(u); got.Message != c.message {
			t.Errorf("%s %s: got %q, want %q", c.version, c.kind, got.Message, c.message)
		}
		now := unstructured.Unstructured{Object: u.DeepCopy().Object}
		at := deletedAt()
		now.SetDeletionTimestamp(&at)
		if got := own.Assess(&now); got.Message != "Pending deletion" {
			t.Errorf("%s %s: while it is deleted: %q", c.version, c.kind, got.Message)
		}
	}
}

func TestChecksThatCannotBeReadAreRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a script with a slip": script("if then"), "no map": "- a", "an old form that is no map": "resource.customizations: '- a'",
		"a script with a slip in the old form": "resource.customizations: |\n  a/B: {health.lua: 'if'}",
	} {
		if _, err := health.ParseChecks([]byte(text)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestARunawayCheckEndsSoon(t *testing.T) {
	t.Parallel()
	own, began := checks(t, script("local t = {}\nwhile true do t[#t + 1] = {} end")), time.Now()
	if got := own.Assess(widget("Up")); got.Status != app.HealthUnknown {
		t.Errorf("got %q", got.Status)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}

func deletedAt() metav1.Time { return metav1.NewTime(time.Unix(1_800_000_000, 0)) }

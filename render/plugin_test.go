package render_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// plugins returns a pool with plugins, each given as its spec by its name.
func plugins(t *testing.T, specs map[string]string) *render.Pool {
	t.Helper()
	dir := t.TempDir()
	for name, spec := range specs {
		annotations := ""
		if before, rest, ok := strings.Cut(spec, "!"); ok {
			annotations, spec = "\n  annotations: "+before, rest
		}
		text := "apiVersion: argoproj.io/v1alpha1\nkind: ConfigManagementPlugin\nmetadata:\n  name: " + name + annotations + "\nspec:\n" + spec
		if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	loaded, err := render.LoadPlugins(dir)
	if err != nil {
		t.Fatal(err)
	}
	return pool(t, render.Options{Plugins: loaded})
}

// printing is a spec whose generate command is a shell script that prints one ConfigMap with this value.
func printing(value string) string {
	return "  generate:\n    command: [sh, -c]\n    args:\n    - |\n      printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: made}\\ndata:\\n  value: %s\\n' \"" + value + "\"\n"
}

func withPlugin(block map[string]any) app.Source { return app.Source{Path: "web", Plugin: block} }

func TestPlugins(t *testing.T) {
	t.Parallel()
	files := repo{"web/env.yaml": "name: shop\n", "web/deep/down.yaml": "x\n", "base/shared.txt": "from the base", "chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n"}
	marker := "  discover: {fileName: env.yaml}\n"
	for name, c := range map[string]struct {
		specs map[string]string
		src   app.Source
		tool  app.Tool
		value string
		why   string
	}{
		"named by the source": {
			map[string]string{"one": printing("hello")}, withPlugin(map[string]any{"name": "one"}), app.ToolPlugin, "hello", "names plugin one",
		},
		"named with its version": {
			map[string]string{"one": "  version: v1.0\n" + printing("hello")}, withPlugin(map[string]any{"name": "one-v1.0"}), app.ToolPlugin, "hello", "one-v1.0",
		},
		"discovered by a file's name": {
			map[string]string{"other": "  discover: {fileName: '*.toml'}\n" + printing("no"), "zone": marker + printing("hello")},
			app.Source{Path: "web"},
			app.ToolPlugin, "hello",
			"discover rule env.yaml fits web",
		},
		"discovered by a glob": {
			map[string]string{"one": "  discover: {find: {glob: '**/down.yaml'}}\n" + printing("hello")}, app.Source{Path: "web"}, app.ToolPlugin, "hello", "**/down.yaml",
		},
		"discovered by a command": {
			map[string]string{"one": "  discover: {find: {command: [sh, -c], args: ['cat env.yaml']}}\n" + printing("hello")},
			app.Source{Path: "web"},
			app.ToolPlugin, "hello", "cat env.yaml",
		},
		"a discovery that finds nothing leaves the folder to other tools": {
			map[string]string{"one": "  discover: {find: {command: [sh, -c, 'exit 1']}}\n" + printing("no"), "two": "  discover: {find: {command: ['true']}}\n" + printing("no")},
			app.Source{Path: "chart"},
			app.ToolHelm, "", "Chart.yaml",
		},
		"a plugin comes before the tools that a folder's files suggest": {
			map[string]string{"one": "  discover: {fileName: Chart.yaml}\n" + printing("hello")}, app.Source{Path: "chart"}, app.ToolPlugin, "hello", "Chart.yaml",
		},
		"and after a tool that the source names": {
			map[string]string{"one": marker + printing("no")}, app.Source{Path: "web", Directory: &app.DirectorySource{}}, app.ToolDirectory, "", "options of Directory",
		},
		"init runs before, in the same copy": {
			map[string]string{"one": "  init: {command: [sh, -c, 'cp ../base/shared.txt made; echo noise']}\n" + printing("$(cat made)")},
			withPlugin(map[string]any{"name": "one"}), app.ToolPlugin, "from the base", "one",
		},
		"variables, with the build environment in them": {
			map[string]string{"one": printing("$ARGOCD_ENV_FOO $ARGOCD_APP_NAME $KUBE_VERSION")},
			withPlugin(map[string]any{"name": "one", "env": []any{map[string]any{"name": "FOO", "value": "at $ARGOCD_APP_REVISION_SHORT"}}}),
			app.ToolPlugin, "at 8f3f1c7 web v1.30.0", "one",
		},
		"parameters": {
			map[string]string{"one": printing("$PARAM_SOME_TEXT $PARAM_FILES_1 $PARAM_SET_IMAGE_TAG")},
			withPlugin(map[string]any{"name": "one", "parameters": []any{
				map[string]any{"name": "some-text", "string": "a"},
				map[string]any{"name": "files", "array": []any{"x", "y"}},
				map[string]any{"name": "set", "map": map[string]any{"image.tag": "v2"}},
			}}),
			app.ToolPlugin, "a y v2", "one",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := files.request(c.src)
			req.Capabilities.KubeVersion = "v1.30.0"
			out, err := plugins(t, c.specs).Render(t.Context(), req)
			if err != nil {
				t.Fatalf("%v (%s)", err, hint.Of(err))
			}
			if out.Tool != c.tool || !strings.Contains(out.Why, c.why) {
				t.Errorf("made by %s because %s; want %s because %s", out.Tool, out.Why, c.tool, c.why)
			}
			if c.value != "" {
				if got := field(t, out, "data", "value"); got != c.value {
					t.Errorf("got %q, want %q", got, c.value)
				}
			}
		})
	}
}

func TestPluginsSeeNothingOfTheEnvironment(t *testing.T) {
	t.Setenv("CANARY_TOKEN", "canary-in-the-environment")
	t.Setenv("ALLOWED", "let in")
	p := plugins(t, map[string]string{"one": "{wheelhouse.dev/env: \"ALLOWED, MISSING\"}!" + printing("$(env | cut -d= -f1 | sort | tr '\\n' ' ') $ALLOWED")})
	out, err := p.Render(t.Context(), repo{"web/x.yaml": ""}.request(withPlugin(map[string]any{
		"name": "one", "env": []any{map[string]any{"name": "PATH", "value": "/evil"}},
	})))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Fields(field(t, out, "data", "value"))
	want := "ALLOWED ARGOCD_APP_NAME ARGOCD_APP_NAMESPACE ARGOCD_APP_PARAMETERS ARGOCD_APP_PROJECT_NAME ARGOCD_APP_REVISION ARGOCD_APP_REVISION_SHORT " +
		"ARGOCD_APP_REVISION_SHORT_8 ARGOCD_APP_SOURCE_PATH ARGOCD_APP_SOURCE_REPO_URL ARGOCD_APP_SOURCE_TARGET_REVISION ARGOCD_ENV_PATH HOME " +
		"KUBE_API_VERSIONS KUBE_VERSION LANG PATH PWD TMPDIR let in"
	var names []string
	for _, n := range got {
		// What a shell sets by itself.
		if n != "_" && n != "SHLVL" && n != "OLDPWD" {
			names = append(names, n)
		}
	}
	if d := cmp.Diff(strings.Fields(want), names); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestPluginsThatFail(t *testing.T) {
	t.Parallel()
	shell := func(script string) string { return "  generate: {command: [sh, -c, " + strconv.Quote(script) + "]}\n" }
	for name, c := range map[string]struct {
		spec string
		says []string
	}{
		"a command that fails shows itself and what it wrote": {shell("echo out; echo oh no >&2; exit 3"), []string{"generate command `sh -c echo out", "exit status 3", "oh no"}},
		"init that fails":                 {"  init: {command: ['false']}\n" + printing("no"), []string{"init command `false`", "exit status 1"}},
		"a program that is not there":     {"  generate: {command: [no-such-program]}\n", []string{"no-such-program", "not found"}},
		"output that is no manifest":      {shell("echo 'a: [b'"), []string{"output-of-plugin-one.yaml:"}},
		"output without end":              {shell("yes"), []string{"printed more than 10 MB"}},
		"a command that takes too long":   {"{wheelhouse.dev/timeout: 200ms}!" + shell("sleep 60"), []string{"longer than 200ms", "wheelhouse.dev/timeout"}},
		"a command that takes the memory": {"{wheelhouse.dev/memory-mib: \"64\"}!" + shell("x=$(head -c 300000000 /dev/zero | tr '\\0' x); echo $x | wc -c"), []string{"generate command"}},
		"a process that is left behind":   {shell("sleep 60 & echo"), []string{"WaitDelay"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			_, err := plugins(t, map[string]string{"one": c.spec}).Render(t.Context(), repo{"web/x.yaml": ""}.request(withPlugin(map[string]any{"name": "one"})))
			if err == nil {
				t.Fatal("it renders")
			}
			for _, words := range c.says {
				if !strings.Contains(err.Error()+hint.Of(err), words) {
					t.Errorf("%q is missing in: %v (%s)", words, err, hint.Of(err))
				}
			}
			if took := time.Since(begun); took > patience {
				t.Errorf("it took %s", took)
			}
		})
	}
	t.Run("a plugin that is not there, with those that are", func(t *testing.T) {
		t.Parallel()
		_, err := plugins(t, map[string]string{"one": printing("no")}).Render(t.Context(), repo{"web/x.yaml": ""}.request(withPlugin(map[string]any{"name": "two"})))
		if err == nil || !strings.Contains(err.Error(), "plugin two") || !strings.Contains(hint.Of(err), "one") {
			t.Errorf("got %v (%s)", err, hint.Of(err))
		}
	})
	t.Run("no plugin at all", func(t *testing.T) {
		t.Parallel()
		_ = repo{"web/x.yaml": ""}.fails(t, withPlugin(map[string]any{"name": "two"}), "none is configured", "wheelhouse/plugins")
	})
}

func TestNothingOfAPluginIsLeft(t *testing.T) {
	t.Parallel()
	pid := filepath.Join(t.TempDir(), "pid")
	spec := "{wheelhouse.dev/timeout: 1s}!" + fmt.Sprintf("  generate: {command: [sh, -c, 'sleep 300 & echo $! > %s; wait']}\n", pid)
	_, err := plugins(t, map[string]string{"one": spec}).Render(t.Context(), repo{"web/x.yaml": ""}.request(withPlugin(map[string]any{"name": "one"})))
	if err == nil {
		t.Fatal("it renders")
	}
	text, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", child)); err != nil || strings.Contains(string(state), ") Z ") {
			return
		}
		if time.Now().After(deadline) {
			_ = syscall.Kill(child, syscall.SIGKILL)
			t.Fatal("a process of the plugin still runs")
		}
	}
}

func TestPluginDocuments(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: argoproj.io/v1alpha1\nkind: ConfigManagementPlugin\nmetadata: {name: one}\nspec:\n"
	for name, c := range map[string]struct{ text, says string }{
		"a field that is misspelt":         {head + "  genrate: {command: [x]}\n", "genrate"},
		"no generate":                      {head + "  init: {command: [x]}\n", "spec.generate.command"},
		"credentials, which are not given": {head + "  generate: {command: [x]}\n  provideGitCreds: true\n", "provideGitCreds"},
		"another kind":                     {"kind: ConfigMap\n", "ConfigMap"},
		"a time that is none":              {strings.Replace(head, "{name: one}", "{name: one, annotations: {wheelhouse.dev/timeout: soon}}", 1) + "  generate: {command: [x]}\n", "soon"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "one.yaml"), []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			loaded, err := render.LoadPlugins(dir)
			if err != nil || len(loaded) != 1 {
				t.Fatalf("%d plugins, %v", len(loaded), err)
			}
			if err := loaded[0].Fault(); err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "one.yaml") || hint.Of(err) == "" {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
	if none, err := render.LoadPlugins(filepath.Join(t.TempDir(), "nowhere")); err != nil || none != nil {
		t.Errorf("a folder that is not there: %v, %v", none, err)
	}
}

// TestAPluginThatIsWrongFailsTheSourcesThatItIsFor and leaves the others alone: a source that it may be for must not seem to be
// of another tool.
func TestAPluginThatIsWrongFailsTheSourcesThatItIsFor(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: argoproj.io/v1alpha1\nkind: ConfigManagementPlugin\nmetadata: {name: bad}\nspec:\n  genrate: {command: [x]}\n"
	files := repo{"web/env.yaml": "x: y\n", "web/a.yaml": configMap("a", "x"), "other/a.yaml": configMap("a", "x")}
	plain, named := app.Source{Path: "other"}, withPlugin(map[string]any{"name": "bad"})
	options, web := app.Source{Path: "web", Directory: &app.DirectorySource{}}, app.Source{Path: "web"}
	absent := withPlugin(map[string]any{"name": "absent"})
	for name, c := range map[string]struct {
		text         string
		fail, render []app.Source
	}{
		"a rule that can be read":  {head + "  discover: {fileName: env.yaml}\n", []app.Source{web, named, absent}, []app.Source{plain, options}},
		"a pattern":                {head + "  discover: {find: {glob: '**/env.yaml'}}\n", []app.Source{web, named}, []app.Source{plain, options}},
		"a rule that is a command": {head + "  discover: {find: {command: ['false']}}\n", []app.Source{web, plain, named}, []app.Source{options}},
		"no rule":                  {head, []app.Source{named, absent}, []app.Source{web, plain, options}},
		"no YAML, with a rule":     {"metadata: {name: bad\nspec: {discover: {fileName: x}}\n", []app.Source{web, plain, named}, []app.Source{options}},
		"no YAML":                  {"a: [b\n", []app.Source{named}, []app.Source{web, plain, options}},
		"another kind":             {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n", nil, []app.Source{web, plain, options}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "bad.yaml"), []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			loaded, err := render.LoadPlugins(dir)
			if err != nil {
				t.Fatal(err)
			}
			p := pool(t, render.Options{Plugins: loaded})
			for i, src := range c.fail {
				_, err := p.Render(t.Context(), files.request(src))
				if err == nil || !strings.Contains(err.Error()+hint.Of(err), filepath.Join(dir, "bad.yaml")) || hint.Of(err) == "" {
					t.Errorf("source %d that it is for: %v (%s)", i, err, hint.Of(err))
				}
			}
			for i, src := range c.render {
				if _, err := p.Render(t.Context(), files.request(src)); err != nil {
					t.Errorf("source %d that it is not for: %v", i, err)
				}
			}
		})
	}
}

func TestParametersThatAPluginAnnounces(t *testing.T) {
	t.Parallel()
	p := plugins(t, map[string]string{"one": printing("x") + "  discover: {fileName: env.yaml}\n" +
		"  parameters:\n    static: [{name: fixed, string: a}]\n    dynamic: {command: [sh, -c, 'echo \"[{\\\"name\\\": \\\"$(cat env.yaml)\\\"}]\"']}\n"})
	v, err := render.Values{Pool: p}.Values(t.Context(), repo{"web/env.yaml": "found"}.request(app.Source{Path: "web"}))
	if err != nil {
		t.Fatal(err)
	}
	a := "a"
	if d := cmp.Diff([]app.PluginParameter{{Name: "fixed", String: &a}, {Name: "found"}}, v.Announced); d != "" || v.Tool != app.ToolPlugin {
		t.Errorf("%s: -want +got:\n%s", v.Tool, d)
	}
}

func TestPluginsSeeTheCommit(t *testing.T) {
	t.Parallel()
	p := plugins(t, map[string]string{"one": "  discover: {fileName: x.yaml}\n" + printing("$ARGOCD_APP_REVISION_SHORT")})
	req := repo{"web/x.yaml": ""}.request(app.Source{Path: "web"})
	for _, id := range []string{req.Commit.ID, "abcdef07d6b5a49382716059483726150a9b8c7d"} {
		req.Commit.ID = id
		for range 2 {
			out, err := p.Render(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if got := field(t, out, "data", "value"); got != id[:7] {
				t.Errorf("got %s, want %s", got, id[:7])
			}
		}
	}
	if got := p.Renders(); got != 2 {
		t.Errorf("%d renderings, want one for each commit", got)
	}
}

func TestOptionsOfAToolComeBeforeAPluginsRule(t *testing.T) {
	t.Parallel()
	p := plugins(t, map[string]string{"one": "  discover: {fileName: app.yaml}\n" + printing("no")})
	files := repo{"web/app.yaml": "name: web\n"}
	_, err := p.Render(t.Context(), files.request(app.Source{Path: "web", Ksonnet: &app.KsonnetSource{Environment: "prod"}}))
	if err == nil || !strings.Contains(err.Error(), "ksonnet") {
		t.Errorf("a source with options of ksonnet: %v", err)
	}
	_, err = p.Render(t.Context(), files.request(app.Source{Path: "web", Ksonnet: &app.KsonnetSource{}, Plugin: map[string]any{"name": "one"}}))
	if err == nil || !strings.Contains(err.Error(), "options of several tools") || hint.Of(err) == "" {
		t.Errorf("a source with options of both: %v", err)
	}
}

package cli_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// settings are those that `wheelhouse config` shows, as "value from".
func settings(t *testing.T, p *program, args ...string) map[string]string {
	t.Helper()
	var list []struct{ Name, Value, From string }
	if err := json.Unmarshal([]byte(p.must(append([]string{"config", "-o", "json"}, args...)...)), &list); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, s := range list {
		out[s.Name] = s.Value + " " + s.From
	}
	return out
}

func TestAFlagComesBeforeTheEnvironmentAndThatBeforeTheFile(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.write("wheelhouse/config.yaml", "theme: light\nascii: true\ninterval: 7s\nstore: file:/elsewhere\n")
	got := settings(t, p, "--theme", "dark")
	for name, want := range map[string]string{
		"theme": "dark flag", "ascii": "true file", "interval": "7s file", "store": "file:" + p.store + " environment",
		"read-only": "false default", "render-memory": "512Mi default", "render-size": "10Mi default",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	contains(t, p.must("config"), "interval       file         7s", "config.yaml")
}

func TestAWrongConfigurationIsRefusedWithWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, says string }{
		"an unknown setting": {"thme: light\n", `there is no setting "thme"`},
		"a wrong value":      {"interval: soon\n", "interval: a duration is a number with a unit"},
		"no size":            {"render-memory: much\n", "render-memory: a size is a number with a unit"},
		"a size of nothing":  {"render-size: 0\n", "render-size: a size must be more than 0"},
		"no YAML":            {"theme: [\n", "config.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProgram(t)
			p.write("wheelhouse/config.yaml", c.text)
			contains(t, p.expect(2, "app", "list").err, c.says, "wheelhouse config --help")
		})
	}
}

func TestTheConfigurationFileDoesWhatTheFlagsDo(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.write("wheelhouse/config.yaml", "read-only: true\n")
	contains(t, p.expect(6, "app", "create", "web", "--repo", "https://git.example.com/a.git", "--path", "web",
		"--dest-namespace", "web", "--dest-name", "prod").err, "read-only")
}

func TestTheLimitsOfRenderingAreSettings(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	folder := filepath.Dir(p.write("app/page.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: page}\ndata: {value: "+strings.Repeat("x", 3000)+"}\n"))
	p.must("admin", "render", folder)
	p.write("wheelhouse/config.yaml", "render-size: 2Ki\n")
	contains(t, p.expect(7, "admin", "render", folder).err, "larger than 2048 bytes", "--render-size")
	p.must("admin", "render", folder, "--render-size", "1Mi")
	contains(t, p.expect(7, "admin", "render", folder, "--render-size", "1Mi", "--render-timeout", "1ns").err, "longer than 1ns", "--render-timeout")
}

func TestTheShellIsOfferedNames(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	contains(t, p.must("__complete", "app", "get", ""), ":4")
	p.must("app", "create", "web", "--repo", "https://git.example.com/a.git", "--path", "web", "--dest-namespace", "web", "--dest-name", "prod")
	contains(t, p.must("__complete", "app", "get", ""), "web\n")
	contains(t, p.must("__complete", "app", "get", "-o", ""), "tree\n")
	contains(t, p.must("__complete", "--theme", ""), "light\n")
	if out := p.must("__complete", "app", "get", "web", ""); out != ":4\n" {
		t.Errorf("after the last argument there is still something to choose: %q", out)
	}
}

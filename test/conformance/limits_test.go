package conformance

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// program builds wheelhouse as it is delivered, without the race detector, which takes memory of its own.
func program(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "wheelhouse")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-C", "../..", "-o", file, ".").CombinedOutput(); err != nil {
		t.Fatalf("build wheelhouse: %v\n%s", err, out)
	}
	return file
}

const small = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: small}\n"

func files(texts map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, text := range texts {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

// TestTheProgramsOwnLimitOfMemory renders what takes more than 512 MiB with the workers of the program itself.
func TestTheProgramsOwnLimitOfMemory(t *testing.T) {
	t.Parallel()
	pool, err := render.NewPool(render.Options{Command: []string{program(t), "render-worker"}, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	chart := map[string]string{"Chart.yaml": "apiVersion: v2\nname: big\nversion: 1.0.0\n"}
	for name, c := range map[string]struct{ file, text string }{
		"a template":  {"templates/x.yaml", `{{ $x := "x" }}{{ range until 40 }}{{ $x = print $x $x }}{{ end }}{{ len $x }}`},
		"a list":      {"templates/x.yaml", `{{ $x := list 1 }}{{ range until 40 }}{{ $x = concat $x $x }}{{ end }}{{ len $x }}`},
		"Jsonnet":     {"x.jsonnet", `local grow(s, n) = if n == 0 then s else grow(s + s, n - 1); {x: std.length(grow("x", 40))}`},
		"a long text": {"templates/x.yaml", `{{ repeat 1000000000 "x" }}`},
	} {
		t.Run(name, func(t *testing.T) {
			texts := map[string]string{c.file: c.text}
			if c.file != "x.jsonnet" {
				texts["Chart.yaml"] = chart["Chart.yaml"]
			}
			_, err := pool.Render(t.Context(), app.RenderRequest{App: app.Key{Name: "big"}, Files: files(texts)})
			if err == nil || !strings.Contains(err.Error(), "needed more than 512 MiB of memory") || !strings.Contains(hint.Of(err), "--render-memory") {
				t.Errorf("got %v (%s)", err, hint.Of(err))
			}
			out, err := pool.Render(t.Context(), app.RenderRequest{App: app.Key{Name: name}, Files: files(map[string]string{"x.yaml": small})})
			if err != nil || len(out.Objects) != 1 {
				t.Errorf("the next rendering: %d objects, %v", len(out.Objects), err)
			}
		})
	}
}

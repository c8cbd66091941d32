package conformance

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// variables are the external variables that the tests of go-jsonnet set.
var variables = []app.JsonnetVar{
	{Name: "stringVar", Value: "2 + 2"},
	{Name: "codeVar", Value: "3 + 3", Code: true},
	{Name: "errorVar", Value: "error 'xxx'", Code: true},
	{Name: "staticErrorVar", Value: ")", Code: true},
	{Name: "UndeclaredX", Value: "x", Code: true},
	{Name: "selfRecursiveVar", Value: `[42, std.extVar("selfRecursiveVar")[0] + 1]`, Code: true},
	{Name: "mutuallyRecursiveVar1", Value: `[42, std.extVar("mutuallyRecursiveVar2")[0] + 1]`, Code: true},
	{Name: "mutuallyRecursiveVar2", Value: `[42, std.extVar("mutuallyRecursiveVar1")[0] + 1]`, Code: true},
}

// wrapper makes an object of whatever a file evaluates to, since a folder's rendering leaves out what is none.
const wrapper = `local found = import '../../testdata/%s';
{ apiVersion: 'conformance/v1', kind: 'Value', metadata: { name: 'it' }, value: if std.isFunction(found) then found() else found }
`

// TestJsonnet evaluates the test data of go-jsonnet.
func TestJsonnet(t *testing.T) {
	t.Parallel()
	jsonnet, pool, home := build(t, "jsonnet"), newPool(t), t.TempDir()
	repository := t.TempDir()
	if err := os.CopyFS(filepath.Join(repository, "testdata"), os.DirFS(filepath.Join(module(t, "github.com/google/go-jsonnet"), "testdata"))); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(repository, "testdata", "*.jsonnet"))
	if err != nil {
		t.Fatal(err)
	}
	var fixtures []fixture
	for _, file := range files {
		file := filepath.Base(file)
		name := strings.TrimSuffix(file, ".jsonnet")
		folder := filepath.Join(repository, "case", name)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "it.jsonnet"), fmt.Appendf(nil, wrapper, file), 0o644); err != nil {
			t.Fatal(err)
		}
		var vars []app.JsonnetVar
		if strings.HasPrefix(name, "extvar_") {
			vars = variables
		}
		fixtures = append(fixtures, fixture{
			name: name,
			theirs: func(ctx context.Context) outcome {
				text, err := jsonnet.run(ctx, home, repository, append(flags(vars), "testdata/"+file)...)
				if err != nil {
					return outcome{err: err}
				}
				v, err := value(text)
				return outcome{[]any{wrapped(v)}, err}
			},
			ours: func(ctx context.Context) outcome {
				out, err := pool.Render(ctx, app.RenderRequest{
					App: app.Key{Name: "web"}, Namespace: "shop", Files: os.DirFS(repository),
					Source: app.Source{Path: "case/" + name, Directory: &app.DirectorySource{Jsonnet: &app.JsonnetSource{ExtVars: vars}}},
				})
				return rendered(out.Objects, err)
			},
		})
	}
	conform(t, "jsonnet", 300, fixtures)
}

func flags(vars []app.JsonnetVar) []string {
	var out []string
	for _, v := range vars {
		flag := "--ext-str"
		if v.Code {
			flag = "--ext-code"
		}
		out = slices.Concat(out, []string{flag, v.Name + "=" + v.Value})
	}
	return out
}

func wrapped(v any) any {
	return map[string]any{"apiVersion": "conformance/v1", "kind": "Value", "metadata": map[string]any{"name": "it"}, "value": v}
}

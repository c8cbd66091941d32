package render_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// TestMain makes a worker, or a plugin's command, of the test binary when a pool starts it as one.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "render-worker" {
		os.Exit(work())
	}
	if len(os.Args) > 2 && os.Args[1] == "render-plugin" {
		fmt.Fprintln(os.Stderr, render.ExecPlugin(os.Args[2:]))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func work() int {
	limit, err := strconv.ParseInt(os.Getenv(render.EnvMemory), 10, 64)
	if err = errors.Join(err, render.LimitWorker(limit)); err == nil {
		err = render.ServeWorker(context.Background(), os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// repo is a repository: its files by path.
type repo map[string]string

func (r repo) fs() fs.FS {
	out := fstest.MapFS{}
	for name, text := range r {
		out[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return out
}

// with returns the repository with more or other files.
func (r repo) with(more repo) repo {
	out := repo{}
	for _, files := range []repo{r, more} {
		for name, text := range files {
			out[name] = text
		}
	}
	return out
}

// request asks for a source of a repository, as the application "web" in the namespace "shop".
func (r repo) request(src app.Source) app.RenderRequest {
	return app.RenderRequest{
		App: app.Key{Name: "web"}, Project: "default", Namespace: "shop", Source: src, Files: r.fs(),
		Commit: app.Commit{ID: "8f3f1c7d6b5a49382716059483726150a9b8c7d6"},
	}
}

// render renders a source, which must succeed.
func (r repo) render(t *testing.T, src app.Source) app.Rendered {
	t.Helper()
	out, err := render.Render(t.Context(), r.request(src))
	if err != nil {
		t.Fatalf("render: %v (%s)", err, hint.Of(err))
	}
	return out
}

// fails renders a source, which must fail with these words in its error or remedy.
func (r repo) fails(t *testing.T, src app.Source, says ...string) error {
	t.Helper()
	out, err := render.Render(t.Context(), r.request(src))
	if err == nil {
		t.Fatalf("it renders: %v", names(out.Objects))
	}
	for _, word := range says {
		if !strings.Contains(err.Error()+"\n"+hint.Of(err), word) {
			t.Errorf("%q is missing in: %v (%s)", word, err, hint.Of(err))
		}
	}
	return err
}

// pool returns a pool of real workers.
func pool(t *testing.T, o render.Options) *render.Pool {
	t.Helper()
	p, err := render.NewPool(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// names lists objects as Kind/name.
func names(objects []*unstructured.Unstructured) []string {
	out := make([]string, len(objects))
	for i, u := range objects {
		out[i] = u.GetKind() + "/" + u.GetName()
	}
	return out
}

// field reads a field of the only object, by the names that lead to it.
func field(t *testing.T, out app.Rendered, path ...string) string {
	t.Helper()
	if len(out.Objects) != 1 {
		t.Fatalf("%d objects, want 1: %v", len(out.Objects), names(out.Objects))
	}
	v, found, err := unstructured.NestedFieldNoCopy(out.Objects[0].Object, path...)
	if err != nil || !found || v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func configMap(name, value string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\ndata:\n  value: " + value + "\n"
}

const patience = 30 * time.Second

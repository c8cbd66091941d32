package render_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

type fsys = fs.FS

// unordered compares lists whatever their order.
var unordered = cmp.Transformer("sorted", func(in []string) []string {
	out := append([]string{}, in...)
	sort.Strings(out)
	return out
})

// options are a pool's for tests: the race detector needs more memory than workers get.
func options() render.Options { return render.Options{Timeout: patience, Memory: 4 << 30} }

func TestTheSameIsRenderedOnce(t *testing.T) {
	t.Parallel()
	p := pool(t, options())
	files := chart.with(repo{"other.yaml": "x"})
	ask := func(files repo, h app.HelmSource) {
		t.Helper()
		if _, err := p.Render(t.Context(), files.request(helm(h))); err != nil {
			t.Fatal(err)
		}
	}
	count := func(want int, why string) {
		t.Helper()
		if got := p.Renders(); got != want {
			t.Errorf("%d renderings, want %d: %s", got, want, why)
		}
	}
	ask(files, app.HelmSource{})
	ask(files, app.HelmSource{})
	count(1, "nothing changed")
	ask(files.with(repo{"other.yaml": "y"}), app.HelmSource{})
	count(1, "what changed was not read")
	ask(files.with(repo{"web/values.yaml": "value: new\n"}), app.HelmSource{})
	count(2, "a file changed that was read")
	ask(files.with(repo{"web/templates/new.yaml": configMap("new", "x")}), app.HelmSource{})
	count(3, "a file came to a folder that was listed")
	missing := app.HelmSource{ValueFiles: []string{"maybe.yaml"}, IgnoreMissingValueFiles: true}
	ask(files, missing)
	count(4, "other options")
	ask(files.with(repo{"web/maybe.yaml": "value: now\n"}), missing)
	count(5, "a file appeared that was looked for in vain")
}

func TestWhatACallerDoesToAResultIsItsOwn(t *testing.T) {
	t.Parallel()
	p := pool(t, options())
	for range 2 {
		out, err := p.Render(t.Context(), chart.request(helm(app.HelmSource{})))
		if err != nil {
			t.Fatal(err)
		}
		if got := out.Objects[0].GetName(); got != "web" {
			t.Errorf("the name is %s", got)
		}
		out.Objects[0].SetName("changed")
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	p := pool(t, options())
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			out, err := p.Render(t.Context(), repo{"kustomization.yaml": fmt.Sprintf("namePrefix: p%d-\nresources: [a.yaml]\n", i), "a.yaml": configMap("a", "x")}.request(app.Source{Path: "."}))
			if err != nil {
				t.Error(err)
				return
			}
			if got, want := names(out.Objects), fmt.Sprintf("ConfigMap/p%d-a", i); len(got) != 1 || got[0] != want {
				t.Errorf("got %v, want %s", got, want)
			}
		})
	}
	wg.Wait()
}

// hostile are charts that would take a machine down.
var hostile = map[string]struct {
	options  render.Options
	template string
	says     []string
}{
	"a template without end": {
		render.Options{Timeout: 10 * time.Second, Memory: 4 << 30},
		`{{ define "a" }}{{ range until 1000000000 }}{{ end }}{{ end }}{{ range until 100000 }}{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}{{ end }}`,
		[]string{"longer than 10s", "loop"},
	},
	"a template that calls itself": {
		render.Options{Timeout: patience, Memory: 4 << 30},
		`{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}`,
		[]string{"templates/hostile.yaml"},
	},
	"more text than any cluster takes": {
		render.Options{Timeout: patience, Memory: 4 << 30},
		configMap("big", `"{{ repeat 11000000 "x" }}"`),
		[]string{"10 MB"},
	},
}

func TestHostileTemplates(t *testing.T) {
	t.Parallel()
	for name, c := range hostile {
		t.Run(name+" is ended, and the pool goes on", func(t *testing.T) {
			t.Parallel()
			c.options.Workers = 1
			p := pool(t, c.options)
			_, err := p.Render(t.Context(), chart.with(repo{"web/templates/hostile.yaml": c.template}).request(helm(app.HelmSource{})))
			if err == nil {
				t.Fatal("it renders")
			}
			for _, word := range c.says {
				if !strings.Contains(err.Error()+hint.Of(err), word) {
					t.Errorf("%q is missing in: %v (%s)", word, err, hint.Of(err))
				}
			}
			out, err := p.Render(t.Context(), chart.request(helm(app.HelmSource{})))
			if err != nil || len(out.Objects) != 1 {
				t.Errorf("the next rendering: %v, %v", names(out.Objects), err)
			}
		})
	}
}

func TestNoNetworkFromATemplate(t *testing.T) {
	t.Parallel()
	files := repo{"Chart.yaml": chart["web/Chart.yaml"], "templates/net.yaml": configMap("net", `"{{ getHostByName "localhost" }}{{ lookup "v1" "Secret" "shop" "key" }}"`)}
	out, err := pool(t, options()).Render(t.Context(), files.request(app.Source{Path: "."}))
	if err != nil {
		t.Fatal(err)
	}
	if got := field(t, out, "data", "value"); got != "map[]" {
		t.Errorf("the template was told %q", got)
	}
}

func TestACallerWhoGivesUp(t *testing.T) {
	t.Parallel()
	p := pool(t, render.Options{Timeout: patience, Memory: 4 << 30, Workers: 1})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	started := make(chan struct{})
	slow := chart.with(repo{"web/templates/slow.yaml": `{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}`}).request(helm(app.HelmSource{}))
	slow.Files = &signals{FS: slow.Files, opened: sync.OnceFunc(func() { close(started) })}
	go func() {
		_, err := p.Render(ctx, slow)
		done <- err
	}()
	<-started
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the caller's own end", err)
	}
	if _, err := p.Render(t.Context(), chart.request(helm(app.HelmSource{}))); err != nil {
		t.Errorf("the next rendering: %v", err)
	}
}

// signals tells when a file is opened.
type signals struct {
	fs.FS
	opened func()
}

func (s *signals) Open(name string) (fs.File, error) {
	s.opened()
	return s.FS.Open(name)
}

// hanging is a repository that answers nothing about one file until it is let go.
type hanging struct {
	fs.FS
	name         string
	asked, letGo chan struct{}
}

func (h hanging) Open(name string) (fs.File, error) {
	if name == h.name {
		close(h.asked)
		<-h.letGo
	}
	return h.FS.Open(name)
}

func TestACallerThatGivesUpDoesNotWaitForAReadThatHangs(t *testing.T) {
	t.Parallel()
	p := pool(t, options())
	req := chart.request(helm(app.HelmSource{}))
	files := hanging{req.Files, "web/values.yaml", make(chan struct{}), make(chan struct{})}
	req.Files = files
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := p.Render(ctx, req)
		ended <- err
	}()
	<-files.asked
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	case <-time.After(patience):
		t.Error("the caller still waits")
	}
	close(files.letGo)
	if _, err := p.Render(t.Context(), chart.request(helm(app.HelmSource{}))); err != nil {
		t.Errorf("the next rendering: %v", err)
	}
}

// TestHowAWorkerEnded has a worker end before it has answered: that the answer broke off would tell nobody why.
func TestHowAWorkerEnded(t *testing.T) {
	t.Parallel()
	const fault = `printf 'SIGSEGV: segmentation violation\nPC=0x163227d m=7 sigcode=1 addr=0x0\n\ngoroutine 0 gp=0xc0 m=7 [idle]:\n%s(0x400)\n' >&2; exit 2`
	for name, c := range map[string]struct{ script, says string }{
		"by a signal":                  {"kill -SEGV $$", "the render worker ended: signal: segmentation fault"},
		"by a fault":                   {strings.Replace(fault, "%s", "runtime.lock2", 1), "the render worker ended: SIGSEGV: segmentation violation"},
		"by a collector without queue": {strings.Replace(fault, "%s", "runtime.(*spanQueue).tryDrain", 1), "rendering needed more than 512 MiB of memory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool, err := render.NewPool(render.Options{Command: []string{"sh", "-c", c.script}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(pool.Close)
			_, err = pool.Render(t.Context(), app.RenderRequest{App: app.Key{Name: "web"}, Files: fstest.MapFS{"a.yaml": {Data: []byte("kind: A\n")}}})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("it is told as %v", err)
			}
		})
	}
}

package render_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/render"
)

// website serves values files.
type website struct {
	*httptest.Server
	mu    sync.Mutex
	files map[string]string
	down  bool
}

func newWebsite(t *testing.T, files map[string]string) *website {
	t.Helper()
	s := &website{files: maps.Clone(files)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		text, ok := s.files[r.URL.RequestURI()]
		switch {
		case s.down:
			w.WriteHeader(http.StatusInternalServerError)
		case !ok:
			http.NotFound(w, r)
		default:
			_, _ = io.WriteString(w, text)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// set changes a file, or all of the server.
func (s *website) set(name, text string, down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[name], s.down = text, down
}

// fetch brings a file.
func (s *website) fetch(ctx context.Context, url string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := s.Client().Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	switch answer.StatusCode {
	case http.StatusOK:
		return io.ReadAll(answer.Body)
	case http.StatusNotFound:
		return nil, app.ErrNotFound
	}
	return nil, hint.With(errors.New(answer.Status), "ask its operator")
}

func (s *website) pool(t *testing.T) *render.Pool {
	t.Helper()
	o := options()
	o.Web, o.WebSchemes = s.fetch, []string{"http"}
	return pool(t, o)
}

func TestValuesFilesOfTheWeb(t *testing.T) {
	t.Parallel()
	s := newWebsite(t, map[string]string{
		"/web.yaml": "value: of the web\n", "/v.yaml?of=one": "value: one\n", "/v.yaml?of=two": "value: two\n", "/v[1].yaml": "value: brackets\n", "/odd.yaml": "a: [b\n", "/plain": "text",
	})
	files := still.with(repo{"web/own.yaml": "value: own\n", "web/.argocd-source-web.yaml": "helm: {releaseName: x}\n"})
	over := files.with(repo{"web/.argocd-source-web.yaml": "helm: {valueFiles: ['" + s.URL + "/web.yaml']}\n"})
	p := s.pool(t)
	for name, tt := range map[string]struct {
		files repo
		helm  app.HelmSource
		// want is the value, or what the error says.
		want, fails, remedy string
	}{
		"the last one wins":                   {files, app.HelmSource{ValueFiles: []string{"own.yaml", s.URL + "/web.yaml"}}, "of the web", "", ""},
		"wherever it is":                      {files, app.HelmSource{ValueFiles: []string{s.URL + "/web.yaml", "own.yaml"}}, "own", "", ""},
		"a query belongs to the URL":          {files, app.HelmSource{ValueFiles: []string{s.URL + "/v.yaml?of=one", s.URL + "/v.yaml?of=two"}}, "two", "", ""},
		"a URL is no pattern":                 {files, app.HelmSource{ValueFiles: []string{s.URL + "/v[1].yaml"}}, "brackets", "", ""},
		"variables are replaced":              {files, app.HelmSource{ValueFiles: []string{s.URL + "/$ARGOCD_APP_NAME.yaml"}}, "of the web", "", ""},
		"in a file over the source":           {over, app.HelmSource{}, "of the web", "", ""},
		"of a parameter":                      {files, app.HelmSource{FileParameters: []app.HelmFileParameter{{Name: "value", Path: s.URL + "/plain"}}}, "text", "", ""},
		"a missing one may be passed over":    {files, app.HelmSource{ValueFiles: []string{"own.yaml", s.URL + "/gone.yaml"}, IgnoreMissingValueFiles: true}, "own", "", ""},
		"a missing one may not":               {files, app.HelmSource{ValueFiles: []string{s.URL + "/gone.yaml"}}, "", "gone.yaml: not found: the server has no such file", "ignoreMissingValueFiles"},
		"a missing one of a parameter":        {files, app.HelmSource{FileParameters: []app.HelmFileParameter{{Name: "value", Path: s.URL + "/gone"}}}, "", "the server has no such file", "correct the path"},
		"what is no YAML":                     {files, app.HelmSource{ValueFiles: []string{s.URL + "/odd.yaml"}}, "", "values file " + s.URL + "/odd.yaml", "correct the file"},
		"a scheme that is not allowed":        {files, app.HelmSource{ValueFiles: []string{"https://example.com/v.yaml"}}, "", "not fetched by https here", "--values-file-schemes"},
		"no host":                             {files, app.HelmSource{ValueFiles: []string{"http:///v.yaml"}}, "", "it is no URL", "https://HOST/PATH"},
		"more than a source may name":         {files, app.HelmSource{ValueFiles: manyURLs(s.URL + "/web.yaml?"), IgnoreMissingValueFiles: true}, "", "100 files of the web at most", ""},
		"what the repository has in its name": {files.with(repo{".wheelhouse/web/x": ""}), app.HelmSource{ValueFiles: []string{s.URL + "/web.yaml"}}, "of the web", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := helm(tt.helm)
			if name == "in a file over the source" {
				src.Helm = nil
			}
			out, err := p.Render(t.Context(), tt.files.request(src))
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) || !strings.Contains(hint.Of(err), tt.remedy) {
					t.Errorf("got %v (%s), want %q (%s)", err, hint.Of(err), tt.fails, tt.remedy)
				}
				return
			}
			if err != nil {
				t.Fatalf("%v (%s)", err, hint.Of(err))
			}
			if got := strings.TrimSpace(field(t, out, "data", "value")); got != tt.want {
				t.Errorf("the value is %q, want %q", got, tt.want)
			}
		})
	}
}

func manyURLs(before string) []string {
	urls := make([]string, 101)
	for i := range urls {
		urls[i] = fmt.Sprint(before, i)
	}
	return urls
}

func TestAValuesFileOfTheWebIsAnInput(t *testing.T) {
	t.Parallel()
	s := newWebsite(t, map[string]string{"/v.yaml": "value: one\n"})
	p := s.pool(t)
	src := helm(app.HelmSource{ValueFiles: []string{s.URL + "/v.yaml"}})
	brought := map[string]bool{}
	for i, tt := range []struct {
		text     string
		down     bool
		want     string
		rendered int
	}{
		{"value: one\n", false, "one", 1},
		{"value: one\n", false, "one", 1},
		{"value: two\n", false, "two", 2},
		{"value: two\n", true, "", 3},
		{"value: two\n", false, "two", 3},
		{"value: three\n", false, "three", 4},
	} {
		s.set("/v.yaml", tt.text, tt.down)
		req := still.request(src)
		req.Files = hashed{req.Files}
		out, err := p.Render(t.Context(), req)
		if tt.down {
			if err == nil || !strings.Contains(err.Error(), "500") || hint.Of(err) != "ask its operator" {
				t.Errorf("%d: a server that is down gave %v (%s)", i, err, hint.Of(err))
			}
		} else if err != nil || field(t, out, "data", "value") != tt.want {
			t.Errorf("%d: got %v, %v, want %q", i, out.Objects, err, tt.want)
		}
		if got := p.Renders(); got != tt.rendered {
			t.Errorf("%d: it was rendered %d times, want %d", i, got, tt.rendered)
		}
		if !tt.down {
			brought[out.Brought] = true
		}
	}
	if len(brought) != 3 || brought[""] {
		t.Errorf("three files came as %v", brought)
	}
}

// TestAValuesFileOfTheWebIsNotHeldBack has paths that nothing changed in.
func TestAValuesFileOfTheWebIsNotHeldBack(t *testing.T) {
	t.Parallel()
	s := newWebsite(t, map[string]string{"/v.yaml": "value: one\n"})
	p := s.pool(t)
	for _, want := range []string{"one", "two"} {
		s.set("/v.yaml", "value: "+want+"\n", false)
		req := still.with(repo{"other.yaml": "x"}).request(helm(app.HelmSource{ValueFiles: []string{s.URL + "/v.yaml"}}))
		req.Files, req.Paths = hashed{req.Files}, []string{"/web"}
		req.Before = &app.Checkout{Files: hashed{still.fs()}, Commit: app.Commit{ID: strings.Repeat("b", 40)}}
		out, err := p.Render(t.Context(), req)
		if err != nil || field(t, out, "data", "value") != want {
			t.Errorf("got %v, %v, want %q", out.Objects, err, want)
		}
	}
}

func TestAValuesFileOfTheWebIsEditedAsAnOverride(t *testing.T) {
	t.Parallel()
	s := newWebsite(t, map[string]string{"/v.yaml?token=canary": "value: one\n"})
	editor := render.Values{Pool: s.pool(t)}
	req := still.request(helm(app.HelmSource{ValueFiles: []string{s.URL + "/v.yaml?token=canary"}}))
	v, err := editor.Values(t.Context(), req)
	if err != nil || v.Editable != s.URL+"/v.yaml" || v.Effective != "value: one\n" {
		t.Fatalf("%q has the text %q, %v", v.Editable, v.Effective, err)
	}
	r, err := editor.Edit(t.Context(), req, app.ValuesEdit{Text: "value: two\n"})
	if err != nil || r.File != nil || r.Source.Helm.Values+fmt.Sprint(r.Source.Helm.ValuesObject) == "map[]" {
		t.Errorf("the edit comes to the file %q and the options %+v, %v", r.File, r.Source.Helm, err)
	}
}

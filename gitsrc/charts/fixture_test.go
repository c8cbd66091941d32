package charts

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// canary is the password of tests. It must never be seen.
const canary = "canary-5f1c-password"

// chartArchive is a packaged chart.
func chartArchive(tb testing.TB, name, version string) []byte {
	tb.Helper()
	return packed(tb, regular(name+"/Chart.yaml", fmt.Sprintf("apiVersion: v2\nname: %s\nversion: %s\n", name, version)),
		regular(name+"/templates/version.yaml", "version: "+version))
}

// repository is a Helm repository on loopback.
type repository struct {
	*httptest.Server
	mu       sync.Mutex
	files    map[string][]byte
	entries  map[string][]release
	password string
	asked    []string
	// seen are the Authorization headers by path.
	seen map[string][]string
	// before may answer in place of the repository.
	before func(http.ResponseWriter, *http.Request) bool
}

func newRepository(t *testing.T) *repository {
	t.Helper()
	r := &repository{files: map[string][]byte{}, entries: map[string][]release{}, seen: map[string][]string{}}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// ServeHTTP answers as a static server would, with ETags.
func (r *repository) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen[req.URL.Path] = append(r.seen[req.URL.Path], req.Header.Get("Authorization"))
	if r.before != nil && r.before(w, req) {
		return
	}
	if _, password, _ := req.BasicAuth(); r.password != "" && password != r.password {
		r.asked = append(r.asked, req.URL.Path+" 401")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	b, ok := r.files[req.URL.Path]
	if req.URL.Path == "/charts/index.yaml" && !ok {
		b, ok = r.index(), true
	}
	switch etag := `"` + sumOf(b) + `"`; {
	case !ok:
		r.asked = append(r.asked, req.URL.Path+" 404")
		w.WriteHeader(http.StatusNotFound)
	case req.Header.Get("If-None-Match") == etag:
		r.asked = append(r.asked, req.URL.Path+" 304")
		w.WriteHeader(http.StatusNotModified)
	default:
		r.asked = append(r.asked, req.URL.Path+" 200")
		w.Header().Set("ETag", etag)
		_, _ = w.Write(b)
	}
}

func (r *repository) index() []byte {
	text, err := json.Marshal(map[string]any{"apiVersion": "v1", "entries": r.entries})
	if err != nil {
		panic(err)
	}
	return text
}

// publish adds versions of a chart.
func (r *repository) publish(t *testing.T, name string, versions ...string) {
	t.Helper()
	for _, v := range versions {
		b := chartArchive(t, name, v)
		file := name + "-" + v + ".tgz"
		r.put("/charts/"+file, b)
		r.enter(name, release{Version: v, AppVersion: "9", Description: "What is deployed", Digest: sumOf(b), URLs: []string{file}})
	}
}

func (r *repository) put(path string, b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.files[path] = b
}

func (r *repository) enter(name string, entry release) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries[name] = append(r.entries[name], entry)
}

// requests returns the paths that were asked for since the last call, with the status of the answer.
func (r *repository) requests() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.asked
	r.asked = nil
	return out
}

// authorised reports whether a request for a path came with credentials.
func (r *repository) authorised(path string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.seen[path], func(h string) bool { return h != "" })
}

func (r *repository) source(chart, revision string) app.Source {
	return app.Source{RepoURL: r.URL + "/charts", Chart: chart, TargetRevision: revision}
}

// storeWith is a Store that enters every URL with a login.
func storeWith(t *testing.T, login Login) *Store {
	t.Helper()
	return New(Options{CacheDir: t.TempDir(), Logins: func(context.Context, string) (Login, error) { return login, nil }})
}

// versionIn is the version that the files of a chart from chartArchive have.
func versionIn(t *testing.T, files fs.FS) string {
	t.Helper()
	b, err := fs.ReadFile(files, "templates/version.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b[len("version: "):])
}

// bring resolves and fetches a source.
func bring(t *testing.T, s *Store, src app.Source) (app.Checkout, error) {
	t.Helper()
	c, err := s.Resolve(t.Context(), src, 0)
	if err != nil {
		return app.Checkout{}, err
	}
	return s.Fetch(t.Context(), src, c.ID)
}

// said is an error with its remedy.
func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error() + " | " + hint.Of(err)
}

package charts

import (
	"archive/tar"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/registry"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/registry/remote"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// hub is an OCI registry on loopback, over plain HTTP.
type hub struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func newHub(t *testing.T, before func(http.Handler) http.Handler) *hub {
	t.Helper()
	handler := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	if before != nil {
		handler = before(handler)
	}
	h := &hub{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.asked = append(h.asked, r.Method+" "+r.URL.Path)
		h.mu.Unlock()
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

// requests returns what was asked for since the last call.
func (h *hub) requests() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := h.asked
	h.asked = nil
	return out
}

func (h *hub) host() string { return strings.TrimPrefix(h.URL, "http://") }

// push pushes an artifact of layers with their media types, and returns its digest.
func (h *hub) push(t *testing.T, name, tag string, annotations map[string]string, layers map[string][]byte) string {
	t.Helper()
	repo, err := remote.NewRepository(h.host() + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	repo.PlainHTTP = true
	// The default client's connections end whenever a test server does.
	repo.Client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	opts := oras.PackManifestOptions{ManifestAnnotations: annotations}
	for kind, b := range layers {
		d, err := oras.PushBytes(t.Context(), repo, kind, b)
		if err != nil {
			t.Fatal(err)
		}
		opts.Layers = append(opts.Layers, d)
	}
	d, err := oras.PackManifest(t.Context(), repo, oras.PackManifestVersion1_1, "application/vnd.cncf.helm.config.v1+json", opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := repo.Tag(t.Context(), d, tag); err != nil {
		t.Fatal(err)
	}
	h.requests()
	return d.Digest.String()
}

// publish pushes versions of a chart as helm push does.
func (h *hub) publish(t *testing.T, name string, versions ...string) {
	t.Helper()
	base := name[strings.LastIndex(name, "/")+1:]
	for _, v := range versions {
		h.push(t, name, asTag(v), map[string]string{
			ocispec.AnnotationTitle: base, ocispec.AnnotationVersion: v, ocispec.AnnotationDescription: "What is deployed",
			ocispec.AnnotationCreated: "2026-01-02T03:04:05Z",
		}, map[string][]byte{chartLayer: chartArchive(t, base, v)})
	}
}

func plainStore(t *testing.T) *Store { return storeWith(t, Login{PlainHTTP: true}) }

func TestAChartOfARegistryIsBrought(t *testing.T) {
	t.Parallel()
	h := newHub(t, nil)
	h.publish(t, "shop/web", "1.0.0", "1.2.0+build.7", "2.0.0-rc.1")
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, src := range map[string]app.Source{
		"without a scheme, as in Argo CD": {RepoURL: h.host() + "/shop", Chart: "web", TargetRevision: "1.x"},
		"with a scheme":                   {RepoURL: "oci://" + h.host() + "/shop/", Chart: "web", TargetRevision: "1.x"},
		"of an exact version":             {RepoURL: h.host() + "/shop", Chart: "web", TargetRevision: "1.2.0+build.7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := bring(t, plainStore(t), src)
			if err != nil {
				t.Fatal(said(err))
			}
			if v := versionIn(t, got.Files); v != "1.2.0+build.7" {
				t.Errorf("the files are those of %s", v)
			}
			want := app.Commit{Revision: src.TargetRevision, ID: "1.2.0+build.7", Date: at, Message: "web 1.2.0+build.7: What is deployed"}
			if diff := cmp.Diff(want, got.Commit); diff != "" {
				t.Errorf("commit (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnArtifactIsKnownByTheDigestOfItsManifest(t *testing.T) {
	t.Parallel()
	h := newHub(t, nil)
	first := h.push(t, "shop/manifests", "1.0.0", nil, map[string][]byte{
		ocispec.MediaTypeImageLayerGzip: packed(t, regular("web/deployment.yaml", "one")),
	})
	second := h.push(t, "shop/manifests", "latest", nil, map[string][]byte{
		ocispec.MediaTypeImageLayer: tarred(t, regular("web/deployment.yaml", "two")),
	})
	h.publish(t, "shop/chart", "3.0.0")
	s := plainStore(t)
	read := func(revision, wantID, want string) {
		t.Helper()
		got, err := bring(t, s, app.Source{RepoURL: "oci://" + h.host() + "/shop/manifests", TargetRevision: revision, Path: "web"})
		if err != nil {
			t.Fatalf("%s: %s", revision, said(err))
		}
		if got.Commit.ID != wantID || contentOf(t, got.Files)["web/deployment.yaml"] != want {
			t.Errorf("%s is %s with %v", revision, got.Commit.ID, contentOf(t, got.Files))
		}
	}
	read("1.0.0", first, "one")
	read("^1", first, "one")
	read("", first, "one")
	read("latest", second, "two")
	read(first, first, "one")
	read("@"+second, second, "two")
	got, err := bring(t, s, app.Source{RepoURL: "oci://" + h.host() + "/shop/chart", TargetRevision: "3.x", Path: "."})
	if err != nil || !strings.HasPrefix(got.Commit.ID, "sha256:") || versionIn(t, got.Files) != "3.0.0" {
		t.Errorf("a chart without spec.source.chart: %s, %v", got.Commit.ID, err)
	}
}

func TestATagThatMovesIsFollowed(t *testing.T) {
	t.Parallel()
	h := newHub(t, nil)
	layer := func(text string) map[string][]byte {
		return map[string][]byte{ocispec.MediaTypeImageLayerGzip: packed(t, regular("a.yaml", text))}
	}
	h.push(t, "shop/manifests", "main", nil, layer("one"))
	s := plainStore(t)
	src := app.Source{RepoURL: "oci://" + h.host() + "/shop/manifests", TargetRevision: "main", Path: "."}
	if _, err := bring(t, s, src); err != nil {
		t.Fatal(said(err))
	}
	moved := h.push(t, "shop/manifests", "main", nil, layer("two"))
	if got, err := bring(t, s, src); err != nil || got.Commit.ID != moved || contentOf(t, got.Files)["a.yaml"] != "two" {
		t.Errorf("after the tag moved: %s, %v", got.Commit.ID, err)
	}
}

func TestWhatIsInTheCacheIsNotTransferredAgain(t *testing.T) {
	t.Parallel()
	h := newHub(t, nil)
	h.publish(t, "shop/web", "1.0.0")
	dir := t.TempDir()
	store := func() *Store {
		return New(Options{CacheDir: dir, Logins: func(context.Context, string) (Login, error) { return Login{PlainHTTP: true}, nil }})
	}
	src := app.Source{RepoURL: h.host() + "/shop", Chart: "web", TargetRevision: "1.0.0"}
	s := store()
	if _, err := bring(t, s, src); err != nil {
		t.Fatal(said(err))
	}
	h.requests()
	if _, err := bring(t, s, src); err != nil {
		t.Fatal(said(err))
	}
	if _, err := s.Resolve(t.Context(), src, time.Minute); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"HEAD /v2/shop/web/manifests/1.0.0"}, h.requests()); diff != "" {
		t.Errorf("the second time (-want +got):\n%s", diff)
	}
	h.Close()
	if got, err := store().Fetch(t.Context(), src, "1.0.0"); err != nil || versionIn(t, got.Files) != "1.0.0" {
		t.Errorf("without the registry: %s", said(err))
	}
	if _, err := store().Resolve(t.Context(), src, time.Hour); !strings.Contains(said(err), "connection was refused") {
		t.Errorf("resolve without the registry: %s", said(err))
	}
}

func TestTagsArePagedAndTheirNumberIsBounded(t *testing.T) {
	t.Parallel()
	const pages = 3
	endless := false
	var mu sync.Mutex
	h := newHub(t, func(inner http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/tags/list") {
				inner.ServeHTTP(w, r)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			var page int
			_, _ = fmt.Sscan(r.URL.Query().Get("last"), &page)
			if endless || page+1 < pages {
				w.Header().Set("Link", fmt.Sprintf(`<%s?last=%d>; rel="next"`, r.URL.Path, page+1))
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"name": "x", "tags": []string{fmt.Sprintf("1.%d.0", page)}})
		})
	})
	h.publish(t, "shop/web", "1.0.0", "1.1.0", "1.2.0")
	src := app.Source{RepoURL: h.host() + "/shop", Chart: "web", TargetRevision: "*"}
	if c, err := plainStore(t).Resolve(t.Context(), src, 0); err != nil || c.ID != "1.2.0" {
		t.Errorf("over %d pages: %s, %s", pages, c.ID, said(err))
	}
	mu.Lock()
	endless = true
	mu.Unlock()
	h.requests()
	if _, err := plainStore(t).Resolve(t.Context(), src, 0); !strings.Contains(said(err), "it has more than 50000") {
		t.Errorf("pages without end: %s", said(err))
	}
	if n := len(h.requests()); n > maxTagPages {
		t.Errorf("%d requests were made", n)
	}
}

func TestOtherArtifactsAreRefused(t *testing.T) {
	t.Parallel()
	h := newHub(t, nil)
	layer := packed(t, regular("a.yaml", ""))
	h.push(t, "image", "1.0.0", nil, map[string][]byte{ocispec.MediaTypeImageLayerGzip: layer, ocispec.MediaTypeImageLayer: tarred(t)})
	h.push(t, "file", "1.0.0", nil, map[string][]byte{"text/plain": []byte("text")})
	h.push(t, "hostile", "1.0.0", nil, map[string][]byte{ocispec.MediaTypeImageLayerGzip: packed(t, linked(tar.TypeSymlink, "a", "../../etc/passwd"))})
	h.push(t, "manifests", "1.0.0", nil, map[string][]byte{ocispec.MediaTypeImageLayerGzip: layer})
	oci := "oci://" + h.host()
	for name, tt := range map[string]struct {
		src  app.Source
		says string
	}{
		"several layers":         {app.Source{RepoURL: oci + "/image", TargetRevision: "1.0.0"}, "it is not one archive of manifests: its 2 layers"},
		"another kind":           {app.Source{RepoURL: oci + "/file", TargetRevision: "1.0.0"}, "its 1 layers are text/plain"},
		"a link that leads out":  {app.Source{RepoURL: oci + "/hostile", TargetRevision: "1.0.0"}, "leads out of it"},
		"no chart":               {app.Source{RepoURL: oci, Chart: "manifests", TargetRevision: "1.0.0"}, "it is no chart"},
		"a version there is not": {app.Source{RepoURL: oci, Chart: "manifests", TargetRevision: "2.0.0"}, "the registry has no such version"},
		"a range without any":    {app.Source{RepoURL: oci, Chart: "manifests", TargetRevision: "^2"}, "no version is ^2; there are 1.0.0"},
		"a name there is not":    {app.Source{RepoURL: oci, Chart: "absent", TargetRevision: "*"}, "the registry has no such artifact"},
		"a name of capitals":     {app.Source{RepoURL: oci, Chart: "Web", TargetRevision: "*"}, "no name in a registry"},
		"a digest there is not":  {app.Source{RepoURL: oci + "/file", TargetRevision: digestScheme + strings.Repeat("0", 64)}, "the registry has no such version"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := bring(t, plainStore(t), tt.src); !strings.Contains(said(err), tt.says) {
				t.Errorf("%s; want %q", said(err), tt.says)
			}
		})
	}
}

func TestPlainHTTPIsSpokenOnlyWhereItIsRegistered(t *testing.T) {
	t.Parallel()
	h := newHub(t, nil)
	h.publish(t, "web", "1.0.0")
	src := app.Source{RepoURL: h.host(), Chart: "web", TargetRevision: "1.0.0"}
	_, err := bring(t, storeWith(t, Login{Username: "ada", Password: app.NewSecret(canary)}), src)
	if !strings.Contains(said(err), "the server speaks plain HTTP") || !strings.Contains(said(err), "--insecure-oci-force-http") {
		t.Errorf("without it: %s", said(err))
	}
	if asked := h.requests(); len(asked) > 0 {
		t.Errorf("the registry was asked %v", asked)
	}
}

func TestASignatureInARegistryIsVerified(t *testing.T) {
	t.Parallel()
	ada, mallory := newSigner(t), newSigner(t)
	h := newHub(t, nil)
	archive := chartArchive(t, "web", "1.0.0")
	annotations := map[string]string{ocispec.AnnotationTitle: "web", ocispec.AnnotationVersion: "1.0.0"}
	h.push(t, "signed/web", "1.0.0", annotations, map[string][]byte{chartLayer: archive, provenanceLayer: ada.sign(t, "web-1.0.0.tgz", archive)})
	h.publish(t, "unsigned/web", "1.0.0")
	for name, tt := range map[string]struct{ place, keyring, says string }{
		"by a known key":          {"/signed", ada.keyring, ""},
		"by another":              {"/signed", mallory.keyring, "signature made by unknown entity"},
		"without any":             {"/unsigned", ada.keyring, "it has no provenance file"},
		"where none is asked for": {"/unsigned", "", ""},
	} {
		_, err := bring(t, storeWith(t, Login{PlainHTTP: true, Keyring: tt.keyring}), app.Source{RepoURL: h.host() + tt.place, Chart: "web", TargetRevision: "*"})
		if tt.says == "" && err != nil || !strings.Contains(said(err), tt.says) {
			t.Errorf("%s: %s; want %q", name, said(err), tt.says)
		}
	}
}

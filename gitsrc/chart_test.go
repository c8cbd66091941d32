package gitsrc_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// webChart is a packaged chart, named web.
func webChart(t *testing.T, version string) []byte {
	t.Helper()
	text := []byte("apiVersion: v2\nname: web\nversion: " + version + "\n")
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "web/Chart.yaml", Size: int64(len(text)), Mode: 0o644}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []func() error{func() error { _, err := w.Write(text); return err }, w.Close, z.Close} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// guarded is a server behind TLS with a certificate of its own CA, and a password.
func guarded(t *testing.T, ca authority, inner http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "mira" || password != canary {
			w.Header().Set("WWW-Authenticate", `Basic realm="charts"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	cert, key := ca.issue(t, "charts")
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// charts serves a Helm repository with one version of the chart web.
func charts(t *testing.T, version string) http.Handler {
	t.Helper()
	b := webChart(t, version)
	sum := sha256.Sum256(b)
	mux := http.NewServeMux()
	mux.HandleFunc("/charts/index.yaml", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "apiVersion: v1\nentries:\n  web:\n  - {version: %s, digest: %s, urls: [web.tgz]}\n", version, hex.EncodeToString(sum[:]))
	})
	mux.HandleFunc("/charts/web.tgz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(b) })
	return mux
}

// pushChart pushes the chart web into a registry as helm push does.
func pushChart(t *testing.T, s *httptest.Server, ca authority, name, version string) {
	t.Helper()
	repo, err := remote.NewRepository(strings.TrimPrefix(s.URL, "https://") + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	client, err := gitsrc.NewClients().Client(app.RepositoryLogin{Repository: app.Repository{CA: ca.pem}})
	if err != nil {
		t.Fatal(err)
	}
	repo.Client = &auth.Client{Client: client, Credential: auth.StaticCredential(repo.Reference.Registry, auth.Credential{Username: "mira", Password: canary})}
	layer, err := oras.PushBytes(t.Context(), repo, "application/vnd.cncf.helm.chart.content.v1.tar+gzip", webChart(t, version))
	if err != nil {
		t.Fatal(err)
	}
	opts := oras.PackManifestOptions{}
	opts.Layers = append(opts.Layers, layer)
	d, err := oras.PackManifest(t.Context(), repo, oras.PackManifestVersion1_1, "application/vnd.cncf.helm.config.v1+json", opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := repo.Tag(t.Context(), d, version); err != nil {
		t.Fatal(err)
	}
}

func TestChartsAreBroughtWithTheRegisteredLogin(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	helm := guarded(t, ca, charts(t, "1.2.3"))
	oci := guarded(t, ca, registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	host := strings.TrimPrefix(oci.URL, "https://")
	pushChart(t, oci, ca, "shop/web", "1.2.3")
	for name, tt := range map[string]struct {
		registered, kind string
		src              app.Source
	}{
		"from a Helm repository": {helm.URL + "/charts", "helm", app.Source{RepoURL: helm.URL + "/charts", Chart: "web", TargetRevision: "1.x"}},
		"from a registry, as Argo CD writes it": {
			host + "/shop", "helm", app.Source{RepoURL: host + "/shop", Chart: "web", TargetRevision: "1.x"},
		},
		"from a registry that is registered with its scheme": {
			"oci://" + host, "oci", app.Source{RepoURL: host + "/shop", Chart: "web", TargetRevision: "1.x"},
		},
		"as an artifact of a registry that is registered without": {
			host, "oci", app.Source{RepoURL: "oci://" + host + "/shop/web", Path: ".", TargetRevision: "1.x"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := gitsrc.NewRegistry(filepath.Join(t.TempDir(), "repositories.yaml"))
			f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: r})
			all := gitsrc.NewRepositories(r, f)
			login := func(password string) {
				t.Helper()
				if err := r.Add(t.Context(), app.RepositoryLogin{
					Repository: app.Repository{URL: tt.registered, Type: tt.kind, Username: "mira", CA: ca.pem}, Password: app.NewSecret(password),
				}); err != nil {
					t.Fatal(err)
				}
			}
			login(canary)
			c := resolve(t, f, tt.src, 0)
			if b, err := fs.ReadFile(fetch(t, f, tt.src, c.ID).Files, "Chart.yaml"); err != nil || !strings.Contains(string(b), "version: 1.2.3") {
				t.Errorf("fetched %s: %q, %v", c.ID, b, err)
			}
			if err := all.Test(t.Context(), tt.registered); err != nil {
				t.Errorf("test: %v", err)
			}
			login(canary + "-wrong")
			for act, err := range map[string]error{"resolve": failedResolve(t, f, tt.src), "test": all.Test(t.Context(), tt.registered)} {
				if err == nil || !strings.Contains(err.Error(), "the credentials were refused") || strings.Contains(err.Error()+hint.Of(err), canary) {
					t.Errorf("%s with a wrong password: %v", act, err)
				}
			}
			if err := r.Remove(t.Context(), tt.registered); err != nil {
				t.Fatal(err)
			}
			if err := failedResolve(t, f, tt.src); err == nil || !strings.Contains(err.Error(), "certificate is not trusted") {
				t.Errorf("without the CA: %v", err)
			}
		})
	}
}

func failedResolve(t *testing.T, f *gitsrc.Fetcher, src app.Source) error {
	t.Helper()
	// A failure is answered from memory for a moment unless the repository is asked at once.
	_, err := f.Resolve(t.Context(), src, 0)
	return err
}

func TestWhatAURLIsOfIsFoundOut(t *testing.T) {
	t.Parallel()
	helm := httptest.NewServer(charts(t, "1.0.0"))
	defer helm.Close()
	f := newFetcher(t)
	all := gitsrc.NewRepositories(gitsrc.NewRegistry(""), f)
	if err := all.Test(t.Context(), helm.URL+"/charts"); err != nil {
		t.Errorf("a Helm repository that is not registered: %v", err)
	}
	if err := all.Test(t.Context(), helm.URL+"/nothing"); err == nil || !strings.Contains(err.Error(), "there is no such repository") {
		t.Errorf("neither git nor charts: %v", err)
	}
	repo, _ := newShop(t)
	for _, url := range []string{repo.url(), repo.bare} {
		if err := all.Test(t.Context(), url); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestNothingIsCommittedToAChart(t *testing.T) {
	t.Parallel()
	src := app.Source{RepoURL: "https://charts.example.com", Chart: "web", TargetRevision: "*"}
	_, err := newFetcher(t).Commit(t.Context(), src, app.NewCommit{Files: map[string][]byte{"values.yaml": nil}})
	if err == nil || !strings.Contains(err.Error(), "it is no git repository") {
		t.Errorf("commit: %v", err)
	}
}

func TestAChartInGitBringsWhatItDependsOn(t *testing.T) {
	t.Parallel()
	helm := httptest.NewServer(charts(t, "1.2.3"))
	defer helm.Close()
	registry := gitsrc.NewRegistry(filepath.Join(t.TempDir(), "repositories.yaml"))
	if err := registry.Add(t.Context(), app.RepositoryLogin{Repository: app.Repository{URL: helm.URL + "/charts", Type: "helm", Name: "shop"}}); err != nil {
		t.Fatal(err)
	}
	f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: registry})
	repo, _ := newShop(t)
	repo.commit(t, "main", "depend on web", map[string]string{
		"umbrella/Chart.yaml": "apiVersion: v2\nname: umbrella\nversion: 1.0.0\ndependencies:\n- {name: web, version: 1.x, repository: \"@shop\"}\n" +
			"- {name: db, version: 1.x, repository: \"@absent\"}\n",
	})
	src := app.Source{RepoURL: repo.url(), Path: "umbrella", TargetRevision: "main"}
	files := fetch(t, f, src, resolve(t, f, src, 0).ID).Files
	if b, err := fs.ReadFile(files, app.Dependency("umbrella", "web", "1.x", "@shop")); err != nil || !bytes.Equal(b, webChart(t, "1.2.3")) {
		t.Errorf("the package: %d bytes, %v", len(b), err)
	}
	_, err := fs.ReadFile(files, app.Dependency("umbrella", "db", "1.x", "@absent"))
	if err == nil || !strings.Contains(err.Error(), "no repository of charts is registered by the name absent") || !strings.Contains(hint.Of(err), "--name absent") {
		t.Errorf("a repository that is not registered: %v (%s)", err, hint.Of(err))
	}
	src.Kustomize = &app.KustomizeSource{}
	if _, err := fs.ReadFile(fetch(t, f, src, resolve(t, f, src, 0).ID).Files, app.Dependency("umbrella", "web", "1.x", "@shop")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("for another tool: %v", err)
	}
}

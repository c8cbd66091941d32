package charts

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// basic asks for a password.
func basic(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "ada" || password != canary {
			w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		inner.ServeHTTP(w, r)
	})
}

// token asks for a token, which is given for a password.
func token(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			if user, password, _ := r.BasicAuth(); user != "ada" || password != canary {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			_ = json.NewEncoder(w).Encode(map[string]string{"token": "given"})
			return
		}
		if r.Header.Get("Authorization") != "Bearer given" {
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="http://%s/token",service="registry"`, r.Host))
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		inner.ServeHTTP(w, r)
	})
}

func TestARegistryIsEntered(t *testing.T) {
	t.Parallel()
	for name, door := range map[string]func(http.Handler) http.Handler{"with a password": basic, "with a token for a password": token} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Others push without being asked.
			var closed atomic.Bool
			var inside http.Handler
			h := newHub(t, func(inner http.Handler) http.Handler {
				inside = door(inner)
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if !closed.Load() {
						inner.ServeHTTP(w, r)
						return
					}
					inside.ServeHTTP(w, r)
				})
			})
			h.publish(t, "shop/web", "1.0.0")
			closed.Store(true)
			src := app.Source{RepoURL: h.host() + "/shop", Chart: "web", TargetRevision: "*"}
			right := Login{PlainHTTP: true, Username: "ada", Password: app.NewSecret(canary)}
			if got, err := bring(t, storeWith(t, right), src); err != nil || versionIn(t, got.Files) != "1.0.0" {
				t.Errorf("with the right password: %s", said(err))
			}
			for _, url := range []string{src.RepoURL, "oci://" + h.host() + "/shop/web", "oci://" + h.host()} {
				if err := storeWith(t, right).Test(t.Context(), url); err != nil {
					t.Errorf("test %s: %s", url, said(err))
				}
			}
			wrong := Login{PlainHTTP: true, Username: "ada", Password: app.NewSecret(canary + "-wrong")}
			for says, login := range map[string]Login{"the credentials were refused": wrong, "authentication is required, and none is registered": {PlainHTTP: true}} {
				_, resolved := bring(t, storeWith(t, login), src)
				for act, err := range map[string]error{"bring": resolved, "test": storeWith(t, login).Test(t.Context(), src.RepoURL)} {
					if !strings.Contains(said(err), says) || strings.Contains(said(err), canary) {
						t.Errorf("%s: %s; want %q", act, said(err), says)
					}
				}
			}
		})
	}
}

func TestCredentialsOfARegistryDoNotFollowABlob(t *testing.T) {
	t.Parallel()
	other := newRepository(t)
	archive := chartArchive(t, "web", "1.0.0")
	other.put("/blob", archive)
	var shut atomic.Bool
	h := newHub(t, func(inner http.Handler) http.Handler {
		closed := basic(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/blobs/sha256:"+sumOf(archive)) {
				http.Redirect(w, r, other.URL+"/blob", http.StatusTemporaryRedirect)
				return
			}
			inner.ServeHTTP(w, r)
		}))
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !shut.Load() {
				inner.ServeHTTP(w, r)
				return
			}
			closed.ServeHTTP(w, r)
		})
	})
	h.publish(t, "web", "1.0.0")
	shut.Store(true)
	s := storeWith(t, Login{PlainHTTP: true, Username: "ada", Password: app.NewSecret(canary)})
	if _, err := bring(t, s, app.Source{RepoURL: h.host(), Chart: "web", TargetRevision: "*"}); err != nil {
		t.Fatal(said(err))
	}
	if asked := other.requests(); len(asked) != 1 || other.authorised("/blob") {
		t.Errorf("the other host was asked %v, with credentials: %t", asked, other.authorised("/blob"))
	}
}

func TestAnIndexMayNameChartsOfARegistry(t *testing.T) {
	t.Parallel()
	h := newHub(t, nil)
	h.publish(t, "shop/web", "1.0.0")
	r := newRepository(t)
	r.enter("web", release{Version: "1.0.0", URLs: []string{"oci://" + h.host() + "/shop/web:1.0.0"}})
	r.enter("broken", release{Version: "1.0.0", URLs: []string{"oci://" + h.host() + "/shop/web"}})
	if got, err := bring(t, plainStore(t), r.source("web", "*")); err != nil || versionIn(t, got.Files) != "1.0.0" {
		t.Errorf("bring: %s", said(err))
	}
	// The keyring of the repository is that of the charts that it names.
	signed := storeWith(t, Login{PlainHTTP: true})
	signed.opts.Logins = func(_ context.Context, url string) (Login, error) {
		if strings.HasPrefix(url, r.URL) {
			return Login{Keyring: newSigner(t).keyring}, nil
		}
		return Login{PlainHTTP: true}, nil
	}
	if _, err := bring(t, signed, r.source("web", "*")); !strings.Contains(said(err), "it has no provenance file") {
		t.Errorf("bring with a keyring: %s", said(err))
	}
	if _, err := bring(t, plainStore(t), r.source("broken", "*")); !strings.Contains(said(err), "without a version") {
		t.Errorf("bring: %s", said(err))
	}
}

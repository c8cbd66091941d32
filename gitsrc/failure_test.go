package gitsrc_test

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// login returns a registry with one entry.
func login(t *testing.T, l app.RepositoryLogin) *gitsrc.Registry {
	t.Helper()
	r := gitsrc.NewRegistry(filepath.Join(t.TempDir(), "repositories.yaml"))
	if err := r.Add(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	return r
}

// password is a login of mira's.
func password(url, text string) app.RepositoryLogin {
	return app.RepositoryLogin{Repository: app.Repository{URL: url, Username: "mira"}, Password: app.NewSecret(text)}
}

// closedPort is an address on which nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func TestFailuresSayWhatToDo(t *testing.T) {
	t.Parallel()
	private := newServer(t, withPassword("open sesame"))
	_, privateURL, _ := private.shop(t)
	forbidden := newServer(t, func(*http.Request) int { return http.StatusForbidden })
	public := newServer(t, nil)
	newRepository(t, public.root, "empty")
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	tests := map[string]struct{ url, want, remedy string }{
		"no password": {
			privateURL, "authentication is required", "register one: wheelhouse repo add " + privateURL + " --upsert --username NAME --password -",
		},
		"a login that may not": {
			forbidden.url + "/shop.git", "the credentials were refused",
			"register others: wheelhouse repo add " + forbidden.url + "/shop.git --upsert --username NAME --password -",
		},
		"a repository that the server does not have": {
			public.url + "/nothing.git", "there is no such repository", "check the URL; some servers say this to those who may not see it",
		},
		"a folder that is not there": {
			"file:///nowhere/shop.git", "there is no such repository", "check the URL; some servers say this to those who may not see it",
		},
		"a repository without a commit": {public.url + "/empty.git", "the repository is empty", "push a commit first"},
		"a server that does not run": {
			"http://" + closedPort(t) + "/shop.git", "the connection was refused", "check that the server runs and that the port is right",
		},
		"a certificate of an unknown authority": {
			secure.URL + "/shop.git", "the server's certificate is not trusted",
			"register the CA that signed it: wheelhouse repo add " + secure.URL + "/shop.git --upsert --ca-path FILE; " +
				"or accept any certificate with --insecure-skip-server-verification",
		},
	}
	id := strings.Repeat("a", 40)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFetcher(t)
			_, resolved := f.Resolve(t.Context(), source(tt.url, "main"), 0)
			_, fetched := f.Fetch(t.Context(), source(tt.url, "main"), id)
			_, committed := f.Commit(t.Context(), source(tt.url, "main"), app.NewCommit{Base: id, Branch: "main"})
			for act, err := range map[string]error{"list references": resolved, "fetch aaaaaaa": fetched, "fetch": committed} {
				if want := act + " of " + tt.url + ": " + tt.want; err == nil || !strings.HasPrefix(err.Error(), want) {
					t.Errorf("got %v, want %s", err, want)
				}
				if got := hint.Of(err); got != tt.remedy {
					t.Errorf("the remedy is %q, want %q", got, tt.remedy)
				}
			}
		})
	}
}

func TestLoginsThatServe(t *testing.T) {
	t.Parallel()
	private := newServer(t, withPassword("open sesame"))
	_, url, id := private.shop(t)
	bearer := newServer(t, func(r *http.Request) int {
		if r.Header.Get("Authorization") != "Bearer a-token" {
			return http.StatusUnauthorized
		}
		return 0
	})
	_, bearerURL, bearerID := bearer.shop(t)
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no such page", http.StatusNotFound)
	}))
	t.Cleanup(secure.Close)
	t.Run("a password", func(t *testing.T) {
		t.Parallel()
		f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, password(url, "open sesame"))})
		fetch(t, f, source(url, "main"), id)
		if got := resolve(t, f, source(url, "main"), 0); got.ID != id {
			t.Errorf("got %s, want %s", got.ID, id)
		}
	})
	t.Run("a password within the URL", func(t *testing.T) {
		t.Parallel()
		withUser := strings.Replace(url, "http://", "http://mira:open%20sesame@", 1)
		fetch(t, newFetcher(t), source(withUser, "main"), id)
	})
	t.Run("a token", func(t *testing.T) {
		t.Parallel()
		registry := login(t, app.RepositoryLogin{Repository: app.Repository{URL: bearerURL}, BearerToken: app.NewSecret("a-token")})
		f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: registry})
		fetch(t, f, source(bearerURL, "main"), bearerID)
	})
	t.Run("a server whose certificate is not checked", func(t *testing.T) {
		t.Parallel()
		at := secure.URL + "/shop.git"
		registry := login(t, app.RepositoryLogin{Repository: app.Repository{URL: at, Insecure: true}})
		f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: registry})
		// The server has no repository; that it says so shows that it was listened to.
		if _, err := f.Resolve(t.Context(), source(at, "main"), 0); err == nil || !strings.Contains(err.Error(), "there is no such repository") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("nobody else's", func(t *testing.T) {
		t.Parallel()
		f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, password(bearerURL, "open sesame"))})
		if _, err := f.Fetch(t.Context(), source(url, "main"), id); err == nil || !strings.Contains(err.Error(), "authentication is required") {
			t.Errorf("got %v", err)
		}
	})
}

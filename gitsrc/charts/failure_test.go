package charts

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func TestFailuresSayWhatToDo(t *testing.T) {
	t.Parallel()
	wrong := Login{Username: "ada", Password: app.NewSecret(canary)}
	tests := map[string]struct {
		login  Login
		answer http.HandlerFunc
		says   []string
	}{
		"no credentials": {Login{}, status(401), []string{"authentication is required, and none is registered", "repo add", "--username"}},
		"wrong ones":     {wrong, status(401), []string{"the credentials were refused"}},
		"no right":       {wrong, status(403), []string{"access is forbidden"}},
		"no index":       {Login{}, status(404), []string{"there is no index.yaml", "check the URL"}},
		"too often":      {Login{}, status(429), []string{"fewer requests"}},
		"a fault":        {Login{}, status(500), []string{"500 Internal Server Error"}},
		"a page":         {Login{}, text("<html><body>Log in: " + canary + "</body></html>"), []string{"no index of charts", "folder that index.yaml is in"}},
		"other YAML":     {Login{}, text("a: 1"), []string{"no index of charts"}},
		"nothing":        {Login{}, text(""), []string{"no index of charts"}},
		"a circle": {
			wrong, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.String(), http.StatusFound) },
			[]string{"the redirect is not followed: there were 5 before it", "use the URL that the server redirects to"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(tt.answer)
			defer srv.Close()
			s := storeWith(t, tt.login)
			src := app.Source{RepoURL: srv.URL, Chart: "web", TargetRevision: "*"}
			_, resolved := s.Resolve(t.Context(), src, 0)
			for act, err := range map[string]error{"resolve": resolved, "test": s.Test(t.Context(), srv.URL)} {
				for _, want := range append(tt.says, clean(srv.URL)) {
					if !strings.Contains(said(err), want) {
						t.Errorf("%s does not say %q: %s", act, want, said(err))
					}
				}
				if strings.Contains(said(err), canary) {
					t.Errorf("%s repeats a secret: %s", act, said(err))
				}
			}
		})
	}
}

func TestABusyServerIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		code  int
		after string
		asked int32
	}{
		"that says for how long":      {503, "60", 1},
		"that says until when":        {503, time.Now().Add(time.Minute).UTC().Format(http.TimeFormat), 1},
		"that wants fewer requests":   {429, "", 1},
		"that says it ends at once":   {429, "0", 1},
		"that is broken, and no more": {500, "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				w.Header().Set("Retry-After", tt.after)
				w.WriteHeader(tt.code)
			}))
			defer srv.Close()
			s := storeWith(t, Login{})
			src := app.Source{RepoURL: srv.URL, Chart: "web", TargetRevision: "*"}
			_, first := s.Resolve(t.Context(), src, time.Minute)
			// As if the pause after other failures were over.
			question := indexQuestion(srv.URL)
			s.known.keep(question, held{err: first, at: time.Now().Add(-2 * failurePause)})
			if _, err := s.Resolve(t.Context(), src, time.Minute); err == nil || asked.Load() != tt.asked {
				t.Errorf("asked %d times, want %d: %v", asked.Load(), tt.asked, err)
			}
			if _, err := s.Resolve(t.Context(), src, 0); err == nil || asked.Load() != tt.asked+1 {
				t.Errorf("somebody who wants to know for sure asked %d times: %v", asked.Load(), err)
			}
		})
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func text(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(s)) }
}

func TestAServerThatCannotBeReachedIsNamed(t *testing.T) {
	t.Parallel()
	down := httptest.NewServer(status(200))
	down.Close()
	untrusted := httptest.NewUnstartedServer(status(200))
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	s := storeWith(t, Login{Username: "ada", Password: app.NewSecret(canary)})
	for raw, want := range map[string]string{
		down.URL: "connection was refused", untrusted.URL: "certificate is not trusted", "http://nobody.invalid/charts": "nobody.invalid is not known",
		"http://[broken": "this is no URL",
	} {
		_, err := s.Resolve(t.Context(), app.Source{RepoURL: raw, Chart: "web", TargetRevision: "*"}, 0)
		if !strings.Contains(said(err), want) {
			t.Errorf("%s: %s; want %q", raw, said(err), want)
		}
	}
}

func TestCredentialsInAURLServeAndAreNotSaid(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.password = canary
	r.publish(t, "web", "1.0.0")
	s := New(Options{CacheDir: t.TempDir()})
	secret := func(chart string) app.Source {
		src := r.source(chart, "*")
		src.RepoURL = strings.Replace(src.RepoURL, "http://", "http://ada:"+canary+"@", 1) + "?token=" + canary
		return src
	}
	if _, err := bring(t, s, secret("web")); err != nil {
		t.Fatal(err)
	}
	_, err := bring(t, s, secret("absent"))
	if err == nil || strings.Contains(said(err), canary) {
		t.Errorf("the error: %s", said(err))
	}
	r.Close()
	if _, err = bring(t, s, secret("web")); err == nil || strings.Contains(said(err), canary) {
		t.Errorf("the error without a server: %s", said(err))
	}
}

func TestAProtectedConnectionStaysProtected(t *testing.T) {
	t.Parallel()
	plain := newRepository(t)
	plain.publish(t, "web", "1.0.0")
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL+r.URL.Path, http.StatusFound)
	}))
	t.Cleanup(secure.Close)
	s := storeWith(t, Login{Username: "ada", Password: app.NewSecret(canary), Client: secure.Client()})
	_, err := s.Resolve(t.Context(), app.Source{RepoURL: secure.URL + "/charts", Chart: "web", TargetRevision: "*"}, 0)
	if err == nil || !strings.Contains(err.Error(), "from https to http") || len(plain.requests()) > 0 {
		t.Errorf("resolve: %v", err)
	}
}

func TestAPageThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(text(strings.Repeat("a", 4097)))
	defer srv.Close()
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := get(t.Context(), request{url: u, login: Login{Client: srv.Client()}, limit: 4097}); err != nil || len(p.body) != 4097 {
		t.Errorf("at the limit: %d bytes, %v", len(p.body), err)
	}
	if _, err := get(t.Context(), request{url: u, login: Login{Client: srv.Client()}, limit: 4096}); err == nil || !strings.Contains(err.Error(), "larger than 4 KiB") {
		t.Errorf("beyond the limit: %v", err)
	}
}

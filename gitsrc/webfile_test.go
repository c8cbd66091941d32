package gitsrc_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// TestAFileOfTheWebIsEnteredWithTheLoginOfItsURL looks at what two servers are told, of which the first sends people to the second.
func TestAFileOfTheWebIsEnteredWithTheLoginOfItsURL(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	var mu sync.Mutex
	told := map[string]string{}
	serve := func(name string, handler http.HandlerFunc) string {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			user, password, _ := r.BasicAuth()
			mu.Lock()
			told[name+r.URL.Path] = user + ":" + password
			mu.Unlock()
			handler(w, r)
		}))
		s.TLS = ca.serves(t, name)
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.URL
	}
	other := serve("other", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("value: other\n")) })
	own := serve("own", func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/team/moved.yaml":
			http.Redirect(w, r, other+"/moved.yaml", http.StatusFound)
		case "/team/gone.yaml":
			http.NotFound(w, r)
		default:
			_, _ = w.Write([]byte("value: own\n"))
		}
	})
	l := password(own+"/team", canary)
	l.CA = ca.pem
	registry := login(t, l)
	for _, url := range []string{own + "/public", other} {
		if err := registry.Add(t.Context(), app.RepositoryLogin{Repository: app.Repository{URL: url, CA: ca.pem}}); err != nil {
			t.Fatal(err)
		}
	}
	f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: registry})
	for _, tt := range []struct{ url, want, at, told string }{
		{own + "/team/a.yaml", "value: own\n", "own/team/a.yaml", "mira:" + canary},
		{own + "/public/a.yaml", "value: own\n", "own/public/a.yaml", ":"},
		{own + "/team/moved.yaml", "value: other\n", "other/moved.yaml", ":"},
		{other + "/a.yaml", "value: other\n", "other/a.yaml", ":"},
		{strings.Replace(other, "://", "://ada:secret@", 1) + "/b.yaml", "value: other\n", "other/b.yaml", "ada:secret"},
	} {
		got, err := f.WebFile(t.Context(), tt.url)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s is %q, %v (%s)", tt.url, got, err, hint.Of(err))
		}
		mu.Lock()
		if told[tt.at] != tt.told {
			t.Errorf("%s was told %q, want %q", tt.at, told[tt.at], tt.told)
		}
		mu.Unlock()
	}
	if _, err := f.WebFile(t.Context(), own+"/team/gone.yaml"); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("a file that is not there gave %v", err)
	}
}

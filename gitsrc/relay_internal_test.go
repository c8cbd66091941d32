package gitsrc

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func TestARelayServesItsOwnProgramAlone(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); r.URL.Path == "/shop.git/info/refs" && user == "mira" && password == "secret" {
			asked.Add(1)
		}
	}))
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL + "/shop.git")
	if err != nil {
		t.Fatal(err)
	}
	login := app.RepositoryLogin{Repository: app.Repository{URL: server.URL, Username: "mira"}, Password: app.NewSecret("secret")}
	w, err := newRelay(base, &webAuth{http.DefaultClient, login}).open()
	if err != nil {
		t.Fatal(err)
	}
	_, key, _ := strings.Cut(w.settings[0].value, ": ")
	for _, tt := range []struct {
		path, key string
		status    int
		asked     int32
	}{
		{relayPath + "/info/refs", "", http.StatusForbidden, 0},
		{relayPath + "/info/refs", key + "x", http.StatusForbidden, 0},
		{"/other.git/info/refs", key, http.StatusForbidden, 0},
		{relayPath + "/info/refs", key, http.StatusOK, 1},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(w.url, relayPath)+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(relayHeader, tt.key)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != tt.status || asked.Load() != tt.asked {
			t.Errorf("%s gave %d, and the server was asked %d times; want %d and %d", tt.path, answer.StatusCode, asked.Load(), tt.status, tt.asked)
		}
	}
	if err := w.end(nil); err != nil {
		t.Errorf("the end gave %v", err)
	}
	if _, err := http.Get(w.url); err == nil {
		t.Error("the relay still answers")
	}
}

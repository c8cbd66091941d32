package gitsrc_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
)

func TestARedirectTakesNoCredentialsToAnotherHost(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	cert, key := ca.issue(t, "mira")
	asking := ca.serves(t, "git.example.test")
	asking.ClientAuth = tls.RequestClientCert
	target := newServerWith(t, nil, asking)
	_, _, id := target.shop(t)
	var mu sync.Mutex
	var seen []request
	first := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, request{user: user, password: password, certified: len(r.TLS.PeerCertificates) > 0})
		http.Redirect(w, r, target.url+r.URL.RequestURI(), http.StatusTemporaryRedirect)
	}))
	first.TLS = asking.Clone()
	first.StartTLS()
	t.Cleanup(first.Close)

	l := password(first.URL, canary)
	l.CA, l.ClientCert, l.ClientKey = ca.pem, cert, app.NewSecret(key)
	f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, l)})
	src := source(first.URL+"/shop.git", "main")
	if got := resolve(t, f, src, 0); got.ID != id {
		t.Errorf("got %s, want %s", got.ID, id)
	}
	fetch(t, f, src, id)
	mu.Lock()
	defer mu.Unlock()
	if len(seen) == 0 || seen[0].user != "mira" || seen[0].password != canary || !seen[0].certified {
		t.Errorf("the first server saw %+v, want mira's password and certificate", seen)
	}
	target.mu.Lock()
	defer target.mu.Unlock()
	if len(target.seen) < 3 {
		t.Errorf("the other server was asked %d times, want a listing and a fetch", len(target.seen))
	}
	for _, r := range target.seen {
		if r.user+r.password+r.token != "" || r.certified {
			t.Errorf("the other server got credentials: %+v", r)
		}
	}
}

func TestRedirectsEnd(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	plain := newServer(t, nil)
	web := httptest.NewUnstartedServer(nil)
	web.TLS = ca.serves(t, "git.example.test")
	web.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var left int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &left); err != nil {
			http.Redirect(w, r, plain.url, http.StatusFound)
			return
		}
		if left > 0 {
			http.Redirect(w, r, fmt.Sprintf("/%d", left-1), http.StatusFound)
		}
	})
	web.StartTLS()
	t.Cleanup(web.Close)
	client, err := gitsrc.NewClients().Client(app.RepositoryLogin{Repository: app.Repository{URL: web.URL, CA: ca.pem}})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/0": "", "/5": "", "/6": "the redirect is not followed: there were 5 before it", "/down": "it leads from https to http",
	} {
		answer, err := client.Get(web.URL + path)
		if err == nil {
			_ = answer.Body.Close()
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s gave %v, want %q", path, err, want)
		}
	}
	plain.mu.Lock()
	defer plain.mu.Unlock()
	if len(plain.seen) != 0 {
		t.Errorf("the server without TLS was asked: %+v", plain.seen)
	}
}

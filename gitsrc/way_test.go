package gitsrc_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/sshtest"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// observed is the git program with everything noted that it is told: its arguments and its environment.
func observed(t *testing.T) (path string, told func() string) {
	t.Helper()
	notes := filepath.Join(t.TempDir(), "environment")
	path, args := wrapped(t, "env >> "+notes)
	return path, func() string {
		t.Helper()
		var all []string
		for _, name := range []string{args, notes} {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(b))
		}
		return strings.Join(all, "\n")
	}
}

// TestTheGitProgramGoesEveryWay reaches one repository by everything that a login can hold. The program does the talking, and
// is told nothing of it.
func TestTheGitProgramGoesEveryWay(t *testing.T) {
	t.Parallel()
	ca, key := newAuthority(t), sshtest.NewKey(t)
	cert, certKey := ca.issue(t, "mira")
	demanding := ca.serves(t, "git.example.test")
	demanding.ClientAuth = tls.RequireAndVerifyClientCert
	secure := newServerWith(t, withPassword(canary), demanding)
	repo, _, id := secure.shop(t)
	plain := newServer(t, withPassword(canary))
	_, plainURL, plainID := plain.shop(t)
	shell := sshtest.Serve(t, key)
	webProxy := newProxy(t, strings.TrimPrefix(secure.url, "https://"), canary)
	shellProxy := newProxy(t, shell.Address, canary)
	through := func(p *proxy) app.Secret {
		return app.NewSecret(strings.Replace(p.URL, "://", "://mira:"+canary+"@", 1))
	}
	certified := app.RepositoryLogin{
		Repository: app.Repository{Username: "mira", CA: ca.pem, ClientCert: cert}, Password: app.NewSecret(canary), ClientKey: app.NewSecret(certKey),
	}
	proxied := certified
	proxied.ProxyURL = through(webProxy)
	unlocked := app.RepositoryLogin{SSHPrivateKey: app.NewSecret(key.Protected(t, canary)), Password: app.NewSecret(canary)}
	shellProxied := unlocked
	shellProxied.ProxyURL = through(shellProxy)
	for name, tt := range map[string]struct {
		url, id string
		login   app.RepositoryLogin
		agent   string
	}{
		"a password":                             {plainURL, plainID, app.RepositoryLogin{Repository: app.Repository{Username: "mira"}, Password: app.NewSecret(canary)}, ""},
		"a password in the URL":                  {strings.Replace(plainURL, "://", "://mira:"+canary+"@", 1), plainID, app.RepositoryLogin{}, ""},
		"an own CA and a client certificate":     {secure.url + "/shop.git", id, certified, ""},
		"a proxy with a password":                {"https://git.example.test/shop.git", id, proxied, ""},
		"a key with a passphrase":                {shell.URL + repo.bare, id, unlocked, ""},
		"the keys of an agent":                   {shell.URL + repo.bare, id, app.RepositoryLogin{}, newAgent(t, key)},
		"a key, through a proxy with a password": {shell.URL + repo.bare, id, shellProxied, ""},
		"a server that is not checked, by SSH":   {shell.URL + repo.bare, id, app.RepositoryLogin{Repository: app.Repository{Insecure: true}, SSHPrivateKey: app.NewSecret(key.Text)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.login.URL = app.CleanURL(tt.url)
			known := shell.Known
			if tt.login.Insecure {
				known = os.DevNull
			}
			git, told := observed(t)
			temporary := t.TempDir()
			f := gitsrc.New(gitsrc.Options{
				CacheDir: filepath.Join(temporary, "cache"), Registry: login(t, tt.login), ThroughGit: everything, Git: git,
				KnownHosts: []string{known}, SSHAgent: tt.agent,
			})
			src := source(tt.url, "main")
			if got := resolve(t, f, src, 0); got.ID != tt.id {
				t.Errorf("got %s, want %s", got.ID, tt.id)
			}
			if got := readFile(t, fetch(t, f, src, tt.id).Files, "values.yaml"); got != "replicas: 1\n" {
				t.Errorf("values.yaml is %q", got)
			}
			said := told()
			if !strings.Contains(said, "ls-remote") || !strings.Contains(said, "--prune") {
				t.Errorf("the program was not used: %s", said)
			}
			for _, secret := range []string{canary, "PRIVATE KEY", tt.url} {
				if strings.Contains(said, secret) {
					t.Errorf("the program was told %q: %s", secret, said)
				}
			}
		})
	}
}

// TestWhatFailsThroughTheGitProgramIsTheSame holds its errors against those of the connections that go-git uses.
func TestWhatFailsThroughTheGitProgramIsTheSame(t *testing.T) {
	t.Parallel()
	ca, key, other := newAuthority(t), sshtest.NewKey(t), sshtest.NewKey(t)
	secure := newServerWith(t, nil, ca.serves(t, "git.example.test"))
	_, secureURL, id := secure.shop(t)
	closed := newServer(t, withPassword(canary))
	repo, closedURL, _ := closed.shop(t)
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "600")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	t.Cleanup(busy.Close)
	shell := sshtest.Serve(t, key)
	nowhere := "http://" + closedPort(t) + "/shop.git"
	with := func(key string) app.RepositoryLogin { return app.RepositoryLogin{SSHPrivateKey: app.NewSecret(key)} }
	for name, tt := range map[string]struct {
		url   string
		login app.RepositoryLogin
		known string
	}{
		"a certificate that is not trusted": {secureURL, app.RepositoryLogin{}, ""},
		"no login":                          {closedURL, app.RepositoryLogin{}, ""},
		"a wrong password":                  {closedURL, password(closedURL, "wrong"), ""},
		"no repository":                     {secure.url + "/nothing.git", app.RepositoryLogin{Repository: app.Repository{CA: ca.pem}}, ""},
		"no server":                         {nowhere, app.RepositoryLogin{}, ""},
		"a server that is busy":             {busy.URL + "/shop.git", app.RepositoryLogin{}, ""},
		"a host that is not known":          {shell.URL + repo.bare, with(key.Text), os.DevNull},
		"a key of somebody else":            {shell.URL + repo.bare, with(other.Text), shell.Known},
		"no key":                            {shell.URL + repo.bare, app.RepositoryLogin{}, shell.Known},
		"no repository over SSH":            {shell.URL + "/nothing.git", with(key.Text), shell.Known},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.login.URL = tt.url
			ask := func(through func(string) bool) (error, error) {
				f := gitsrc.New(gitsrc.Options{
					CacheDir: t.TempDir(), Registry: login(t, tt.login), ThroughGit: through, KnownHosts: []string{tt.known},
				})
				_, resolved := f.Resolve(t.Context(), source(tt.url, "main"), 0)
				_, fetched := f.Fetch(t.Context(), source(tt.url, "main"), id)
				return resolved, fetched
			}
			wantResolved, wantFetched := ask(func(string) bool { return false })
			resolved, fetched := ask(everything)
			for _, pair := range [][2]error{{wantResolved, resolved}, {wantFetched, fetched}} {
				want, got := pair[0], pair[1]
				if want == nil || got == nil || hint.Of(want) == "" || hint.Of(got) != hint.Of(want) {
					t.Errorf("got %v (%s), want as by go-git %v (%s)", got, hint.Of(got), want, hint.Of(want))
				}
			}
		})
	}
}

func TestARedirectOfTheGitProgramTakesNoCredentialsToAnotherHost(t *testing.T) {
	t.Parallel()
	target := newServer(t, nil)
	_, _, id := target.shop(t)
	moved := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, _, _ := r.BasicAuth(); user != "mira" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		http.Redirect(w, r, target.url+r.URL.RequestURI(), http.StatusMovedPermanently)
	}))
	t.Cleanup(moved.Close)
	f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, password(moved.URL, canary)), ThroughGit: everything})
	src := source(moved.URL+"/shop.git", "main")
	if got := readFile(t, fetch(t, f, src, id).Files, "values.yaml"); got != "replicas: 1\n" {
		t.Errorf("values.yaml is %q", got)
	}
	target.mu.Lock()
	defer target.mu.Unlock()
	if len(target.seen) < 2 {
		t.Errorf("the other server was asked %d times, want a listing and a fetch", len(target.seen))
	}
	for _, r := range target.seen {
		if r.user+r.password+r.token != "" {
			t.Errorf("the other server got credentials: %+v", r)
		}
	}
}

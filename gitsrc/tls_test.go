package gitsrc_test

import (
	"crypto/tls"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

func TestRepositoriesOverTLS(t *testing.T) {
	t.Parallel()
	ca, stranger := newAuthority(t), newAuthority(t)
	cert, key := ca.issue(t, "mira")
	strangeCert, strangeKey := stranger.issue(t, "mira")
	open := newServerWith(t, nil, ca.serves(t, "git.example.test"))
	_, openURL, id := open.shop(t)
	demanding := ca.serves(t, "git.example.test")
	demanding.ClientAuth = tls.RequireAndVerifyClientCert
	closed := newServerWith(t, nil, demanding)
	_, closedURL, _ := closed.shop(t)
	for name, tt := range map[string]struct {
		url    string
		login  app.RepositoryLogin
		want   string
		remedy string
	}{
		"an own CA is trusted":        {openURL, app.RepositoryLogin{Repository: app.Repository{CA: ca.pem}}, "", ""},
		"several CAs are trusted":     {openURL, app.RepositoryLogin{Repository: app.Repository{CA: stranger.pem + ca.pem}}, "", ""},
		"an unknown CA is refused":    {openURL, app.RepositoryLogin{}, "the server's certificate is not trusted", "--upsert --ca-path FILE"},
		"another CA does not serve":   {openURL, app.RepositoryLogin{Repository: app.Repository{CA: stranger.pem}}, "not trusted", "--ca-path"},
		"insecure accepts the server": {openURL, app.RepositoryLogin{Repository: app.Repository{Insecure: true}}, "", ""},
		"a client certificate serves": {
			closedURL, app.RepositoryLogin{Repository: app.Repository{CA: ca.pem, ClientCert: cert}, ClientKey: app.NewSecret(key)}, "", "",
		},
		"a missing client certificate is named": {
			closedURL,
			app.RepositoryLogin{Repository: app.Repository{CA: ca.pem}},
			"the server refused the connection", "--tls-client-cert-path FILE --tls-client-cert-key-path FILE",
		},
		"a client certificate of somebody else's is refused": {
			closedURL,
			app.RepositoryLogin{Repository: app.Repository{CA: ca.pem, ClientCert: strangeCert}, ClientKey: app.NewSecret(strangeKey)},
			"the server refused the connection", "--tls-client-cert-path FILE",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.login.URL = strings.TrimSuffix(tt.url, "/shop.git")
			f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, tt.login)})
			src := source(tt.url, "main")
			if tt.want != "" {
				_, err := f.Resolve(t.Context(), src, 0)
				if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(hint.Of(err), tt.remedy) {
					t.Errorf("got %v (%s), want %s (%s)", err, hint.Of(err), tt.want, tt.remedy)
				}
				return
			}
			if got := resolve(t, f, src, 0); got.ID != id && tt.url == openURL {
				t.Errorf("got %s, want %s", got.ID, id)
			}
			c := fetch(t, f, src, resolve(t, f, src, 0).ID)
			if got := readFile(t, c.Files, "values.yaml"); got != "replicas: 1\n" {
				t.Errorf("values.yaml is %q", got)
			}
		})
	}
}

func TestALoginThatChangesServesAtOnce(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	s := newServerWith(t, nil, ca.serves(t, "git.example.test"))
	_, url, id := s.shop(t)
	registry := login(t, app.RepositoryLogin{Repository: app.Repository{URL: url}})
	f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: registry})
	tester := gitsrc.NewRepositories(registry, f)
	if err := tester.Test(t.Context(), url); err == nil {
		t.Error("the unknown CA was trusted")
	}
	if err := registry.Add(t.Context(), app.RepositoryLogin{Repository: app.Repository{URL: url, CA: ca.pem}}); err != nil {
		t.Fatal(err)
	}
	if err := tester.Test(t.Context(), url); err != nil {
		t.Error(err)
	}
	if got := resolve(t, f, source(url, "main"), 0); got.ID != id {
		t.Errorf("got %s, want %s", got.ID, id)
	}
	if err := registry.Add(t.Context(), app.RepositoryLogin{Repository: app.Repository{URL: url}}); err != nil {
		t.Fatal(err)
	}
	if err := tester.Test(t.Context(), url); err == nil {
		t.Error("the connection that trusted the CA is still used")
	}
}

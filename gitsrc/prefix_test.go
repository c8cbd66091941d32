package gitsrc_test

import (
	"net/http"
	"path/filepath"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
)

// TestTheLongestPrefixWins looks at what a server is sent: it refuses everybody, so that one request tells the login.
func TestTheLongestPrefixWins(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		entries    []string
		path, want string
	}{
		"the entry of the URL itself":                {[]string{"/team/shop.git"}, "/team/shop.git", "/team/shop.git"},
		"a folder serves what is below it":           {[]string{"/team"}, "/team/shop.git", "/team"},
		"a folder may end in a slash":                {[]string{"/team/"}, "/team/shop.git", "/team/"},
		"a host serves all of its repositories":      {[]string{""}, "/team/shop.git", ""},
		"the longest wins when it comes last":        {[]string{"", "/team", "/team/shop.git"}, "/team/shop.git", "/team/shop.git"},
		"the longest wins when it comes first":       {[]string{"/team/shop.git", "/team", ""}, "/team/shop.git", "/team/shop.git"},
		"a folder wins over the host":                {[]string{"/team", ""}, "/team/shop.git", "/team"},
		"an entry without .git serves the URL":       {[]string{"/team/shop"}, "/team/shop.git", "/team/shop"},
		"a name that begins alike is another":        {[]string{"/team"}, "/team-of-others/shop.git", "none"},
		"a repository that begins alike is another":  {[]string{"/team/shop"}, "/team/shopping.git", "none"},
		"a longer entry of another repository loses": {[]string{"/team", "/team/shopping.git"}, "/team/shop.git", "/team"},
		"another folder's login is not sent":         {[]string{"/others"}, "/team/shop.git", "none"},
		"an entry below the URL does not serve it":   {[]string{"/team/shop.git/deeper"}, "/team/shop.git", "none"},
		"nothing is registered":                      {nil, "/team/shop.git", "none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, func(*http.Request) int { return http.StatusUnauthorized })
			registry := gitsrc.NewRegistry(filepath.Join(t.TempDir(), "repositories.yaml"))
			for _, e := range tt.entries {
				if err := registry.Add(t.Context(), password(s.url+e, "of "+e)); err != nil {
					t.Fatal(err)
				}
			}
			f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: registry})
			if _, err := f.Resolve(t.Context(), source(s.url+tt.path, "main"), 0); err == nil {
				t.Fatal("the server let it in")
			}
			want := request{act: listForFetch, user: "mira", password: "of " + tt.want}
			if tt.want == "none" {
				want = request{act: listForFetch}
			}
			if got := s.last(t); got != want {
				t.Errorf("the server got %+v, want %+v", got, want)
			}
		})
	}
}

func TestTheKindsOfCredentials(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		login app.RepositoryLogin
		want  request
	}{
		"a name and a password": {
			app.RepositoryLogin{Repository: app.Repository{Username: "mira"}, Password: app.NewSecret("text")},
			request{user: "mira", password: "text"},
		},
		"a password without a name gets the usual name": {
			app.RepositoryLogin{Password: app.NewSecret("text")}, request{user: "git", password: "text"},
		},
		"a name without a password": {app.RepositoryLogin{Repository: app.Repository{Username: "mira"}}, request{user: "mira"}},
		"a token goes before a password": {
			app.RepositoryLogin{Password: app.NewSecret("text"), BearerToken: app.NewSecret("token")}, request{token: "token"},
		},
		"an entry without any is no login": {app.RepositoryLogin{}, request{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, func(*http.Request) int { return http.StatusForbidden })
			l := tt.login
			l.URL = s.url
			f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, l)})
			if _, err := f.Resolve(t.Context(), source(s.url+"/shop.git", "main"), 0); err == nil {
				t.Fatal("the server let it in")
			}
			got, want := s.last(t), tt.want
			want.act = listForFetch
			if got != want {
				t.Errorf("the server got %+v, want %+v", got, want)
			}
		})
	}
}

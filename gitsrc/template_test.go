package gitsrc_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// logins are what some place keeps, and why it cannot be asked now.
type logins struct {
	all []app.RepositoryLogin
	err error
}

func (l logins) Logins(context.Context) (*app.Logins, error) {
	if l.all == nil {
		return nil, l.err
	}
	return app.NewLogins(l.all), l.err
}
func (l logins) Put(context.Context, app.RepositoryLogin) error { return l.err }
func (l logins) Remove(context.Context, string) error           { return l.err }

func template(url, text string) app.RepositoryLogin {
	l := password(url, text)
	l.Template = true
	return l
}

func TestARepositoryWithoutCredentialsTakesThoseOfATemplate(t *testing.T) {
	t.Parallel()
	bare := func(url string) app.RepositoryLogin {
		return app.RepositoryLogin{Repository: app.Repository{URL: url, Name: "named"}}
	}
	broken := template("https://broken.example.com", "text")
	broken.Problem, broken.From = "logging in with a GitHub App is not supported", "Secret argocd/creds"
	r := gitsrc.RegistryOf(logins{all: []app.RepositoryLogin{
		template("https://git.example.com", "of the host"), template("https://git.example.com/team", "of the team"),
		bare("https://git.example.com/team/bare"), bare("https://git.example.com/other"), password("https://git.example.com/team/own", "its own"),
		template("https://git.example.com/twice", "of the template"), password("https://git.example.com/twice", "of the repository"),
		bare("https://public.example.com"), broken, bare("https://broken.example.com/shop"),
	}})
	for url, want := range map[string]struct{ url, password string }{
		"https://git.example.com/team/bare":  {"https://git.example.com/team/bare", "of the team"},
		"https://git.example.com/other":      {"https://git.example.com/other", "of the host"},
		"https://git.example.com/team/own":   {"https://git.example.com/team/own", "its own"},
		"https://git.example.com/team/third": {"https://git.example.com/team", "of the team"},
		"https://git.example.com/twice":      {"https://git.example.com/twice", "of the repository"},
		"https://public.example.com/shop":    {"https://public.example.com", ""},
		"https://nobody.example.com/shop":    {"", ""},
	} {
		l, err := r.Login(t.Context(), url)
		if err != nil || l.URL != want.url || l.Password.Reveal() != want.password {
			t.Errorf("%s is served by %s with %q (%v), want %+v", url, l.URL, l.Password.Reveal(), err, want)
		}
	}
	_, err := r.Login(t.Context(), "https://broken.example.com/shop")
	if err == nil || !strings.Contains(err.Error(), "Secret argocd/creds: logging in with a GitHub App is not supported") ||
		!strings.Contains(hint.Of(err), "wheelhouse repo add https://broken.example.com/shop --upsert") {
		t.Errorf("a template that cannot serve gave %v (%s)", err, hint.Of(err))
	}
}

func TestWhatWasKnownLastServes(t *testing.T) {
	t.Parallel()
	gone := errors.New("the cluster cannot be reached")
	url := "https://git.example.com/shop.git"
	for name, tt := range map[string]struct {
		known []app.RepositoryLogin
		says  bool
	}{
		"a login that was known":   {[]app.RepositoryLogin{password(url, "text")}, false},
		"that there was no login":  {[]app.RepositoryLogin{}, false},
		"nothing was known at all": {nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := gitsrc.RegistryOf(logins{tt.known, gone})
			l, err := r.Login(t.Context(), url)
			if errors.Is(err, gone) != tt.says || l.Registered != (len(tt.known) > 0) {
				t.Errorf("the login is %+v (%v)", l, err)
			}
			list, err := r.List(t.Context())
			if !errors.Is(err, gone) || len(list) != len(tt.known) {
				t.Errorf("it lists %v (%v)", list, err)
			}
		})
	}
}

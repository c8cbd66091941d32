// Package logintest is the contract that every place for the logins of repositories keeps, as tests: what a file of the store
// and the Secrets of a cluster have in common.
//
// A place's own test calls [Run] with a function that makes an empty place and returns how it is opened; each opening stands
// for a process of its own. What only one kind of place does is tested beside it.
package logintest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sync/errgroup"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// canary is in every secret of these tests, and in nothing that is printed.
const canary = "canary-5e2d71"

// Open opens a place, as another process would.
type Open func() *gitsrc.Registry

// Run tests the contract on places that place makes, a new one for each test.
func Run(t *testing.T, place func(t *testing.T) Open) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(t *testing.T, open Open)
	}{
		{"an empty place has no logins", empty},
		{"what was added is listed without its secrets", list},
		{"a login keeps all its fields", fields},
		{"a login replaces the one of its URL as a whole", replace},
		{"a removed login is gone", remove},
		{"the longest prefix serves a URL", longest},
		{"secrets in a URL are kept apart from it", secretURL},
		{"a login that could never serve is refused", refuse},
		{"of many that add at a time none is lost", concurrent},
		{"the last of two that add one URL stays", sameURL},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, place(t))
		})
	}
}

func empty(t *testing.T, open Open) {
	if got := listed(t, open()); len(got) != 0 {
		t.Errorf("it lists %v", got)
	}
	if l, err := open().Login(t.Context(), "https://git.example.com/shop.git"); err != nil || l.Registered {
		t.Errorf("the login is %+v (%v)", l, err)
	}
}

func list(t *testing.T, open Open) {
	r, key := open(), app.NewSecret(canary)
	for _, l := range []app.RepositoryLogin{
		{Repository: app.Repository{URL: "https://git.example.com/shop.git", Name: "shop", Username: "mira"}, Password: key},
		{Repository: app.Repository{URL: "https://git.example.com/", Insecure: true}, BearerToken: key},
		{Repository: app.Repository{URL: "git@git.example.com:shop.git"}, SSHPrivateKey: key, Password: key},
		{Repository: app.Repository{URL: "https://public.example.com/shop.git", Partial: true, EnableLFS: true}},
	} {
		if err := r.Add(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	want := []app.Repository{
		{URL: "git@git.example.com:shop.git", Type: "git", Credentials: "ssh key", Registered: true},
		{URL: "https://git.example.com/", Type: "git", Credentials: "token", Insecure: true, Registered: true},
		{URL: "https://git.example.com/shop.git", Type: "git", Name: "shop", Username: "mira", Credentials: "password", Registered: true},
		{URL: "https://public.example.com/shop.git", Type: "git", Registered: true, Partial: true, EnableLFS: true},
	}
	for name, r := range map[string]*gitsrc.Registry{"who added them": r, "another process": open()} {
		if d := cmp.Diff(want, listed(t, r)); d != "" {
			t.Errorf("to %s it lists (-want +got):\n%s", name, d)
		}
	}
}

func fields(t *testing.T, open Open) {
	cert, key := certificate(t)
	public := app.Repository{
		URL: "https://charts.example.com/team", Type: "helm", Name: "charts", Username: "mira", Insecure: true, Registered: true,
		CA: cert, ClientCert: cert, NoProxy: "example.org", SignatureKeys: signer(t), EnableOCI: true, PlainHTTP: true, PassCredentials: true,
		Keyring: "/etc/keys.gpg",
	}
	secret := app.RepositoryLogin{
		Repository: public, Password: app.NewSecret(canary), BearerToken: app.NewSecret("token-" + canary),
		SSHPrivateKey: app.NewSecret("key-" + canary), ClientKey: app.NewSecret(key),
		ProxyURL: app.NewSecret("http://proxyuser:" + canary + "@proxy.example.com:3128"),
	}
	if err := open().Add(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	public.Proxy, public.Credentials = "http://proxy.example.com:3128", "ssh key"
	secret.Repository = public
	r := open()
	got, err := r.Login(t.Context(), "https://charts.example.com/team/web")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(secret, got, revealed, anywhere); d != "" {
		t.Errorf("the login (-want +got):\n%s", d)
	}
	out := listed(t, r)
	if d := cmp.Diff([]app.Repository{public}, out); d != "" {
		t.Errorf("it lists (-want +got):\n%s", d)
	}
	if text := fmt.Sprintf("%+v", out); strings.Contains(text, "PRIVATE KEY") {
		t.Errorf("the list holds a key: %s", text)
	}
}

func replace(t *testing.T, open Open) {
	r := open()
	for _, l := range []app.RepositoryLogin{
		login("https://git.example.com/shop.git", "old"),
		login("https://git.example.com/shop-of-others", "other"),
		login("https://git.example.com/shop/", "old, by another of its URLs"),
		{Repository: app.Repository{URL: "https://git.example.com/shop.git"}, BearerToken: app.NewSecret("new")},
	} {
		if err := r.Add(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	want := []app.Repository{
		{URL: "https://git.example.com/shop-of-others", Type: "git", Username: "mira", Credentials: "password", Registered: true},
		{URL: "https://git.example.com/shop.git", Type: "git", Credentials: "token", Registered: true},
	}
	for _, r := range []*gitsrc.Registry{r, open()} {
		if d := cmp.Diff(want, listed(t, r)); d != "" {
			t.Errorf("it lists (-want +got):\n%s", d)
		}
		if l, err := r.Login(t.Context(), "https://git.example.com/shop.git"); err != nil || l.BearerToken.Reveal() != "new" || !l.Password.Empty() {
			t.Errorf("the login is a mixture: %+v (%v)", l, err)
		}
	}
}

func remove(t *testing.T, open Open) {
	r := open()
	for _, url := range []string{"https://git.example.com/shop.git", "https://git.example.com/team"} {
		if err := r.Add(t.Context(), login(url, canary)); err != nil {
			t.Fatal(err)
		}
	}
	err := r.Remove(t.Context(), "https://mira:"+canary+"@git.example.com/other.git")
	if !errors.Is(err, app.ErrNotFound) || strings.Contains(err.Error(), canary) {
		t.Errorf("another URL gave %v", err)
	}
	if err := open().Remove(t.Context(), "https://git.example.com/shop/"); err != nil {
		t.Error(err)
	}
	if err := r.Remove(t.Context(), "https://git.example.com/shop.git"); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("the second time gave %v", err)
	}
	for _, r := range []*gitsrc.Registry{r, open()} {
		if got := listed(t, r); len(got) != 1 || got[0].URL != "https://git.example.com/team" {
			t.Errorf("it lists %v", got)
		}
	}
}

func longest(t *testing.T, open Open) {
	r := open()
	for _, url := range []string{
		"https://git.example.com", "https://git.example.com/team", "https://git.example.com/team/shop.git", "https://git.example.com/team/bare",
		"git@git.example.com:team", "git@other.example.com", "ssh://git@ssh.example.com:2222/team", "https://slash.example.com/team/",
	} {
		if err := r.Add(t.Context(), login(url, "of "+url)); err != nil {
			t.Fatal(err)
		}
	}
	for url, want := range map[string]string{
		"https://git.example.com/team/shop.git":       "https://git.example.com/team/shop.git",
		"https://git.example.com/team/shop":           "https://git.example.com/team/shop.git",
		"https://git.example.com/team/bare.git":       "https://git.example.com/team/bare",
		"https://git.example.com/team/shopping.git":   "https://git.example.com/team",
		"https://git.example.com/team-of-others/shop": "https://git.example.com",
		"https://git.example.com:8443/team/shop.git":  "",
		"https://git.example.com.evil.example/shop":   "",
		"http://git.example.com/team/shop.git":        "",
		"git@git.example.com:team/shop.git":           "git@git.example.com:team",
		"git@git.example.com:team-of-others/shop.git": "",
		"git@other.example.com:team/shop.git":         "git@other.example.com",
		"git@other.example.com.evil.example:shop":     "",
		"ssh://git@ssh.example.com:2222/team/shop":    "ssh://git@ssh.example.com:2222/team",
		"ssh://ssh.example.com:2222/team/shop":        "ssh://git@ssh.example.com:2222/team",
		"ssh://git@ssh.example.com/team/shop":         "",
		"https://slash.example.com/team/shop.git":     "https://slash.example.com/team/",
		"https://slash.example.com/others/shop.git":   "",
	} {
		l, err := r.Login(t.Context(), url)
		if err != nil || l.URL != want || l.Registered != (want != "") {
			t.Errorf("%s is served by %q, want %q (%v)", url, l.URL, want, err)
		}
		if want != "" && l.Password.Reveal() != "of "+want {
			t.Errorf("%s has the password %s", url, l.Password.Reveal())
		}
	}
}

func secretURL(t *testing.T, open Open) {
	r := open()
	l := app.RepositoryLogin{Repository: app.Repository{URL: "https://mira:" + canary + "@git.example.com/shop.git"}}
	if err := r.Add(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	got, err := open().Login(t.Context(), "https://git.example.com/shop.git")
	if err != nil || got.URL != "https://git.example.com/shop.git" || got.Username != "mira" || got.Password.Reveal() != canary {
		t.Errorf("the login is %+v (%v)", got, err)
	}
	listed(t, r)
}

func refuse(t *testing.T, open Open) {
	r := open()
	for _, l := range []app.RepositoryLogin{
		{Repository: app.Repository{Type: "svn"}},
		{Repository: app.Repository{CA: "no certificate"}},
		{ClientKey: app.NewSecret(canary)},
		{ProxyURL: app.NewSecret("ftp://mira:" + canary + "@127.0.0.1")},
	} {
		l.URL = "https://git.example.com/shop.git"
		err := r.Add(t.Context(), l)
		if err == nil || hint.Of(err) == "" || strings.Contains(err.Error(), canary) {
			t.Errorf("%+v gave %v (%s)", l, err, hint.Of(err))
		}
	}
	if got := listed(t, open()); len(got) != 0 {
		t.Errorf("it lists %v", got)
	}
}

func concurrent(t *testing.T, open Open) {
	shared := open()
	var group errgroup.Group
	for i := range 8 {
		for _, r := range []*gitsrc.Registry{shared, open()} {
			group.Go(func() error {
				return r.Add(t.Context(), login(fmt.Sprintf("https://git.example.com/%d-%v", i, r == shared), canary))
			})
		}
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	if got := listed(t, open()); len(got) != 16 {
		t.Errorf("it lists %d repositories, want 16", len(got))
	}
}

func sameURL(t *testing.T, open Open) {
	const url = "https://git.example.com/shop.git"
	var group errgroup.Group
	for range 6 {
		r := open()
		group.Go(func() error { return r.Add(t.Context(), login(url, canary)) })
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	r := open()
	if err := r.Add(t.Context(), login(url, "last")); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, r); len(got) != 1 {
		t.Errorf("it lists %v", got)
	}
	if l, err := open().Login(t.Context(), url); err != nil || l.Password.Reveal() != "last" {
		t.Errorf("the login is %+v (%v)", l, err)
	}
}

var (
	revealed = cmp.Comparer(func(a, b app.Secret) bool { return a.Reveal() == b.Reveal() })
	anywhere = cmpopts.IgnoreFields(app.Repository{}, "From")
)

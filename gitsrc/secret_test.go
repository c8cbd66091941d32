package gitsrc_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// canary is a password that must be seen nowhere.
const canary = "s3cr3t-canary"

func TestNoErrorHoldsAPassword(t *testing.T) {
	t.Parallel()
	s := newServer(t, withPassword("another"))
	_, url, id := s.shop(t)
	public := newServer(t, nil)
	closed := "http://" + closedPort(t) + "/shop.git"
	withUser := func(url, user string) string { return strings.Replace(url, "://", "://"+user+"@", 1) }
	for name, tt := range map[string]struct {
		url   string
		login app.RepositoryLogin
	}{
		"a registered password that is wrong":        {url, password(url, canary)},
		"a registered token that is wrong":           {url, app.RepositoryLogin{Repository: app.Repository{URL: url}, BearerToken: app.NewSecret(canary)}},
		"a wrong password within the URL":            {withUser(url, "mira:"+canary), app.RepositoryLogin{}},
		"a password with an @ within the URL":        {withUser(url, "mira:"+canary+"@"+canary), app.RepositoryLogin{}},
		"a token in the place of the name":           {withUser(url, canary), app.RepositoryLogin{}},
		"a URL of a server that does not run":        {withUser(closed, "mira:"+canary), app.RepositoryLogin{}},
		"a URL of a repository that is not there":    {withUser(public.url, "mira:"+canary) + "/nothing.git", app.RepositoryLogin{}},
		"a URL of a protocol that nobody speaks":     {"gopher://mira:" + canary + "@example.com/shop.git", app.RepositoryLogin{}},
		"a registered password, no running server":   {closed, password(closed, canary)},
		"an SSH key that is none, with a passphrase": {"ssh://git@127.0.0.1/shop.git", sshKey("ssh://git@127.0.0.1/shop.git")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			registry := login(t, tt.login)
			var text bytes.Buffer
			f := gitsrc.New(gitsrc.Options{
				CacheDir: t.TempDir(), Registry: registry, KnownHosts: []string{os.DevNull}, Log: slog.New(slog.NewTextHandler(&text, nil)),
			})
			_, resolved := f.Resolve(t.Context(), source(tt.url, "main"), 0)
			_, fetched := f.Fetch(t.Context(), source(tt.url, "main"), id)
			_, committed := f.Commit(t.Context(), source(tt.url, "main"), app.NewCommit{Base: id, Branch: "main"})
			tested := gitsrc.NewRepositories(registry, f).Test(t.Context(), tt.url)
			for act, err := range map[string]error{"resolve": resolved, "fetch": fetched, "commit": committed, "test": tested} {
				if err == nil {
					t.Errorf("%s passed", act)
					continue
				}
				if all := fmt.Sprintf("%v %+v %q %s", err, err, err, hint.Of(err)); strings.Contains(all, canary) {
					t.Errorf("%s holds the password: %s", act, all)
				}
			}
			if strings.Contains(text.String(), canary) {
				t.Errorf("the log holds the password: %s", &text)
			}
		})
	}
}

func sshKey(url string) app.RepositoryLogin {
	return app.RepositoryLogin{
		Repository: app.Repository{URL: url}, SSHPrivateKey: app.NewSecret(canary), Password: app.NewSecret(canary),
	}
}

func TestAWrongPasswordHasARemedy(t *testing.T) {
	t.Parallel()
	s := newServer(t, withPassword("another"))
	_, url, _ := s.shop(t)
	f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, password(url, canary))})
	_, err := f.Resolve(t.Context(), source(url, "main"), 0)
	if err == nil || !strings.HasPrefix(err.Error(), "list references of "+url+": ") {
		t.Errorf("got %v", err)
	}
	if got := hint.Of(err); !strings.Contains(got, "wheelhouse repo add "+url) {
		t.Errorf("the remedy is %q", got)
	}
	if got := s.last(t); got.user != "mira" || got.password != canary {
		t.Errorf("the server got %s with %s", got.user, got.password)
	}
}

func TestTheStoreHoldsNoPassword(t *testing.T) {
	t.Parallel()
	s := newServer(t, withPassword(canary))
	_, url, id := s.shop(t)
	registered, within := t.TempDir(), t.TempDir()
	fetch(t, gitsrc.New(gitsrc.Options{CacheDir: registered, Registry: login(t, password(url, canary))}), source(url, "main"), id)
	fetch(t, gitsrc.New(gitsrc.Options{CacheDir: within}), source(strings.Replace(url, "://", "://mira:"+canary+"@", 1), "main"), id)
	for _, cache := range []string{registered, within} {
		files := 0
		err := filepath.WalkDir(cache, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			files++
			b, err := os.ReadFile(path)
			if strings.Contains(path, canary) || bytes.Contains(b, []byte(canary)) {
				t.Errorf("%s holds the password", path)
			}
			return err
		})
		if err != nil || files == 0 {
			t.Errorf("looked at %d files: %v", files, err)
		}
	}
}

func TestCredentialsOfAURLDoNotMakeAnotherStore(t *testing.T) {
	t.Parallel()
	s := newServer(t, withPassword(canary))
	_, url, id := s.shop(t)
	f := newFetcher(t)
	fetch(t, f, source(strings.Replace(url, "://", "://mira:"+canary+"@", 1), "main"), id)
	if got := readFile(t, fetch(t, f, source(url, "main"), id).Files, "values.yaml"); got != "replicas: 1\n" {
		t.Errorf("values.yaml is %q", got)
	}
}

package gitsrc_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/sshtest"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

func TestWhatAPersonGivesIsRefusedWhereItIsNone(t *testing.T) {
	t.Parallel()
	key := sshtest.NewKey(t)
	locked := app.NewSecret(key.Protected(t, "sesame"))
	keyring := filepath.Join(t.TempDir(), "keyring")
	write(t, keyring, canary)
	const web, ssh = "https://git.example.com/shop.git", "git@git.example.com:shop.git"
	at := func(url string) app.Repository { return app.Repository{URL: url} }
	for name, tt := range map[string]struct {
		login        app.RepositoryLogin
		want, remedy string
	}{
		"an SSH key":                     {app.RepositoryLogin{Repository: at(ssh), SSHPrivateKey: app.NewSecret(key.Text)}, "", ""},
		"an SSH key and its passphrase":  {app.RepositoryLogin{Repository: at(ssh), SSHPrivateKey: locked, Password: app.NewSecret("sesame")}, "", ""},
		"a host that is an entry of SSH": {app.RepositoryLogin{Repository: at("git@git.example.com")}, "", ""},
		"a folder":                       {app.RepositoryLogin{Repository: at("/srv/git/shop.git")}, "", ""},
		"a registry":                     {app.RepositoryLogin{Repository: app.Repository{URL: "ghcr.io/org", Type: "helm"}}, "", ""},
		"a registry of artifacts":        {app.RepositoryLogin{Repository: app.Repository{URL: "localhost/org", Type: "oci"}}, "", ""},
		"an SSH key that is none": {
			app.RepositoryLogin{Repository: at(ssh), SSHPrivateKey: app.NewSecret(canary)}, "cannot be read", "--ssh-private-key-path FILE",
		},
		"an SSH key without its passphrase": {app.RepositoryLogin{Repository: at(ssh), SSHPrivateKey: locked}, "passphrase", "--password -"},
		"an SSH key with another passphrase": {
			app.RepositoryLogin{Repository: at(ssh), SSHPrivateKey: locked, Password: app.NewSecret(canary)}, "another passphrase", "--password -",
		},
		"a keyring that is none": {app.RepositoryLogin{Repository: app.Repository{URL: web, Keyring: keyring}}, "no OpenPGP keys", "gpg --export"},
		"a password and a token": {
			app.RepositoryLogin{Repository: at(web), Password: app.NewSecret(canary), BearerToken: app.NewSecret(canary)}, "only one", "--bearer-token",
		},
		"a password in the URL and a token": {
			app.RepositoryLogin{Repository: at("https://mira:" + canary + "@git.example.com"), BearerToken: app.NewSecret(canary)}, "only one", "--bearer-token",
		},
		"a word":                 {app.RepositoryLogin{Repository: at("notaurl")}, "notaurl: this is no URL", "for example https://"},
		"a URL without a scheme": {app.RepositoryLogin{Repository: at("git.example.com/shop")}, "this is no URL", "for example https://"},
		"a broken URL":           {app.RepositoryLogin{Repository: at("https://mira:" + canary + "%zz@git.example.com")}, "this is no URL", "--password -"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			registry := gitsrc.NewRegistry(filepath.Join(t.TempDir(), "repositories.yaml"))
			err := gitsrc.NewRepositories(registry, nil).Add(t.Context(), tt.login)
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(hint.Of(err), tt.remedy) || !errors.Is(err, app.ErrMisused) {
				t.Fatalf("got %v (%s), want %s (%s)", err, hint.Of(err), tt.want, tt.remedy)
			}
			if strings.Contains(err.Error()+hint.Of(err), canary) {
				t.Errorf("the error holds a secret: %v", err)
			}
			if got := entries(t, registry); len(got) != 0 {
				t.Errorf("it lists %v", got)
			}
		})
	}
}

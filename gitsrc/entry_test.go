package gitsrc_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/sshtest"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

func TestALoginThatCouldNeverServeIsRefused(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	cert, key := ca.issue(t, "mira")
	_, otherKey := ca.issue(t, "theo")
	for name, tt := range map[string]struct {
		login        app.RepositoryLogin
		want, remedy string
	}{
		"an unknown type": {app.RepositoryLogin{Repository: app.Repository{Type: "svn"}}, `there is no type "svn"`, "use git, helm or oci"},
		"a partial clone of charts": {
			app.RepositoryLogin{Repository: app.Repository{Type: "helm", Partial: true}}, "only a git repository is cloned in part", "leave --partial out",
		},
		"a CA that is none": {
			app.RepositoryLogin{Repository: app.Repository{CA: "no certificate"}}, "holds no certificate", "--ca-path FILE",
		},
		"a certificate without its key": {
			app.RepositoryLogin{Repository: app.Repository{ClientCert: cert}}, "cannot be read", "--tls-client-cert-key-path FILE",
		},
		"a key without its certificate": {app.RepositoryLogin{ClientKey: app.NewSecret(key)}, "cannot be read", "--tls-client-cert-path FILE"},
		"the key of another certificate": {
			app.RepositoryLogin{Repository: app.Repository{ClientCert: cert}, ClientKey: app.NewSecret(otherKey)},
			"do not belong together", "--tls-client-cert-key-path FILE",
		},
		"a key that is none": {
			app.RepositoryLogin{Repository: app.Repository{ClientCert: cert}, ClientKey: app.NewSecret(canary)}, "cannot be read", "PEM files",
		},
		"a signature key that is none": {
			app.RepositoryLogin{Repository: app.Repository{SignatureKeys: "mira ssh-ed25519 AAAA"}}, "signature keys of", "--signature-keys FILE",
		},
		"a file of signature keys without one": {
			app.RepositoryLogin{Repository: app.Repository{SignatureKeys: "# nobody\n"}}, "there is no key", "--signature-keys FILE",
		},
		"an SSH key with an option that is not heeded": {
			app.RepositoryLogin{Repository: app.Repository{SignatureKeys: strings.Replace(allowed(sshtest.NewKey(t)), " ", ` valid-before="20200101" `, 1)}},
			"valid-before", "--signature-keys FILE",
		},
		"a proxy that is no URL": {
			app.RepositoryLogin{ProxyURL: app.NewSecret(canary + ":3128")}, "the proxy is no URL", "for example --proxy http://",
		},
		"a proxy of another protocol": {
			app.RepositoryLogin{ProxyURL: app.NewSecret("ftp://mira:" + canary + "@127.0.0.1")}, "the proxy is no URL", "for example --proxy http://",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := gitsrc.NewRegistry(filepath.Join(t.TempDir(), "repositories.yaml"))
			tt.login.URL = "https://git.example.com/shop.git"
			err := r.Add(t.Context(), tt.login)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(hint.Of(err), tt.remedy) {
				t.Fatalf("got %v (%s), want %s (%s)", err, hint.Of(err), tt.want, tt.remedy)
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the error holds a secret: %v", err)
			}
			if got := entries(t, r); len(got) != 0 {
				t.Errorf("it lists %v", got)
			}
		})
	}
}

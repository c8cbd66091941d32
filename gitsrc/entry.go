package gitsrc

import (
	"fmt"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// entry is one repository as the registry's file has it; the names are those of Argo CD's repository secrets where it has
// the field.
type entry struct {
	URL             string `json:"url"`
	Type            string `json:"type,omitempty"`
	Name            string `json:"name,omitempty"`
	Username        string `json:"username,omitempty"`
	Password        string `json:"password,omitempty"`
	BearerToken     string `json:"bearerToken,omitempty"`
	SSHPrivateKey   string `json:"sshPrivateKey,omitempty"`
	Insecure        bool   `json:"insecure,omitempty"`
	CA              string `json:"ca,omitempty"`
	ClientCert      string `json:"tlsClientCertData,omitempty"`
	ClientKey       string `json:"tlsClientCertKey,omitempty"`
	Proxy           string `json:"proxy,omitempty"`
	NoProxy         string `json:"noProxy,omitempty"`
	SignatureKeys   string `json:"signatureKeys,omitempty"`
	EnableOCI       bool   `json:"enableOCI,omitempty"`
	PlainHTTP       bool   `json:"insecureOCIForceHttp,omitempty"`
	Partial         bool   `json:"enablePartialClone,omitempty"`
	PassCredentials bool   `json:"passCredentials,omitempty"`
	Keyring         string `json:"keyring,omitempty"`
	EnableLFS       bool   `json:"enableLfs,omitempty"`
}

// The types of repositories.
const (
	typeGit  = "git"
	typeHelm = "helm"
	typeOCI  = "oci"
)

func entryOf(l app.RepositoryLogin) entry {
	return entry{
		URL: l.URL, Type: l.Type, Name: l.Name, Username: l.Username, Password: l.Password.Reveal(),
		BearerToken: l.BearerToken.Reveal(), SSHPrivateKey: l.SSHPrivateKey.Reveal(), Insecure: l.Insecure,
		CA: l.CA, ClientCert: l.ClientCert, ClientKey: l.ClientKey.Reveal(),
		Proxy: l.ProxyURL.Reveal(), NoProxy: l.NoProxy, SignatureKeys: l.SignatureKeys,
		EnableOCI: l.EnableOCI, PlainHTTP: l.PlainHTTP, Partial: l.Partial, PassCredentials: l.PassCredentials, Keyring: l.Keyring, EnableLFS: l.EnableLFS,
	}
}

func (e entry) login() app.RepositoryLogin {
	return app.RepositoryLogin{
		Repository: app.Repository{
			URL: e.URL, Type: e.Type, Name: e.Name, Username: e.Username, Insecure: e.Insecure,
			CA: e.CA, ClientCert: e.ClientCert, NoProxy: e.NoProxy, SignatureKeys: e.SignatureKeys,
			EnableOCI: e.EnableOCI, PlainHTTP: e.PlainHTTP, Partial: e.Partial, PassCredentials: e.PassCredentials, Keyring: e.Keyring,
			EnableLFS: e.EnableLFS,
		},
		Password: app.NewSecret(e.Password), BearerToken: app.NewSecret(e.BearerToken), SSHPrivateKey: app.NewSecret(e.SSHPrivateKey),
		ClientKey: app.NewSecret(e.ClientKey), ProxyURL: app.NewSecret(e.Proxy),
	}
}

// check refuses a login that could never serve.
func check(l app.RepositoryLogin) error {
	switch l.Type {
	case "", typeGit, typeHelm, typeOCI:
	default:
		return hint.With(fmt.Errorf("repository %s: there is no type %q", clean(l.URL), l.Type), "use git, helm or oci")
	}
	if l.Partial && l.Type != "" && l.Type != typeGit {
		return hint.With(fmt.Errorf("repository %s: only a git repository is cloned in part, and this is one of type %s", clean(l.URL), l.Type),
			"leave --partial out")
	}
	if l.EnableLFS && l.Type != "" && l.Type != typeGit {
		return hint.With(fmt.Errorf("repository %s: only files of a git repository are kept in Git LFS", clean(l.URL)), "leave out --enable-lfs, or use --type git")
	}
	if l.SignatureKeys != "" {
		if _, err := parseSigners(l.SignatureKeys); err != nil {
			return hint.With(fmt.Errorf("signature keys of %s: %w", clean(l.URL), err),
				"give armored OpenPGP public keys, and lines of SSH's allowed signers: --signature-keys FILE")
		}
	}
	_, err := newClient(l)
	return err
}

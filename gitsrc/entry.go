package gitsrc

import (
	"fmt"
	"path/filepath"
	"strings"

	"helm.sh/helm/v3/pkg/provenance"

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

// check refuses a login that could never serve, which is an app.ErrMisused.
func check(l app.RepositoryLogin) error {
	return firstOf(l, checkType, checkSigners, func(l app.RepositoryLogin) error {
		_, err := newClient(l)
		return err
	})
}

// checkGiven refuses more of what a person gives: an entry that is there already, in a file or a Secret, serves as far as it can.
func checkGiven(l app.RepositoryLogin) error {
	return firstOf(l, checkType, checkURL, checkLogin, checkKeyring)
}

func firstOf(l app.RepositoryLogin, checks ...func(app.RepositoryLogin) error) error {
	for _, wrong := range checks {
		if err := wrong(l); err != nil {
			return app.Misused(err)
		}
	}
	return nil
}

func checkType(l app.RepositoryLogin) error {
	switch l.Type {
	case "", typeGit:
		return nil
	case typeHelm, typeOCI:
	default:
		return hint.With(fmt.Errorf("repository %s: there is no type %q", clean(l.URL), l.Type), "use git, helm or oci")
	}
	if l.Partial {
		return hint.With(fmt.Errorf("repository %s: only a git repository is cloned in part, and this is one of type %s", clean(l.URL), l.Type),
			"leave --partial out")
	}
	if l.EnableLFS {
		return hint.With(fmt.Errorf("repository %s: only files of a git repository are kept in Git LFS", clean(l.URL)), "leave out --enable-lfs, or use --type git")
	}
	return nil
}

// checkURL refuses what leads to no repository of the login's type. A registry is named without a scheme too, and a repository
// of this machine by its folder.
func checkURL(l app.RepositoryLogin) error {
	place, _, _ := strings.Cut(l.URL, "/")
	switch {
	case strings.Contains(l.URL, "://"), strings.Contains(l.URL, "@"), filepath.IsAbs(l.URL):
		return nil
	case l.Type == typeOCI, l.Type == typeHelm && (l.EnableOCI || strings.ContainsAny(place, ".:")):
		return nil
	}
	return hint.With(fmt.Errorf("repository %s: this is no URL", clean(l.URL)),
		"for example https://git.example.com/team or git@git.example.com:team/shop.git; a registry takes --type oci, or --type helm --enable-oci")
}

func checkLogin(l app.RepositoryLogin) error {
	if !l.Password.Empty() && !l.BearerToken.Empty() {
		return hint.With(fmt.Errorf("repository %s: it has a password and a token, and only one can be sent", clean(l.URL)),
			"give --password or --bearer-token")
	}
	if l.SSHPrivateKey.Empty() {
		return nil
	}
	if _, err := signerOf(l.URL, l); err != nil {
		return hint.With(err, "give a private key that ssh-keygen made, and its passphrase if it has one: --ssh-private-key-path FILE --password -")
	}
	return nil
}

func checkSigners(l app.RepositoryLogin) error {
	if l.SignatureKeys == "" {
		return nil
	}
	_, err := parseSigners(l.SignatureKeys)
	if err != nil {
		return hint.With(fmt.Errorf("signature keys of %s: %w", clean(l.URL), err),
			"give armored OpenPGP public keys, and lines of SSH's allowed signers: --signature-keys FILE")
	}
	return nil
}

func checkKeyring(l app.RepositoryLogin) error {
	if l.Keyring == "" {
		return nil
	}
	// The error is not repeated: the file may be another one than was meant.
	if _, err := provenance.NewFromKeyring(l.Keyring, ""); err != nil {
		return hint.With(fmt.Errorf("keyring of %s: %s holds no OpenPGP keys in binary form", clean(l.URL), l.Keyring), "export them: gpg --export > FILE")
	}
	return nil
}

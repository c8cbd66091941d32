package command

import (
	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// keepLogin gives a login what was registered before and no flag changes. What belongs together is kept together: a new password is
// not that of an old token.
func keepLogin(flags *pflag.FlagSet, before app.RepositoryLogin, l *app.RepositoryLogin) {
	if before.URL == "" {
		return
	}
	keep := func(do func(), names ...string) {
		for _, name := range names {
			if flags.Changed(name) {
				return
			}
		}
		do()
	}
	if !app.HoldsLogin(l.URL) {
		keep(func() {
			l.Username, l.Password, l.BearerToken, l.SSHPrivateKey = before.Username, before.Password, before.BearerToken, before.SSHPrivateKey
		}, "username", "password", "bearer-token", "ssh-private-key-path")
	}
	keep(func() { l.ClientCert, l.ClientKey = before.ClientCert, before.ClientKey }, "tls-client-cert-path", "tls-client-cert-key-path")
	keep(func() { l.Insecure = before.Insecure }, "insecure-skip-server-verification", "insecure-ignore-host-key")
	keep(func() { l.Proxy, l.ProxyURL = before.Proxy, before.ProxyURL }, "proxy")
	keep(func() { l.Type = before.Type }, "type")
	keep(func() { l.Name = before.Name }, "name")
	keep(func() { l.CA = before.CA }, "ca-path")
	keep(func() { l.SignatureKeys = before.SignatureKeys }, "signature-keys")
	keep(func() { l.NoProxy = before.NoProxy }, "no-proxy")
	keep(func() { l.EnableOCI = before.EnableOCI }, "enable-oci")
	keep(func() { l.PlainHTTP = before.PlainHTTP }, "insecure-oci-force-http")
	keep(func() { l.Partial = before.Partial }, "partial")
	keep(func() { l.PassCredentials = before.PassCredentials }, "pass-credentials")
	keep(func() { l.EnableLFS = before.EnableLFS }, "enable-lfs")
	keep(func() { l.Keyring = before.Keyring }, "keyring")
}

package repository

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// The label that makes a Secret one of a repository or of a template.
const (
	labelType      = "argocd.argoproj.io/secret-type"
	typeRepository = "repository"
	typeTemplate   = "repo-creds"
)

// The keys of Argo CD's Secrets that hold what a login has, and, after them, our own: Argo CD has none for these.
const (
	keyURL             = "url"
	keyType            = "type"
	keyName            = "name"
	keyUsername        = "username"
	keyPassword        = "password"
	keyToken           = "bearerToken"
	keySSH             = "sshPrivateKey"
	keyInsecure        = "insecure"
	keyInsecureHost    = "insecureIgnoreHostKey"
	keyClientCert      = "tlsClientCertData"
	keyClientKey       = "tlsClientCertKey"
	keyProxy           = "proxy"
	keyNoProxy         = "noProxy"
	keyOCI             = "enableOCI"
	keyPlainHTTP       = "insecureOCIForceHttp"
	keyLFS             = "enableLfs"
	keyCA              = "ca"
	keySigners         = "signatureKeys"
	keyPartial         = "enablePartialClone"
	keyPassCredentials = "passCredentials"
	keyKeyring         = "keyring"
)

// unsupported are Argo CD's ways to log in that there are none of here, by the keys that choose them.
var unsupported = []struct{ key, what string }{
	{"githubAppID", "as a GitHub App"},
	{"githubAppInstallationID", "as a GitHub App"},
	{"githubAppPrivateKey", "as a GitHub App"},
	{"gcpServiceAccountKey", "with a Google Cloud service account"},
	{"useAzureWorkloadIdentity", "with an Azure workload identity"},
	{"azureServicePrincipalClientId", "with an Azure service principal"},
	{"azureServicePrincipalClientSecret", "with an Azure service principal"},
	{"azureServicePrincipalTenantId", "with an Azure service principal"},
	{"azureActiveDirectoryEndpoint", "with an Azure service principal"},
	{"githubAppEnterpriseBaseUrl", "as a GitHub App"},
}

// loginOf reads a Secret.
func loginOf(s *corev1.Secret) app.RepositoryLogin {
	f := fields{data: s.Data}
	l := app.RepositoryLogin{
		Repository: app.Repository{
			URL: strings.TrimSpace(f.text(keyURL)), Type: f.text(keyType), Name: f.text(keyName), Username: f.text(keyUsername),
			Template: s.Labels[labelType] == typeTemplate,
			CA:       f.text(keyCA), ClientCert: f.text(keyClientCert), NoProxy: f.text(keyNoProxy),
			SignatureKeys: f.text(keySigners), Keyring: f.text(keyKeyring),
			EnableOCI: f.flag(keyOCI), PlainHTTP: f.flag(keyPlainHTTP), Partial: f.flag(keyPartial), PassCredentials: f.flag(keyPassCredentials),
			EnableLFS: f.flag(keyLFS),
		},
		Password: f.secret(keyPassword), BearerToken: f.secret(keyToken), SSHPrivateKey: f.secret(keySSH),
		ClientKey: f.secret(keyClientKey), ProxyURL: f.secret(keyProxy),
	}
	l.Insecure = f.flag(keyInsecure)
	l.Insecure = f.flag(keyInsecureHost) || l.Insecure
	if !slices.Contains([]string{"", "git", "helm", "oci"}, l.Type) {
		f.problem = "its type is none of git, helm and oci"
	}
	if l.Password.Empty() && l.BearerToken.Empty() && l.SSHPrivateKey.Empty() {
		f.refuseUnsupported()
	}
	l.Problem = f.problem
	return l
}

// fields are the data of a Secret while they are read, with what is wrong with them. A problem names keys and no values.
type fields struct {
	data    map[string][]byte
	problem string
}

func (f *fields) text(key string) string { return string(f.data[key]) }

func (f *fields) secret(key string) app.Secret { return app.NewSecret(f.text(key)) }

func (f *fields) flag(key string) bool {
	text := strings.TrimSpace(f.text(key))
	if text == "" {
		return false
	}
	set, err := strconv.ParseBool(text)
	if err != nil {
		f.problem = key + " is neither true nor false"
	}
	return set
}

func (f *fields) refuseUnsupported() {
	for _, u := range unsupported {
		if text := strings.TrimSpace(f.text(u.key)); text != "" && text != "0" && text != "false" {
			f.problem = "it logs in " + u.what + " (" + u.key + "), which is not supported"
			return
		}
	}
}

// write puts a login into the data of a Secret, as a whole: the ways to log in that it had are gone, and what is no matter of
// logging in, such as a project, stays.
func write(data map[string][]byte, l app.RepositoryLogin) {
	for _, u := range unsupported {
		delete(data, u.key)
	}
	delete(data, keyInsecureHost)
	flag := func(set bool) string {
		if set {
			return "true"
		}
		return ""
	}
	for key, text := range map[string]string{
		keyURL: l.URL, keyType: l.Type, keyName: l.Name, keyUsername: l.Username, keyPassword: l.Password.Reveal(),
		keyToken: l.BearerToken.Reveal(), keySSH: l.SSHPrivateKey.Reveal(), keyInsecure: flag(l.Insecure),
		keyClientCert: l.ClientCert, keyClientKey: l.ClientKey.Reveal(), keyProxy: l.ProxyURL.Reveal(), keyNoProxy: l.NoProxy,
		keyOCI: flag(l.EnableOCI), keyPlainHTTP: flag(l.PlainHTTP), keyLFS: flag(l.EnableLFS), keyPartial: flag(l.Partial),
		keyCA: l.CA, keySigners: l.SignatureKeys, keyPassCredentials: flag(l.PassCredentials), keyKeyring: l.Keyring,
	} {
		if text == "" {
			delete(data, key)
			continue
		}
		data[key] = []byte(text)
	}
}

// sortSecrets puts those that serve every project of Argo CD first, for there are no projects here; then by name.
func sortSecrets(secrets []corev1.Secret) {
	slices.SortFunc(secrets, func(a, b corev1.Secret) int {
		return cmp.Or(cmp.Compare(min(len(a.Data["project"]), 1), min(len(b.Data["project"]), 1)), cmp.Compare(a.Name, b.Name))
	})
}

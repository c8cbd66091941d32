package app

import (
	"io/fs"
	"time"
)

// Checkout is a repository's content at one commit.
type Checkout struct {
	// Files is rooted at the root of the repository. It is safe for concurrent use and stays valid as long as the
	// process lives. It never leads out of the repository.
	Files  fs.FS
	Commit Commit
}

// Repository is a repository that the user registered, or that an application uses. It never holds a secret.
type Repository struct {
	URL string `json:"url"`
	// Type is git, helm or oci; empty is git.
	Type string `json:"type"`
	Name string `json:"name,omitempty"`
	// Credentials says which kind is configured ("password", "ssh key", "token"), never its value; empty for none.
	Credentials string `json:"credentials,omitempty"`
	// Registered is false for a repository that is only known because an application names it.
	Registered bool `json:"registered"`
	// Template is true for an entry that lends its credentials to registered repositories below its URL that have none.
	Template bool `json:"template,omitempty"`
	// From says where the entry is kept.
	From string `json:"from,omitempty"`
	// Problem says why the entry cannot serve; it is empty for one that can.
	Problem string `json:"problem,omitempty"`
	// Insecure is true when the server's certificate or host key is not checked.
	Insecure bool   `json:"insecure,omitempty"`
	Username string `json:"username,omitempty"`
	// CA holds the PEM certificates that are trusted beside the system's.
	CA string `json:"ca,omitempty"`
	// ClientCert is the PEM certificate that is shown to the server; its key is in the login.
	ClientCert string `json:"clientCert,omitempty"`
	// Proxy is the URL of the proxy without its user and password; empty is the environment's. NoProxy lists the hosts
	// that are reached without it, in the form of the variable NO_PROXY.
	Proxy   string `json:"proxy,omitempty"`
	NoProxy string `json:"noProxy,omitempty"`
	// SignatureKeys are public keys, armored ones of OpenPGP and lines of SSH's allowed signers; when there are any, a commit
	// that none of them signed is refused.
	SignatureKeys string `json:"signatureKeys,omitempty"`
	// EnableOCI says that a Helm repository is an OCI registry, PlainHTTP that the registry is asked without TLS.
	EnableOCI bool `json:"enableOCI,omitempty"`
	PlainHTTP bool `json:"insecureOCIForceHttp,omitempty"`
	// Partial says that of a git repository only those files are fetched that somebody reads.
	Partial bool `json:"enablePartialClone,omitempty"`
	// PassCredentials allows the credentials to go to other hosts that a Helm repository's index names.
	PassCredentials bool `json:"passCredentials,omitempty"`
	// Keyring is a file with the public keys that charts have to be signed by; empty asks for no signature.
	Keyring string `json:"keyring,omitempty"`
	// EnableLFS says that files of a git repository that are kept in Git LFS are served with their content.
	EnableLFS bool       `json:"enableLfs,omitempty"`
	CheckedAt *time.Time `json:"checkedAt,omitempty"`
	// Error is the last failure to reach the repository, empty when it was reached.
	Error string `json:"error,omitempty"`
}

// RepositoryLogin is a repository with its secrets, on the way from the user to the registry. It has no String and no
// JSON names, so that printing one by accident is hard.
type RepositoryLogin struct {
	Repository
	Password      Secret
	BearerToken   Secret
	SSHPrivateKey Secret
	// ClientKey is the PEM key of ClientCert.
	ClientKey Secret
	// ProxyURL is Proxy with user and password if it has them; where it is empty, Proxy serves.
	ProxyURL Secret
}

// HostKey is the public key that an SSH server showed.
type HostKey struct {
	// Host is as known_hosts writes it: a name, or [name]:port.
	Host string `json:"host"`
	Type string `json:"type"`
	// Fingerprint is that of ssh-keygen -l: "SHA256:…".
	Fingerprint string `json:"fingerprint"`
	// Line is the key's line of known_hosts.
	Line string `json:"line"`
	// Known is true when the key is in one of the files of known hosts already.
	Known bool `json:"known"`
}

// Secret is a text that prints as "***" with every verb of fmt and in every encoding. Reveal returns the text.
type Secret struct{ text string }

// NewSecret wraps a text.
func NewSecret(text string) Secret { return Secret{text: text} }

// Reveal returns the wrapped text; callers pass it on and keep no copy.
func (s Secret) Reveal() string { return s.text }

// Empty reports whether there is no text.
func (s Secret) Empty() bool { return s.text == "" }

// String returns "***", or "" when there is no text.
func (s Secret) String() string {
	if s.text == "" {
		return ""
	}
	return "***"
}

// GoString is String, for %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText is String, for encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

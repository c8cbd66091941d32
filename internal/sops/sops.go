// Package sops decrypts files that SOPS encrypted: YAML, JSON, dotenv files and whatever else it wraps in JSON.
//
// A file's values are encrypted one by one with AES-GCM under a data key, their place in the file being authenticated with
// them; the data key is encrypted in turn, for every recipient, in the file's metadata; and a MAC over all values says that
// none was taken away. Recipients of age are served here, with the identities that the sops program would use. For keys of
// clouds, of Vault and of PGP the sops program itself is called.
//
// Nothing is written to disk, and no error holds a decrypted value.
package sops

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// ErrNoKey says that none of the keys at hand opens a file.
var ErrNoKey = errors.New("no key opens it")

// Encrypted reports whether a text looks like one that SOPS encrypted. It is cheap, so that every file can be asked.
func Encrypted(text []byte) bool {
	return bytes.Contains(text, []byte("ENC[AES256_GCM,")) && bytes.Contains(text, []byte("sops"))
}

// Options say where keys and the program are; the zero Options have none.
type Options struct {
	// Identities returns the age identities, one a line in age's own form; they are asked for when a file needs them.
	Identities func() ([]byte, error)
	// Program is the sops program for other keys than age's; empty when there is none.
	Program string
	// Env is the program's environment, which has the clouds' credentials.
	Env []string
}

// Decrypter decrypts files. It is safe for concurrent use.
type Decrypter struct{ opts Options }

// New returns a Decrypter.
func New(opts Options) *Decrypter { return &Decrypter{opts: opts} }

// Plain is a decrypted file.
type Plain struct {
	Text []byte
	// Values are the values that were encrypted, so that a message can be kept free of them.
	Values []string
}

// Decrypt returns the plain text of an encrypted file. The name says what form it is in. A file that holds no metadata of
// SOPS is returned as it is.
func (d *Decrypter) Decrypt(ctx context.Context, name string, text []byte) (Plain, error) {
	file, err := read(name, text)
	if err != nil || file == nil {
		return Plain{Text: text}, err
	}
	key, err := d.dataKey(file.meta)
	switch {
	case errors.Is(err, ErrNoKey) && len(file.meta.others()) > 0:
		return d.program(ctx, file, text)
	case err != nil:
		return Plain{}, err
	}
	defer clear(key)
	values, err := file.open(key)
	if err != nil {
		return Plain{}, err
	}
	plain, err := file.text()
	return Plain{Text: plain, Values: values}, err
}

// form is how a file is written.
type form string

const (
	formYAML   form = "yaml"
	formJSON   form = "json"
	formDotenv form = "dotenv"
	formBinary form = "binary"
)

func formOf(name string) form {
	switch strings.ToLower(path.Ext(name)) {
	case ".yaml", ".yml":
		return formYAML
	case ".json":
		return formJSON
	case ".env":
		return formDotenv
	}
	if base := path.Base(name); base == ".env" || strings.HasPrefix(base, ".env.") {
		return formDotenv
	}
	return formBinary
}

// metadata is what SOPS keeps in a file beside its values.
type metadata struct {
	ShamirThreshold int         `yaml:"shamir_threshold"`
	KeyGroups       []recipient `yaml:"key_groups"`
	recipient       `yaml:",inline"`

	LastModified      string `yaml:"lastmodified"`
	MAC               string `yaml:"mac"`
	MACOnlyEncrypted  bool   `yaml:"mac_only_encrypted"`
	UnencryptedSuffix string `yaml:"unencrypted_suffix"`
	EncryptedSuffix   string `yaml:"encrypted_suffix"`
	UnencryptedRegex  string `yaml:"unencrypted_regex"`
	EncryptedRegex    string `yaml:"encrypted_regex"`
	UnencryptedNote   string `yaml:"unencrypted_comment_regex"`
	EncryptedNote     string `yaml:"encrypted_comment_regex"`
}

// recipient holds the data key encrypted for keys of several kinds.
type recipient struct {
	Age []struct {
		Recipient string `yaml:"recipient"`
		Enc       string `yaml:"enc"`
	} `yaml:"age"`
	KMS   []any `yaml:"kms"`
	GCP   []any `yaml:"gcp_kms"`
	Azure []any `yaml:"azure_kv"`
	Vault []any `yaml:"hc_vault"`
	PGP   []any `yaml:"pgp"`
}

// others names the kinds of keys, besides age's, that a file was encrypted for.
func (m metadata) others() []string {
	var out []string
	for _, r := range append(m.KeyGroups, m.recipient) {
		for _, k := range []struct {
			name string
			keys []any
		}{{"AWS KMS", r.KMS}, {"GCP KMS", r.GCP}, {"Azure Key Vault", r.Azure}, {"HashiCorp Vault", r.Vault}, {"PGP", r.PGP}} {
			if len(k.keys) > 0 && !slices.Contains(out, k.name) {
				out = append(out, k.name)
			}
		}
	}
	return out
}

// noKey says which key is missing and what to do.
func (m metadata) noKey(reason error) error {
	var to []string
	for _, r := range append(m.KeyGroups, m.recipient) {
		for _, a := range r.Age {
			to = append(to, a.Recipient)
		}
	}
	err := fmt.Errorf("it is encrypted by SOPS for %s: %w", strings.Join(append(to, m.others()...), ", "), ErrNoKey)
	return hint.With(errors.Join(err, reason), "name the file with your age identity in SOPS_AGE_KEY_FILE, or put it where sops looks for it: ~/.config/sops/age/keys.txt")
}

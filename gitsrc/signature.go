package gitsrc

import (
	"bytes"
	"cmp"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"golang.org/x/crypto/ssh"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// signers are the keys of which one must have signed a commit: of OpenPGP and of SSH.
type signers struct {
	pgp openpgp.EntityList
	ssh []ssh.PublicKey
}

const (
	pgpKeyBegin = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
	pgpKeyEnd   = "-----END PGP PUBLIC KEY BLOCK-----"
)

// parseSigners reads armored OpenPGP public keys and lines of SSH's allowed signers, in any order. Of an allowed signer's
// options only namespaces is known: another one would limit what is not limited here, and is refused.
func parseSigners(text string) (signers, error) {
	var s signers
	for all := text; ; {
		before, rest, ok := strings.Cut(text, pgpKeyBegin)
		if err := s.addSSH(before, strings.Count(all[:len(all)-len(text)], "\n")); err != nil {
			return signers{}, err
		}
		if !ok {
			break
		}
		block, after, ok := strings.Cut(rest, pgpKeyEnd)
		if !ok {
			return signers{}, errors.New("an OpenPGP key has no end")
		}
		keys, err := openpgp.ReadArmoredKeyRing(strings.NewReader(pgpKeyBegin + block + pgpKeyEnd))
		if err != nil {
			return signers{}, fmt.Errorf("read OpenPGP key: %w", err)
		}
		s.pgp, text = append(s.pgp, keys...), after
	}
	if len(s.pgp)+len(s.ssh) == 0 {
		return signers{}, errors.New("there is no key")
	}
	return s, nil
}

// signerOptions are the options of SSH's allowed signers.
var signerOptions = []string{"cert-authority", "namespaces", "valid-after", "valid-before", "verify-required"}

// addSSH reads lines of allowed signers: who, options, kind of key, key. Errors name the line, counted from the one after first,
// and repeat nothing of it: the file may be another one than was meant.
func (s *signers) addSSH(text string, first int) error {
	number := first
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		_, key, _ := strings.Cut(line, " ")
		public, _, options, _, err := ssh.ParseAuthorizedKey([]byte(key))
		if err != nil {
			return fmt.Errorf("line %d is no SSH key of an allowed signer", number)
		}
		ours := true
		for _, o := range options {
			names, ok := strings.CutPrefix(o, "namespaces=")
			if !ok {
				name, _, _ := strings.Cut(o, "=")
				if !slices.Contains(signerOptions, name) {
					name = "what is there"
				}
				return fmt.Errorf("line %d: of the options of an allowed signer only namespaces is supported, not %s", number, name)
			}
			ours = strings.Contains(","+strings.Trim(names, `"`)+",", ","+sshNamespace+",")
		}
		if ours {
			s.ssh = append(s.ssh, public)
		}
	}
	return nil
}

// errSignature says that a commit is not signed by one of the registered keys.
var errSignature = errors.New("its signature is not accepted")

// checkSignature refuses a commit that none of a repository's signers signed.
func (f *Fetcher) checkSignature(ctx context.Context, raw string, s storer.EncodedObjectStorer, id plumbing.Hash) error {
	l, err := f.opts.Registry.Login(ctx, raw)
	if err != nil || l.SignatureKeys == "" {
		return err
	}
	keys, err := parseSigners(l.SignatureKeys)
	if err != nil {
		return fmt.Errorf("read the signature keys of %s: %w", clean(raw), err)
	}
	data, err := readObject(s, plumbing.CommitObject, id)
	if err != nil {
		return err
	}
	if err := keys.verify(data); err != nil {
		return hint.With(fmt.Errorf("commit %s of %s: %w: %w", id, clean(raw), errSignature, err),
			"nothing was changed; have the commit signed, or register the key: wheelhouse repo add "+app.ShownURL(l.URL)+" --upsert --signature-keys FILE")
	}
	return nil
}

// verify checks the signature of a commit as git writes it: a header over the commit without that header.
func (s signers) verify(commit []byte) error {
	payload, signature, err := splitSignature(commit)
	switch {
	case err != nil:
		return err
	case signature == "":
		return errors.New("it has none")
	case strings.HasPrefix(signature, "-----BEGIN PGP SIGNATURE-----"):
		return s.verifyPGP(payload, signature)
	case strings.HasPrefix(signature, "-----BEGIN SSH SIGNATURE-----"):
		return s.verifySSH(payload, signature)
	}
	return errors.New("it is neither of OpenPGP nor of SSH")
}

// splitSignature takes the signature out of a commit's headers. A second one is refused: programs differ in which they read.
func splitSignature(commit []byte) (payload []byte, signature string, err error) {
	headers, message, _ := bytes.Cut(commit, []byte("\n\n"))
	var kept, found []string
	count, within, drop := 0, false, false
	for line := range strings.SplitSeq(string(headers), "\n") {
		switch value, is := strings.CutPrefix(line, "gpgsig "); {
		case is:
			count++
			within, drop = true, false
			found = append(found, value)
		case strings.HasPrefix(line, "gpgsig-sha256 "):
			within, drop = false, true
		case strings.HasPrefix(line, " ") && within:
			found = append(found, line[1:])
		case strings.HasPrefix(line, " ") && drop:
		default:
			within, drop = false, false
			kept = append(kept, line)
		}
	}
	if count > 1 {
		return nil, "", errors.New("there are several")
	}
	payload = append([]byte(strings.Join(kept, "\n")+"\n\n"), message...)
	return payload, strings.Join(found, "\n"), nil
}

func (s signers) verifyPGP(payload []byte, signature string) error {
	_, err := openpgp.CheckArmoredDetachedSignature(s.pgp, bytes.NewReader(payload), strings.NewReader(signature), nil)
	if err != nil {
		return fmt.Errorf("OpenPGP key %s: %w", cmp.Or(pgpKeyID(signature), "unknown"), err)
	}
	return nil
}

// pgpKeyID names the key that made a signature, by what the signature itself says.
func pgpKeyID(signature string) string {
	block, err := armor.Decode(strings.NewReader(signature))
	if err != nil {
		return ""
	}
	p, err := packet.NewReader(block.Body).Next()
	if err != nil {
		return ""
	}
	if sig, ok := p.(*packet.Signature); ok && sig.IssuerKeyId != nil {
		return fmt.Sprintf("%016X", *sig.IssuerKeyId)
	}
	return ""
}

func (s signers) verifySSH(payload []byte, signature string) error {
	block, _ := pem.Decode([]byte(signature + "\n"))
	if block == nil {
		return errors.New("its armor cannot be read")
	}
	sig, err := parseSSHSignature(block.Bytes)
	if err != nil {
		return err
	}
	for _, key := range s.ssh {
		if bytes.Equal(key.Marshal(), sig.key.Marshal()) {
			if err := sig.verify(payload); err != nil {
				return fmt.Errorf("SSH key %s: %w", ssh.FingerprintSHA256(sig.key), err)
			}
			return nil
		}
	}
	return fmt.Errorf("SSH key %s is not registered", ssh.FingerprintSHA256(sig.key))
}

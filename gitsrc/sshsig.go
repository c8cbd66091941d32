package gitsrc

import (
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// The signatures of ssh-keygen -Y, as OpenSSH's PROTOCOL.sshsig has them: a signature is made of a magic word, the
// namespace, the name of a hash and the hash of the message, so that what was signed for one purpose serves no other.
const (
	sshMagic     = "SSHSIG"
	sshNamespace = "git"
)

// sshSignature is a signature with the key that claims to have made it.
type sshSignature struct {
	key       ssh.PublicKey
	signature *ssh.Signature
	namespace string
	hash      string
}

// parseSSHSignature reads the binary form. Whether the key is a known one is the caller's to ask.
func parseSSHSignature(data []byte) (sshSignature, error) {
	body, ok := strings.CutPrefix(string(data), sshMagic)
	if !ok {
		return sshSignature{}, errors.New("it is no SSH signature")
	}
	var blob struct {
		Version   uint32
		Key       []byte
		Namespace string
		Reserved  string
		Hash      string
		Signature []byte
	}
	if err := ssh.Unmarshal([]byte(body), &blob); err != nil {
		return sshSignature{}, fmt.Errorf("read SSH signature: %w", err)
	}
	if blob.Version != 1 {
		return sshSignature{}, fmt.Errorf("the SSH signature is of version %d", blob.Version)
	}
	key, err := ssh.ParsePublicKey(blob.Key)
	if err != nil {
		return sshSignature{}, fmt.Errorf("read the key of the SSH signature: %w", err)
	}
	signature := &ssh.Signature{}
	if err := ssh.Unmarshal(blob.Signature, signature); err != nil {
		return sshSignature{}, fmt.Errorf("read SSH signature: %w", err)
	}
	return sshSignature{key, signature, blob.Namespace, blob.Hash}, nil
}

// verify checks the signature of a commit. RSA with SHA-1 is refused.
func (s sshSignature) verify(message []byte) error {
	if s.namespace != sshNamespace {
		return fmt.Errorf("it was made for %q, not for git", s.namespace)
	}
	if s.signature.Format == ssh.KeyAlgoRSA {
		return errors.New("it was made with SHA-1")
	}
	var sum []byte
	switch s.hash {
	case "sha256":
		h := sha256.Sum256(message)
		sum = h[:]
	case "sha512":
		h := sha512.Sum512(message)
		sum = h[:]
	default:
		return fmt.Errorf("the hash %q is not known", s.hash)
	}
	signed := ssh.Marshal(struct{ Namespace, Reserved, Hash, Sum string }{s.namespace, "", s.hash, string(sum)})
	return s.key.Verify(append([]byte(sshMagic), signed...), s.signature)
}

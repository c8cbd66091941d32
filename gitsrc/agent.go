package gitsrc

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// agentTimeout bounds one conversation with an agent, which may ask its user.
const agentTimeout = time.Minute

// agentKeys returns the keys of the agent behind a socket. Each of them connects to the agent when it signs, so that
// no connection outlives its use.
func agentKeys(socket string) func() ([]ssh.Signer, error) {
	return func() ([]ssh.Signer, error) {
		var keys []ssh.Signer
		err := askAgent(socket, func(found []ssh.Signer) error {
			for _, s := range found {
				keys = append(keys, &agentSigner{socket, s.PublicKey()})
			}
			return nil
		})
		return keys, err
	}
}

func askAgent(socket string, use func([]ssh.Signer) error) error {
	conn, err := net.DialTimeout("unix", socket, connectTimeout)
	if err != nil {
		return hint.With(fmt.Errorf("connect to the SSH agent: %w", err), "start the agent, or register a key with wheelhouse repo add")
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(agentTimeout)); err != nil {
		return fmt.Errorf("connect to the SSH agent: %w", err)
	}
	found, err := agent.NewClient(conn).Signers()
	if err != nil {
		return fmt.Errorf("list the keys of the SSH agent: %w", err)
	}
	return use(found)
}

// agentSigner is a key that an agent holds.
type agentSigner struct {
	socket string
	key    ssh.PublicKey
}

var _ ssh.AlgorithmSigner = (*agentSigner)(nil)

// PublicKey implements ssh.Signer.
func (s *agentSigner) PublicKey() ssh.PublicKey { return s.key }

// Sign implements ssh.Signer.
func (s *agentSigner) Sign(random io.Reader, data []byte) (*ssh.Signature, error) {
	return s.SignWithAlgorithm(random, data, "")
}

// SignWithAlgorithm implements ssh.AlgorithmSigner.
func (s *agentSigner) SignWithAlgorithm(random io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	var out *ssh.Signature
	err := askAgent(s.socket, func(found []ssh.Signer) error {
		for _, f := range found {
			if !bytes.Equal(f.PublicKey().Marshal(), s.key.Marshal()) {
				continue
			}
			var err error
			if with, ok := f.(ssh.AlgorithmSigner); ok {
				out, err = with.SignWithAlgorithm(random, data, algorithm)
			} else {
				out, err = f.Sign(random, data)
			}
			return err
		}
		return fmt.Errorf("sign with the SSH agent: the key %s has left it", ssh.FingerprintSHA256(s.key))
	})
	return out, err
}

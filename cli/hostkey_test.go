package cli_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/wheelhouse-gitops/wheelhouse/command"
)

// newHost starts an SSH server that shows its key and lets nobody in; it returns its URL and the key's fingerprint.
func newHost(t *testing.T) (string, string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
		return nil, os.ErrPermission
	}}
	config.AddHostKey(signer)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(all.Wait)
	t.Cleanup(func() { _ = l.Close() })
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				_, _, _, _ = ssh.NewServerConn(conn, config)
				_ = conn.Close()
			})
		}
	})
	return "ssh://git@" + l.Addr().String() + "/shop.git", ssh.FingerprintSHA256(signer.PublicKey())
}

// TestHostKeysAreAccepted accepts the key of a server by its fingerprint, and only by that.
func TestHostKeysAreAccepted(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	url, fingerprint := newHost(t)
	file := filepath.Join(p.store, ".wheelhouse", "known_hosts")

	r := p.expect(command.ExitRefused, "repo", "trust", url)
	contains(t, r.out+r.err, fingerprint, "nobody to ask", "--fingerprint "+fingerprint)
	r = p.expect(command.ExitRefused, "repo", "trust", url, "--fingerprint", "SHA256:another", "--yes")
	contains(t, r.err, "not SHA256:another: nothing was accepted")
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("a key was written: %v", err)
	}
	contains(t, p.expect(0, "repo", "trust", url, "--fingerprint", fingerprint).out, "accepted")
	contains(t, p.expect(0, "repo", "trust", url).out, "it is known already")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info, err)
	}
	contains(t, p.expect(0, "repo", "trust", url, "--remove").out, "forgotten")
	p.expect(command.ExitNotFound, "repo", "trust", url, "--remove")
	contains(t, p.expect(0, "repo", "trust", url, "--yes").out, fingerprint, "accepted")
}

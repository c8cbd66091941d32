package gitsrc_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// sshPair is a key in the forms that a client and a server need.
type sshPair struct {
	private ed25519.PrivateKey
	signer  ssh.Signer
	text    string
}

func newKey(t *testing.T) sshPair {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	return sshPair{private, signer, string(pem.EncodeToMemory(block))}
}

// protected is the key's text under a passphrase.
func (p sshPair) protected(t *testing.T, passphrase string) string {
	t.Helper()
	block, err := ssh.MarshalPrivateKeyWithPassphrase(p.private, "", []byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block))
}

// sshServer serves repositories of the disk to one key.
type sshServer struct {
	url     string
	address string
	known   string
	// fingerprint is that of the server's own key.
	fingerprint string
}

// newSSHServer starts a server and writes its host key to a known_hosts file.
func newSSHServer(t *testing.T, client sshPair) sshServer {
	t.Helper()
	host := newKey(t)
	config := &ssh.ServerConfig{PublicKeyCallback: func(meta ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if meta.User() != "git" || string(key.Marshal()) != string(client.signer.PublicKey().Marshal()) {
			return nil, errors.New("who are you?")
		}
		return &ssh.Permissions{}, nil
	}}
	config.AddHostKey(host.signer)
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
			all.Go(func() { serveSSH(t, conn, config) })
		}
	})
	address := l.Addr().String()
	known := filepath.Join(t.TempDir(), "known_hosts")
	write(t, known, knownhosts.Line([]string{address}, host.signer.PublicKey())+"\n")
	return sshServer{"ssh://git@" + address, address, known, ssh.FingerprintSHA256(host.signer.PublicKey())}
}

// serveSSH runs the commands of one connection.
func serveSSH(t *testing.T, conn net.Conn, config *ssh.ServerConfig) {
	defer func() { _ = conn.Close() }()
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for c := range channels {
		channel, requests, err := c.Accept()
		if err != nil {
			return
		}
		for r := range requests {
			if r.Type != "exec" {
				_ = r.Reply(false, nil)
				continue
			}
			_ = r.Reply(true, nil)
			runGit(t, channel, string(r.Payload[4:]))
			break
		}
		_ = channel.Close()
	}
}

// runGit runs a command such as "git-upload-pack '/path'" on a channel.
func runGit(t *testing.T, channel ssh.Channel, command string) {
	service, path, _ := strings.Cut(command, " ")
	cmd := exec.CommandContext(t.Context(), "git", strings.TrimPrefix(service, "git-"), strings.Trim(path, "'"))
	cmd.Stdout, cmd.Stderr = channel, channel.Stderr()
	stdin, err := cmd.StdinPipe()
	if err != nil || cmd.Start() != nil {
		return
	}
	go func() {
		buffer := make([]byte, 1<<16)
		for {
			n, err := channel.Read(buffer)
			if _, writeErr := stdin.Write(buffer[:n]); err != nil || writeErr != nil {
				break
			}
		}
		_ = stdin.Close()
	}()
	status := []byte{0, 0, 0, 0}
	if cmd.Wait() != nil {
		status[3] = 1
	}
	_, _ = channel.SendRequest("exit-status", false, status)
}

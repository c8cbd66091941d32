// Package sshtest has SSH servers for tests, which serve the git repositories of the disk to whoever has one key.
package sshtest

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// Key is a key in the forms that clients and servers need.
type Key struct {
	Private ed25519.PrivateKey
	Signer  ssh.Signer
	// Text is the private key as a file has it.
	Text string
}

// NewKey makes a key.
func NewKey(t *testing.T) Key {
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
	return Key{private, signer, string(pem.EncodeToMemory(block))}
}

// Protected is the key's text under a passphrase.
func (p Key) Protected(t *testing.T, passphrase string) string {
	t.Helper()
	block, err := ssh.MarshalPrivateKeyWithPassphrase(p.Private, "", []byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block))
}

// Server serves repositories to one key.
type Server struct {
	// URL is that of the server's root, with the user git.
	URL     string
	Address string
	// Known is a file of known hosts with the server's key.
	Known string
	// Fingerprint is that of the server's own key.
	Fingerprint string
}

// Command is what a server does for a command that is none of git's: it prints something and ends with a status.
type Command func(args string) (out, complaint string, status byte)

// Serve starts a server, which the test's end stops, and writes its key into a file of known hosts.
func Serve(t *testing.T, client Key) Server {
	t.Helper()
	return ServeWith(t, client, nil)
}

// ServeWith is Serve of a server that has further commands, by name.
func ServeWith(t *testing.T, client Key, commands map[string]Command) Server {
	t.Helper()
	return start(t, client, service{commands: commands})
}

// ServeOld is Serve of a server that takes no variables, and so speaks an old version of git's protocol.
func ServeOld(t *testing.T, client Key) Server {
	t.Helper()
	return start(t, client, service{old: true})
}

// service is what a server does.
type service struct {
	commands map[string]Command
	old      bool
}

func start(t *testing.T, client Key, does service) Server {
	t.Helper()
	host := NewKey(t)
	config := &ssh.ServerConfig{PublicKeyCallback: func(meta ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if meta.User() != "git" || string(key.Marshal()) != string(client.Signer.PublicKey().Marshal()) {
			return nil, errors.New("who are you?")
		}
		return &ssh.Permissions{}, nil
	}}
	config.AddHostKey(host.Signer)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	Accept(t, l, func(conn net.Conn) { does.serve(t, conn, config) })
	address := l.Addr().String()
	known := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(known, []byte(knownhosts.Line([]string{address}, host.Signer.PublicKey())+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return Server{"ssh://git@" + address, address, known, ssh.FingerprintSHA256(host.Signer.PublicKey())}
}

// serve runs the commands of one connection.
func (s service) serve(t *testing.T, conn net.Conn, config *ssh.ServerConfig) {
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
		var protocol struct{ Name, Value string }
		for r := range requests {
			if r.Type == "env" {
				// As servers do that accept the variable by which git asks for its newest protocol.
				_ = r.Reply(!s.old && ssh.Unmarshal(r.Payload, &protocol) == nil && protocol.Name == "GIT_PROTOCOL", nil)
				continue
			}
			if r.Type != "exec" {
				_ = r.Reply(false, nil)
				continue
			}
			_ = r.Reply(true, nil)
			command := string(r.Payload[4:])
			name, args, _ := strings.Cut(command, " ")
			if run, ok := s.commands[name]; ok {
				out, complaint, status := run(args)
				_, _ = channel.Write([]byte(out))
				_, _ = channel.Stderr().Write([]byte(complaint))
				_, _ = channel.SendRequest("exit-status", false, []byte{0, 0, 0, status})
				break
			}
			runGit(t, channel, protocol.Value, command)
			break
		}
		_ = channel.Close()
	}
}

// runGit runs a command such as "git-upload-pack '/path'" on a channel.
func runGit(t *testing.T, channel ssh.Channel, protocol, command string) {
	service, path, _ := strings.Cut(command, " ")
	cmd := exec.CommandContext(t.Context(), "git", strings.TrimPrefix(service, "git-"), strings.Trim(path, "'"))
	cmd.Stdout, cmd.Stderr = channel, channel.Stderr()
	cmd.Env = append(os.Environ(), "GIT_PROTOCOL="+protocol)
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

// Accept serves each connection of a listener, and ends with the test, when all are served. Serving closes a connection.
func Accept(t *testing.T, l net.Listener, serve func(net.Conn)) {
	t.Helper()
	var all sync.WaitGroup
	t.Cleanup(all.Wait)
	t.Cleanup(func() { _ = l.Close() })
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { serve(conn) })
		}
	})
}

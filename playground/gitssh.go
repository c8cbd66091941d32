package playground

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
)

// sshServer serves git over SSH to one key.
type sshServer struct {
	root   string
	config *ssh.ServerConfig
	// grant is what git-lfs-authenticate says about a repository.
	grant func(name string) ([]byte, error)

	mu       sync.Mutex
	listener net.Listener
}

// newSSHServer makes the host's and the client's keys in a folder when they are not there.
func newSSHServer(dir, root string, grant func(name string) ([]byte, error)) (*sshServer, error) {
	host, err := keepKey(filepath.Join(dir, "host_ed25519"))
	if err != nil {
		return nil, err
	}
	client, err := keepKey(filepath.Join(dir, "id_ed25519"))
	if err != nil {
		return nil, err
	}
	allowed := string(client.PublicKey().Marshal())
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if string(key.Marshal()) != allowed {
			return nil, errors.New("unknown key")
		}
		return &ssh.Permissions{}, nil
	}}
	config.AddHostKey(host)
	return &sshServer{root: root, config: config, grant: grant}, nil
}

// keepKey returns the key in a file, making one, with its public half beside it, when there is none.
func keepKey(file string) (ssh.Signer, error) {
	if b, err := os.ReadFile(file); err == nil {
		return ssh.ParsePrivateKey(b)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("make SSH key: %w", err)
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make SSH key: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		return nil, fmt.Errorf("make SSH key: %w", err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return nil, fmt.Errorf("make SSH key: %w", err)
	}
	err = errors.Join(os.WriteFile(file, pem.EncodeToMemory(block), 0o600),
		os.WriteFile(file+".pub", ssh.MarshalAuthorizedKey(signer.PublicKey()), 0o600))
	return signer, err
}

func (s *sshServer) start(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("serve git over SSH: %w", err)
	}
	s.mu.Lock()
	s.listener = l
	s.mu.Unlock()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.connection(conn)
		}
	}()
	return nil
}

func (s *sshServer) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		_ = s.listener.Close()
		s.listener = nil
	}
}

func (s *sshServer) connection(conn net.Conn) {
	server, channels, requests, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		_ = conn.Close()
		return
	}
	defer func() { _ = server.Close() }()
	go ssh.DiscardRequests(requests)
	for c := range channels {
		if c.ChannelType() != "session" {
			_ = c.Reject(ssh.UnknownChannelType, "only sessions")
			continue
		}
		channel, requests, err := c.Accept()
		if err != nil {
			return
		}
		go s.session(channel, requests)
	}
}

// session runs the one command that git asks for.
func (s *sshServer) session(channel ssh.Channel, requests <-chan *ssh.Request) {
	defer func() { _ = channel.Close() }()
	for r := range requests {
		if r.Type != "exec" {
			_ = r.Reply(r.Type == "env", nil)
			continue
		}
		var command struct{ Line string }
		err := ssh.Unmarshal(r.Payload, &command)
		_ = r.Reply(err == nil, nil)
		status := byte(1)
		if err == nil && s.serve(channel, command.Line) == nil {
			status = 0
		}
		_, _ = channel.SendRequest("exit-status", false, []byte{0, 0, 0, status})
		return
	}
}

func (s *sshServer) serve(channel ssh.Channel, line string) error {
	program, path, _ := strings.Cut(line, " ")
	if program == "git-lfs-authenticate" {
		path, _, _ = strings.Cut(path, " ")
		said, err := s.grant(filepath.Base(strings.Trim(path, "'/")))
		if err == nil {
			_, err = channel.Write(said)
		}
		return err
	}
	if program != "git-upload-pack" && program != "git-receive-pack" {
		fmt.Fprintln(channel.Stderr(), "only git is served")
		return errors.New("not served")
	}
	name := filepath.Base(strings.Trim(path, "'/"))
	cmd := exec.Command("git", strings.TrimPrefix(program, "git-"), filepath.Join(s.root, name))
	cmd.Stdout, cmd.Stderr = channel, channel.Stderr()
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(in, channel)
		_ = in.Close()
	}()
	return cmd.Run()
}

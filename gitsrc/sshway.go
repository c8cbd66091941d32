package gitsrc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing/transport"
	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// mostSaid is how much of what an SSH server says beside the protocol is kept, in bytes.
const mostSaid = 4 << 10

// openSSH logs in to an SSH server, starts git's own service there and gives the program a socket to it: git calls that a
// remote of descriptors (git help remote-fd). A socket, and no pair of pipes: its end can be told to the other side while the
// program still holds it.
func openSSH(ctx context.Context, raw string, auth *sshAuth, dialer *sshDialer) (_ way, err error) {
	ep, err := transport.NewEndpoint(raw)
	if err != nil {
		return way{}, fmt.Errorf("read %s: %w", app.ShownURL(raw), err)
	}
	c := &sshConversation{}
	defer func() {
		if err != nil {
			err = c.end(err)
		}
	}()
	if c.client, err = dialSSH(ctx, raw, auth, dialer); err != nil {
		return way{}, err
	}
	stop := context.AfterFunc(ctx, func() { _ = c.client.Close() })
	defer func() {
		if !stop() && err == nil {
			err = ctx.Err()
		}
	}()
	if err := c.start(ep.Path); err != nil {
		return way{}, err
	}
	return way{
		url: "fd::3", settings: []setting{{"protocol.fd.allow", "always"}}, files: []*os.File{c.theirs}, end: c.end,
	}, nil
}

// dialSSH connects and logs in.
func dialSSH(ctx context.Context, raw string, auth *sshAuth, dialer *sshDialer) (*ssh.Client, error) {
	at, err := sshAddress(raw)
	if err != nil {
		return nil, err
	}
	config, err := auth.ClientConfig()
	if err != nil {
		return nil, err
	}
	conn, err := dialer.DialContext(ctx, "tcp", at.address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	through, channels, requests, err := ssh.NewClientConn(conn, at.address, config)
	if err != nil {
		_ = conn.Close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	return ssh.NewClient(through, channels, requests), nil
}

// sshConversation is one service of a server with the socket of the program that it is for.
type sshConversation struct {
	client  *ssh.Client
	ours    *net.UnixConn
	theirs  *os.File
	said    saying
	copying sync.WaitGroup
}

// serve starts the service that lists references and sends packs.
func (c *sshConversation) serve(path string) (*ssh.Session, io.WriteCloser, io.Reader, error) {
	session, err := c.client.NewSession()
	if err != nil {
		return nil, nil, nil, err
	}
	// A server that does not take the variable speaks an older protocol.
	_ = session.Setenv("GIT_PROTOCOL", askedVersion)
	session.Stderr = &c.said
	stdin, err := session.StdinPipe()
	if err != nil {
		return nil, nil, nil, err
	}
	stdout, err := session.StdoutPipe()
	if err != nil {
		return nil, nil, nil, err
	}
	return session, stdin, stdout, session.Start("git-upload-pack " + quoted(path))
}

// start gives the program a socket to the service.
func (c *sshConversation) start(path string) error {
	var err error
	if c.ours, c.theirs, err = socketPair(); err != nil {
		return err
	}
	session, stdin, stdout, err := c.serve(path)
	if err != nil {
		return err
	}
	c.copying.Go(func() {
		_, _ = io.Copy(stdin, c.ours)
		_ = stdin.Close()
	})
	c.copying.Go(func() {
		_, _ = io.Copy(c.ours, stdout)
		// What the server says last is heard before the program hears of the end.
		_ = session.Wait()
		_ = c.ours.CloseWrite()
	})
	return nil
}

// quoted is a word for the shell of a server.
func quoted(path string) string { return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'" }

// end ends the conversation. Why it failed, a server may have said beside the protocol.
func (c *sshConversation) end(said error) error {
	if c.theirs != nil {
		_ = c.theirs.Close()
	}
	if c.ours != nil {
		_ = c.ours.Close()
	}
	if c.client != nil {
		_ = c.client.Close()
	}
	c.copying.Wait()
	if text := c.said.text(); said != nil && text != "" {
		return programError(text + ": " + said.Error())
	}
	return said
}

// socketPair is a connection of which a program inherits the other side.
func socketPair() (*net.UnixConn, *os.File, error) {
	fail := func(err error) (*net.UnixConn, *os.File, error) {
		return nil, nil, fmt.Errorf("open a way for the git program: %w", err)
	}
	// No other program that is started meanwhile inherits it.
	syscall.ForkLock.RLock()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(pair[0])
		unix.CloseOnExec(pair[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return fail(err)
	}
	file, theirs := os.NewFile(uintptr(pair[0]), "git"), os.NewFile(uintptr(pair[1]), "git")
	conn, err := net.FileConn(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return fail(errors.Join(err, theirs.Close()))
	}
	ours, ok := conn.(*net.UnixConn)
	if !ok {
		return fail(errors.Join(errors.New("it is no socket"), conn.Close(), theirs.Close()))
	}
	return ours, theirs, nil
}

// saying keeps the beginning of what is written to it. Its methods are safe for concurrent use.
type saying struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (s *saying) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.b.Write(p[:min(len(p), mostSaid-s.b.Len())])
	return len(p), nil
}

func (s *saying) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.TrimSpace(s.b.String())
}

package gitsrc

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// errShown ends a conversation with a server as soon as it has shown its key.
var errShown = errors.New("the key was shown")

// HostKey asks the SSH server of a URL for its key, without logging in, and says what is known of it. The error of a key
// that differs from the known one is that of an attempt to connect, and there is no key then.
func (r *Repositories) HostKey(ctx context.Context, url string) (app.HostKey, error) {
	if !isSSH(url) {
		return app.HostKey{}, hint.With(app.Misused(fmt.Errorf("%s is not reached over SSH, it has no host key", app.ShownURL(url))),
			"a server's certificate is trusted with: wheelhouse repo add "+app.ShownURL(url)+" --ca-path FILE")
	}
	hosts, err := r.fetcher.knownHosts(ctx)
	if err != nil {
		return app.HostKey{}, err
	}
	at, err := sshAddress(url)
	if err != nil {
		return app.HostKey{}, err
	}
	login, err := r.Login(ctx, url)
	if err != nil {
		return app.HostKey{}, err
	}
	var remote net.Addr
	shown, err := showKey(ctx, dialerOf(login), at, &remote)
	if err != nil {
		return app.HostKey{}, explain("ask for the host key", url, err)
	}
	key := app.HostKey{
		Host: knownhosts.Normalize(at.address), Type: shown.Type(), Fingerprint: ssh.FingerprintSHA256(shown),
		Line: knownhosts.Line([]string{at.address}, shown),
	}
	err = hosts.check(at.address, remote, shown)
	switch {
	case err == nil:
		key.Known = true
	case !errors.Is(err, errHostUnknown):
		return app.HostKey{}, explain("ask for the host key", url, err)
	}
	return key, nil
}

// showKey connects and returns the server's key.
func showKey(ctx context.Context, d *sshDialer, at sshAt, remote *net.Addr) (ssh.PublicKey, error) {
	conn, err := d.DialContext(ctx, "tcp", at.address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if err := conn.SetWriteDeadline(time.Now().Add(connectTimeout)); err != nil {
		return nil, err
	}
	*remote = conn.RemoteAddr()
	var shown ssh.PublicKey
	_, _, _, err = ssh.NewClientConn(conn, at.address, &ssh.ClientConfig{
		User: at.user,
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			shown = key
			return errShown
		},
		HostKeyAlgorithms: []string{
			ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256,
		},
	})
	if shown != nil {
		return shown, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, err
}

// Trust writes a key that HostKey returned into the file of trusted hosts. A host of which there is another key in the
// meantime is refused.
func (r *Repositories) Trust(ctx context.Context, key app.HostKey) error {
	return r.changeTrusted(ctx, func(lines []string) ([]string, error) {
		for _, line := range lines {
			if line == key.Line {
				return lines, nil
			}
			if hostOfLine(line) == key.Host {
				return nil, fmt.Errorf("trust %s: %w: another key of it is in %s", key.Host, errHostChanged, r.fetcher.opts.TrustedHosts)
			}
		}
		return append(lines, key.Line), nil
	})
}

// Distrust removes the keys of an SSH URL's host that Trust accepted; app.ErrNotFound when there is none.
func (r *Repositories) Distrust(ctx context.Context, url string) error {
	at, err := sshAddress(url)
	if err != nil {
		return err
	}
	host := knownhosts.Normalize(at.address)
	return r.changeTrusted(ctx, func(lines []string) ([]string, error) {
		var kept []string
		for _, line := range lines {
			if hostOfLine(line) != host {
				kept = append(kept, line)
			}
		}
		if len(kept) == len(lines) {
			return nil, fmt.Errorf("accepted host key of %s: %w", host, app.ErrNotFound)
		}
		return kept, nil
	})
}

func hostOfLine(line string) string {
	host, _, _ := strings.Cut(line, " ")
	return host
}

// changeTrusted reads, changes and writes the file of trusted hosts, one process at a time.
func (r *Repositories) changeTrusted(ctx context.Context, change func([]string) ([]string, error)) error {
	path := r.fetcher.opts.TrustedHosts
	if path == "" {
		return errors.New("write trusted hosts: there is no file for them")
	}
	unlock, err := lockFile(ctx, path+".lock")
	if err != nil {
		return err
	}
	defer unlock()
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read trusted hosts: %w", err)
	}
	var lines []string
	for s := bufio.NewScanner(bytes.NewReader(old)); s.Scan(); {
		lines = append(lines, s.Text())
	}
	if lines, err = change(lines); err != nil {
		return err
	}
	text := strings.Join(append(lines, ""), "\n")
	return writeFile("trusted hosts", path, []byte(text))
}

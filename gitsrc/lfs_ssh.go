package gitsrc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/transport"
	"golang.org/x/crypto/ssh"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// grantTimeout bounds one conversation with git-lfs-authenticate.
const grantTimeout = time.Minute

// A grant that does not say how long it holds is used for the first of these; of one that does, the second is left unused.
const (
	grantHolds  = time.Minute
	grantMargin = 30 * time.Second
)

// largeGrant is what git-lfs-authenticate says: where the LFS server is, and what it wants to be shown.
// https://github.com/git-lfs/git-lfs/blob/main/docs/api/authentication.md
type largeGrant struct {
	Href      string            `json:"href"`
	Header    map[string]string `json:"header"`
	ExpiresIn int64             `json:"expires_in"`
	ExpiresAt time.Time         `json:"expires_at"`
	until     time.Time
}

// end is when a grant is not used any more that was given at a time.
func (g largeGrant) end(given time.Time) time.Time {
	switch {
	case g.ExpiresIn != 0:
		return given.Add(time.Duration(g.ExpiresIn)*time.Second - grantMargin)
	case !g.ExpiresAt.IsZero():
		return g.ExpiresAt.Add(-grantMargin)
	}
	return given.Add(grantHolds)
}

// largeGrant asks a server over SSH, unless what it said still holds.
func (f *Fetcher) largeGrant(ctx context.Context, raw string) (largeGrant, error) {
	f.mu.Lock()
	known, ok := f.grants[raw]
	f.mu.Unlock()
	if ok && time.Now().Before(known.until) {
		return known, nil
	}
	ctx, cancel := context.WithTimeout(ctx, grantTimeout)
	defer cancel()
	fresh, err := f.askGrant(ctx, raw)
	if err != nil {
		return largeGrant{}, err
	}
	fresh.until = fresh.end(time.Now())
	f.mu.Lock()
	defer f.mu.Unlock()
	f.grants[raw] = fresh
	return fresh, nil
}

// ungrant forgets what a server granted.
func (f *Fetcher) ungrant(raw string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.grants, raw)
}

// askGrant runs git-lfs-authenticate on a server. One that does not have it grants nothing.
func (f *Fetcher) askGrant(ctx context.Context, raw string) (largeGrant, error) {
	ep, err := transport.NewEndpoint(raw)
	if err != nil {
		return largeGrant{}, fmt.Errorf("read %s: %w", app.ShownURL(raw), err)
	}
	out, said, err := f.overSSH(ctx, raw, "git-lfs-authenticate '"+strings.ReplaceAll(ep.Path, "'", `'\''`)+"' download")
	if exit, ok := errors.AsType[*ssh.ExitError](err); ok {
		if withoutGrants(exit.ExitStatus(), said) {
			return largeGrant{}, nil
		}
		return largeGrant{}, hint.With(fmt.Errorf("git-lfs-authenticate on %s ended with %d: %s", app.ShownURL(raw), exit.ExitStatus(), brief(said)),
			"check that the key may read the repository, and that its server has Git LFS")
	}
	if err != nil {
		return largeGrant{}, explain("ask for Git LFS", raw, err)
	}
	var g largeGrant
	if err := json.Unmarshal(out, &g); err != nil {
		// The answer may hold a token.
		return largeGrant{}, hint.With(fmt.Errorf("git-lfs-authenticate on %s gave no answer of Git LFS", app.ShownURL(raw)), "tell the server's operator")
	}
	return g, nil
}

// withoutGrants reports whether a command ended because there is none of its name: by the status of shells, or by the words of
// those who have none.
func withoutGrants(status int, said string) bool {
	said = strings.ToLower(said)
	for _, text := range []string{
		"git-lfs-authenticate: not found", "git-lfs-authenticate: command not found", "git-lfs-authenticate: no such file",
		"command not found: git-lfs-authenticate",
	} {
		if strings.Contains(said, text) {
			return true
		}
	}
	return status == 127
}

// overSSH runs one command on a repository's server, and returns the beginning of what it printed.
func (f *Fetcher) overSSH(ctx context.Context, raw, command string) (out []byte, said string, err error) {
	found, err := f.opts.Registry.Login(ctx, raw)
	if err != nil {
		return nil, "", err
	}
	login, err := f.sshLogin(ctx, raw, found)
	if err != nil {
		return nil, "", err
	}
	at, err := sshAddress(raw)
	if err != nil {
		return nil, "", err
	}
	settings, err := login.ClientConfig()
	if err != nil {
		return nil, "", err
	}
	conn, err := dialerOf(found).DialContext(ctx, "tcp", at.address)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	link, channels, requests, err := ssh.NewClientConn(conn, at.address, settings)
	if err != nil {
		return nil, "", err
	}
	client := ssh.NewClient(link, channels, requests)
	defer func() { _ = client.Close() }()
	session, err := client.NewSession()
	if err != nil {
		return nil, "", err
	}
	var printed, complained beginning
	session.Stdout, session.Stderr = &printed, &complained
	err = session.Run(command)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return printed.Bytes(), complained.String(), err
}

// beginning keeps the first of what is written to it, and drops the rest.
type beginning struct{ bytes.Buffer }

// Write implements io.Writer.
func (b *beginning) Write(p []byte) (int, error) {
	if room := mostAnswer - b.Len(); room > 0 {
		b.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

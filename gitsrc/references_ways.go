package gitsrc

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/client"
	gitdaemon "github.com/go-git/go-git/v5/plumbing/transport/git"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/charts"
)

// listDirectly lists branches, tags and the references of these names over a connection of our own.
func (f *Fetcher) listDirectly(ctx context.Context, raw string, names []string) (listing, error) {
	in, err := f.access(ctx, raw)
	if err != nil {
		return listing{}, err
	}
	var l listing
	switch auth := in.auth.(type) {
	case *webAuth:
		l, err = listWeb(ctx, raw, auth, names)
	case *sshAuth:
		var login app.RepositoryLogin
		if login, err = f.opts.Registry.Login(ctx, raw); err == nil {
			l, err = listSSH(ctx, raw, auth, dialerOf(login), names)
		}
	default:
		if isDaemon(raw) {
			l, err = listDaemon(ctx, raw, names)
		} else {
			l, err = listFolder(ctx, raw)
		}
	}
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return l, err
}

// listPath is where a server of the web says what it speaks, below the repository.
const listPath = "/info/refs"

// listWeb asks twice: what the server speaks, and then, wherever that was redirected to, for the references.
func listWeb(ctx context.Context, raw string, auth *webAuth, names []string) (listing, error) {
	first, err := url.Parse(raw)
	if err != nil {
		return listing{}, err
	}
	to := first.JoinPath(listPath)
	to.RawQuery = "service=" + transport.UploadPackServiceName
	greeted, err := askWeb(ctx, auth, first, http.MethodGet, to, nil)
	if err != nil {
		return listing{}, err
	}
	defer func() { _ = greeted.Body.Close() }()
	at := *greeted.Request.URL
	path, ok := strings.CutSuffix(at.Path, listPath)
	if !ok {
		return listing{}, fmt.Errorf("%w: %s lists no references", charts.ErrRedirect, at.Redacted())
	}
	old, err := greeting(&bounded{greeted.Body, mostListed})
	if err != nil || old != nil {
		return listingOf(old, err)
	}
	at.Path, at.RawPath, at.RawQuery = path, "", ""
	answer, err := askWeb(ctx, auth, first, http.MethodPost, at.JoinPath(transport.UploadPackServiceName), question(names))
	if err != nil {
		return listing{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	return readReferences(&bounded{answer.Body, mostListed})
}

// askWeb asks a server of the web; what is no success is go-git's error.
func askWeb(ctx context.Context, auth *webAuth, first *url.URL, method string, to *url.URL, question []byte) (*http.Response, error) {
	r, err := auth.request(ctx, first, method, to, bytes.NewReader(question))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Git-Protocol", askedVersion)
	if len(question) > 0 {
		r.Header.Set("Content-Type", "application/x-git-upload-pack-request")
		r.Header.Set("Accept", "application/x-git-upload-pack-result")
	}
	answer, err := auth.client.Do(r)
	if err != nil {
		return nil, err
	}
	said := answer.Body
	answer.Body = io.NopCloser(io.LimitReader(said, mostSaid))
	if err := githttp.NewErr(answer); err != nil {
		return nil, errors.Join(err, said.Close())
	}
	answer.Body = said
	return answer, nil
}

func listSSH(ctx context.Context, raw string, auth *sshAuth, dialer *sshDialer, names []string) (_ listing, err error) {
	ep, err := transport.NewEndpoint(raw)
	if err != nil {
		return listing{}, err
	}
	c := &sshConversation{}
	defer func() { err = c.end(err) }()
	if c.client, err = dialSSH(ctx, raw, auth, dialer); err != nil {
		return listing{}, err
	}
	stop := context.AfterFunc(ctx, func() { _ = c.client.Close() })
	defer stop()
	session, in, out, err := c.serve(ep.Path)
	if err != nil {
		return listing{}, err
	}
	l, err := listOver(in, out, names)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		// What the server says beside the protocol is heard.
		_ = session.Wait()
	}
	return l, err
}

// isDaemon reports whether a URL is one of git's own protocol.
func isDaemon(raw string) bool {
	scheme, _, _ := strings.Cut(raw, "://")
	return strings.EqualFold(scheme, "git")
}

func listDaemon(ctx context.Context, raw string, names []string) (listing, error) {
	ep, err := transport.NewEndpoint(raw)
	if err != nil {
		return listing{}, err
	}
	host := net.JoinHostPort(strings.Trim(ep.Host, "[]"), strconv.Itoa(cmp.Or(ep.Port, gitdaemon.DefaultPort)))
	conn, err := (&net.Dialer{Timeout: connectTimeout}).DialContext(ctx, "tcp", host)
	if err != nil {
		return listing{}, err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	hello := packp.GitProtoRequest{
		RequestCommand: transport.UploadPackServiceName, Pathname: ep.Path, Host: host, ExtraParams: []string{askedVersion},
	}
	if err := hello.Encode(conn); err != nil {
		return listing{}, err
	}
	return listOver(conn, conn, names)
}

// listFolder lists the references of a repository of this machine, all of them.
func listFolder(ctx context.Context, raw string) (_ listing, err error) {
	ep, err := transport.NewEndpoint(raw)
	if err != nil {
		return listing{}, err
	}
	way, err := client.NewClient(ep)
	if err != nil {
		return listing{}, err
	}
	session, err := way.NewUploadPackSession(ep, nil)
	if err != nil {
		return listing{}, err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	return listingOf(session.AdvertisedReferencesContext(ctx))
}

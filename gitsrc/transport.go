package gitsrc

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/client"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
	"golang.org/x/net/proxy"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/charts"
)

// webAuth is a login over HTTP together with the client to use. go-git knows one transport for each scheme, for the
// whole process: what differs between repositories travels with the login.
type webAuth struct {
	client *http.Client
	login  app.RepositoryLogin
}

var _ githttp.AuthMethod = (*webAuth)(nil)

// Name implements transport.AuthMethod.
func (a *webAuth) Name() string { return "wheelhouse" }

// String implements transport.AuthMethod; it holds no secret.
func (a *webAuth) String() string { return a.Name() }

// SetAuth implements githttp.AuthMethod. go-git calls it for requests to the repository's own host.
func (a *webAuth) SetAuth(r *http.Request) { Authorize(r, a.login) }

// anonymous reports whether there is nothing to log in with.
func (a *webAuth) anonymous() bool {
	return a.login.BearerToken.Empty() && a.login.Password.Empty() && a.login.Username == ""
}

// request is a request that a conversation with a repository takes, at its URL or where that was redirected to. The login goes to
// the repository's own host alone.
func (a *webAuth) request(ctx context.Context, first *url.URL, method string, to *url.URL, body io.Reader) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, to.String(), body)
	if err != nil {
		return nil, errors.New("the repository's URL makes no request")
	}
	r.Header.Set("User-Agent", capability.DefaultAgent())
	Authorize(r, withUserOf(first.String(), a.login))
	r.URL.User = nil
	return r, charts.FollowRedirect(first, r, nil)
}

// web is go-git's transport for http and https with the client of each login.
type web struct{}

// NewUploadPackSession implements transport.Transport.
func (web) NewUploadPackSession(ep *transport.Endpoint, auth transport.AuthMethod) (transport.UploadPackSession, error) {
	t, inner := open(auth)
	return t.NewUploadPackSession(ep, inner)
}

// NewReceivePackSession implements transport.Transport.
func (web) NewReceivePackSession(ep *transport.Endpoint, auth transport.AuthMethod) (transport.ReceivePackSession, error) {
	t, inner := open(auth)
	return t.NewReceivePackSession(ep, inner)
}

// open returns go-git's transport over a login's client, and the login if there is anything to log in with: without,
// go-git takes what the URL holds.
func open(auth transport.AuthMethod) (transport.Transport, transport.AuthMethod) {
	a, ok := auth.(*webAuth)
	switch {
	case !ok:
		return githttp.DefaultClient, auth
	case a.anonymous():
		return githttp.NewClient(a.client), nil
	}
	return githttp.NewClient(a.client), a
}

// install puts the transport and the dialer into the tables of go-git and golang.org/x/net/proxy, once: the tables are
// maps that are read without a lock.
var install = sync.OnceFunc(func() {
	for _, scheme := range []string{"http", "https"} {
		client.InstallProtocol(scheme, web{})
	}
	proxy.RegisterDialerType(dialScheme, newSSHDialer)
})

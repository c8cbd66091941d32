package gitsrc

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/go-git/go-git/v5/plumbing/transport"
	"golang.org/x/net/proxy"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// dialScheme names our dialer in the table of golang.org/x/net/proxy, through which go-git connects to SSH servers.
const dialScheme = "wheelhouse-dial"

// dialOptions makes go-git use our dialer for an SSH URL.
func dialOptions(l app.RepositoryLogin) transport.ProxyOptions {
	q := url.Values{"proxy": {l.ProxyURL.Reveal()}, "except": {l.NoProxy}}
	return transport.ProxyOptions{URL: dialScheme + "://connect?" + q.Encode()}
}

// sshDialer connects to SSH servers: through the login's proxy, or the environment's, or directly.
type sshDialer struct{ proxy, except string }

// newSSHDialer reads what dialOptions wrote.
func newSSHDialer(u *url.URL, _ proxy.Dialer) (proxy.Dialer, error) {
	q := u.Query()
	return &sshDialer{q.Get("proxy"), q.Get("except")}, nil
}

func dialerOf(l app.RepositoryLogin) *sshDialer { return &sshDialer{l.ProxyURL.Reveal(), l.NoProxy} }

// Dial implements proxy.Dialer, which golang.org/x/net/proxy asks for; go-git calls DialContext.
func (d *sshDialer) Dial(network, address string) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Net: network, Err: fmt.Errorf("%s is reached with a context alone", address)}
}

// DialContext connects to an address. A connection on which nothing is heard for a while ends.
func (d *sshDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := d.connect(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &idleConn{conn}, nil
}

func (d *sshDialer) connect(ctx context.Context, network, address string) (net.Conn, error) {
	direct := &net.Dialer{}
	if d.proxy == "" {
		return proxy.Dial(ctx, network, address)
	}
	choose, err := proxyOf(app.RepositoryLogin{Repository: app.Repository{NoProxy: d.except}, ProxyURL: app.NewSecret(d.proxy)})
	if err != nil {
		return nil, err
	}
	via, err := choose(&http.Request{URL: &url.URL{Scheme: "https", Host: address}})
	switch {
	case err != nil:
		return nil, err
	case via == nil:
		return direct.DialContext(ctx, network, address)
	case via.Scheme == "http" || via.Scheme == "https":
		return tunnel(ctx, direct, via, address)
	}
	socks, err := proxy.FromURL(via, direct)
	if err != nil {
		return nil, err
	}
	conn, err := socks.(proxy.ContextDialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, &net.OpError{Op: "proxyconnect", Net: network, Err: err}
	}
	return conn, nil
}

// tunnel connects to an address through an HTTP proxy.
func tunnel(ctx context.Context, direct *net.Dialer, via *url.URL, address string) (_ net.Conn, err error) {
	host := via.Host
	if via.Port() == "" {
		host = net.JoinHostPort(via.Hostname(), map[string]string{"http": "80", "https": "443"}[via.Scheme])
	}
	var conn net.Conn
	if via.Scheme == "https" {
		conn, err = (&tls.Dialer{NetDialer: direct}).DialContext(ctx, "tcp", host)
	} else {
		conn, err = direct.DialContext(ctx, "tcp", host)
	}
	if err != nil {
		return nil, &net.OpError{Op: "proxyconnect", Net: "tcp", Err: err}
	}
	defer func() {
		if err != nil {
			_ = conn.Close()
		}
	}()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, err
		}
	}
	r := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if via.User != nil {
		password, _ := via.User.Password()
		r.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(via.User.Username()+":"+password)))
	}
	if err := r.Write(conn); err != nil {
		return nil, &net.OpError{Op: "proxyconnect", Net: "tcp", Err: err}
	}
	buffered := bufio.NewReader(conn)
	answer, err := http.ReadResponse(buffered, r)
	if err != nil {
		return nil, &net.OpError{Op: "proxyconnect", Net: "tcp", Err: err}
	}
	if answer.StatusCode != http.StatusOK {
		return nil, &proxyError{via.Host, answer.StatusCode}
	}
	return &tunnelConn{conn, buffered}, conn.SetDeadline(time.Time{})
}

// tunnelConn reads first what came with the proxy's answer.
type tunnelConn struct {
	net.Conn
	buffered *bufio.Reader
}

// Read implements net.Conn.
func (c *tunnelConn) Read(p []byte) (int, error) { return c.buffered.Read(p) }

// idleConn is a connection on which a read fails when nothing comes for as long as an HTTP server may think.
type idleConn struct{ net.Conn }

// Read implements net.Conn.
func (c *idleConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(headerTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

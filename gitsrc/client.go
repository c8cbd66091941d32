package gitsrc

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/charts"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// Limits of one HTTP exchange. The body of an answer has no limit of time here: a large pack takes as long as it takes,
// and callers bound the whole with their context.
const (
	connectTimeout = 10 * time.Second
	headerTimeout  = 2 * time.Minute
	idleTimeout    = 90 * time.Second
)

// Clients makes the HTTP clients by which repositories are reached: with their own CA beside the system's, their client
// certificate, their proxy. A client is kept for each login, so that connections are used again, and made anew when the
// login changes. Its methods are safe for concurrent use.
//
// A client sends no credentials of its own accord: [Authorize] puts them on a request. A redirect follows at most five
// times, never from https to http, and takes neither credentials nor the client certificate to another host. A host that
// answered 429 or 503 with Retry-After is not asked again before, by any client.
type Clients struct {
	budget budget

	mu   sync.Mutex
	made map[string]madeClient
}

type madeClient struct {
	login  [sha256.Size]byte
	client *http.Client
}

// NewClients returns Clients that have made none yet.
func NewClients() *Clients { return &Clients{made: map[string]madeClient{}} }

// Client returns the client of a login. It touches no network; a certificate, key or proxy that cannot be used is an
// error that holds nothing of the key.
func (c *Clients) Client(l app.RepositoryLogin) (*http.Client, error) {
	sum, err := fingerprint(l)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	old, ok := c.made[l.URL]
	if ok && old.login == sum {
		return old.client, nil
	}
	fresh, err := newClient(l)
	if err != nil {
		return nil, err
	}
	fresh.Transport = &polite{&c.budget, fresh.Transport}
	if ok {
		old.client.CloseIdleConnections()
	}
	c.made[l.URL] = madeClient{sum, fresh}
	return fresh, nil
}

// fingerprint tells whether a login's client is still the right one.
func fingerprint(l app.RepositoryLogin) ([sha256.Size]byte, error) {
	b, err := json.Marshal([]any{l.CA, l.ClientCert, l.ClientKey.Reveal(), l.Insecure, l.ProxyURL.Reveal(), l.Proxy, l.NoProxy})
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("read login of %s: %w", clean(l.URL), err)
	}
	return sha256.Sum256(b), nil
}

func newClient(l app.RepositoryLogin) (*http.Client, error) {
	tlsConfig, err := tlsOf(l)
	if err != nil {
		return nil, err
	}
	proxy, err := proxyOf(l)
	if err != nil {
		return nil, err
	}
	t := &http.Transport{
		Proxy:       proxy,
		DialContext: (&net.Dialer{Timeout: connectTimeout}).DialContext, TLSHandshakeTimeout: connectTimeout,
		ResponseHeaderTimeout: headerTimeout, IdleConnTimeout: idleTimeout, ForceAttemptHTTP2: true, TLSClientConfig: tlsConfig,
		OnProxyConnectResponse: func(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
			if answer.StatusCode != http.StatusOK {
				return &proxyError{proxy.Host, answer.StatusCode}
			}
			return nil
		},
	}
	client := &http.Client{Transport: t, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		return charts.FollowRedirect(via[0].URL, r, via)
	}}
	if len(tlsConfig.Certificates) > 0 {
		bare := t.Clone()
		bare.TLSClientConfig.Certificates = nil
		client.Transport = &certified{host: hostOf(l.URL), own: t, others: bare}
	}
	return client, nil
}

// certified shows the client certificate to the login's own host alone.
type certified struct {
	host        string
	own, others *http.Transport
}

// RoundTrip implements http.RoundTripper.
func (c *certified) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.EqualFold(r.URL.Host, c.host) {
		return c.own.RoundTrip(r)
	}
	return c.others.RoundTrip(r)
}

// CloseIdleConnections is what http.Client.CloseIdleConnections calls.
func (c *certified) CloseIdleConnections() {
	c.own.CloseIdleConnections()
	c.others.CloseIdleConnections()
}

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Host
}

func tlsOf(l app.RepositoryLogin) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: l.Insecure}
	if l.CA != "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM([]byte(l.CA)) {
			return nil, hint.With(fmt.Errorf("the CA of %s holds no certificate", clean(l.URL)),
				"give a file with PEM certificates: --ca-path FILE")
		}
		c.RootCAs = pool
	}
	if l.ClientCert == "" && l.ClientKey.Empty() {
		return c, nil
	}
	pair, err := tls.X509KeyPair([]byte(l.ClientCert), []byte(l.ClientKey.Reveal()))
	if err != nil {
		// The error is not passed on: it is about a key.
		return nil, hint.With(fmt.Errorf("the client certificate of %s and its key cannot be read, or do not belong together", clean(l.URL)),
			"give both as PEM files: --tls-client-cert-path FILE --tls-client-cert-key-path FILE")
	}
	c.Certificates = []tls.Certificate{pair}
	return c, nil
}

// proxyOf returns which proxy a request takes: the login's own with its exceptions, or that of the environment.
func proxyOf(l app.RepositoryLogin) (func(*http.Request) (*url.URL, error), error) {
	proxy := l.ProxyURL.Reveal()
	if proxy == "" {
		proxy = l.Proxy
	}
	if proxy == "" {
		return http.ProxyFromEnvironment, nil
	}
	if err := checkProxy(proxy); err != nil {
		return nil, fmt.Errorf("repository %s: %w", clean(l.URL), err)
	}
	choose := (&httpproxy.Config{HTTPProxy: proxy, HTTPSProxy: proxy, NoProxy: l.NoProxy}).ProxyFunc()
	return func(r *http.Request) (*url.URL, error) { return choose(r.URL) }, nil
}

func checkProxy(raw string) error {
	u, err := url.Parse(raw)
	if err == nil && u.Host != "" {
		switch u.Scheme {
		case "http", "https", "socks5", "socks5h":
			return nil
		}
	}
	return hint.With(errors.New("the proxy is no URL of http, https or socks5"), "for example --proxy http://proxy.example.com:3128")
}

// proxyError says that a proxy refused to make a connection.
type proxyError struct {
	host   string
	status int
}

// Error implements error.
func (e *proxyError) Error() string {
	return fmt.Sprintf("the proxy %s refused the connection: %d %s", e.host, e.status, http.StatusText(e.status))
}

// Authorize puts the credentials of a login on a request to the login's own repository: a token, or name and password.
// Where the credentials may go is the caller's to decide.
func Authorize(r *http.Request, l app.RepositoryLogin) {
	switch {
	case !l.BearerToken.Empty():
		r.Header.Set("Authorization", "Bearer "+l.BearerToken.Reveal())
	case !l.Password.Empty() || l.Username != "":
		r.SetBasicAuth(orElse(l.Username, "git"), l.Password.Reveal())
	}
}

// withUserOf returns a login that has user and password of the URL where it has nothing else to log in with.
func withUserOf(raw string, l app.RepositoryLogin) app.RepositoryLogin {
	u, err := url.Parse(raw)
	if err != nil || u.User == nil || l.Username != "" || !l.Password.Empty() || !l.BearerToken.Empty() {
		return l
	}
	password, _ := u.User.Password()
	l.Username, l.Password = u.User.Username(), app.NewSecret(password)
	return l
}

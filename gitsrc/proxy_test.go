package gitsrc_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// proxy is a forward proxy that connects to one server whatever name it is asked for. It lets mira in.
type proxy struct {
	*httptest.Server
	target   string
	password string
	asked    atomic.Int32
}

func newProxy(t *testing.T, target, password string) *proxy {
	t.Helper()
	p := &proxy{target: target, password: password}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

// ServeHTTP makes one tunnel.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.asked.Add(1)
	r.Header.Set("Authorization", r.Header.Get("Proxy-Authorization"))
	if user, got, _ := r.BasicAuth(); p.password != "" && (user != "mira" || got != p.password) {
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	if r.Method != http.MethodConnect {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer func() { _ = server.Close() }()
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = client.Close() }()
	if _, err := io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		return
	}
	var both errgroup.Group
	pipe := func(to, from net.Conn, r io.Reader) func() error {
		return func() error {
			_, err := io.Copy(to, r)
			_, _ = to.Close(), from.Close()
			return err
		}
	}
	both.Go(pipe(server, client, buffered))
	both.Go(pipe(client, server, server))
	_ = both.Wait()
}

func TestARepositoryBehindAProxy(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	s := newServerWith(t, nil, ca.serves(t, "git.example.test"))
	_, _, id := s.shop(t)
	p := newProxy(t, strings.TrimPrefix(s.url, "https://"), canary)
	// Nothing but the proxy knows this name.
	const url = "https://git.example.test/shop.git"
	with := func(proxy, exceptions string) *gitsrc.Fetcher {
		return gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, app.RepositoryLogin{
			Repository: app.Repository{URL: url, CA: ca.pem, NoProxy: exceptions}, ProxyURL: app.NewSecret(proxy),
		})})
	}
	user := strings.Replace(p.URL, "://", "://mira:"+canary+"@", 1)
	f := with(user, "other.example.test")
	if got := resolve(t, f, source(url, "main"), 0); got.ID != id {
		t.Errorf("got %s, want %s", got.ID, id)
	}
	if got := readFile(t, fetch(t, f, source(url, "main"), id).Files, "values.yaml"); got != "replicas: 1\n" {
		t.Errorf("values.yaml is %q", got)
	}

	before := p.asked.Load()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := with(user, "example.test").Resolve(ctx, source(url, "main"), 0); err == nil || p.asked.Load() != before {
		t.Errorf("the exception gave %v, and the proxy was asked %d times", err, p.asked.Load()-before)
	}
	for name, tt := range map[string]struct{ proxy, want, remedy string }{
		"a wrong password":          {strings.Replace(p.URL, "://", "://mira:wrong@", 1), "the proxy " + strings.TrimPrefix(p.URL, "http://") + " refused the connection: 407", "--proxy -"},
		"a proxy that is not there": {"http://mira:" + canary + "@" + closedPort(t), "the proxy cannot be reached", "--proxy URL"},
	} {
		_, err := with(tt.proxy, "").Resolve(t.Context(), source(url, "main"), 0)
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(hint.Of(err), tt.remedy) {
			t.Errorf("%s gave %v (%s), want %s", name, err, hint.Of(err), tt.want)
		}
		if err != nil && strings.Contains(err.Error()+hint.Of(err), canary) {
			t.Errorf("%s: the error holds the password: %v", name, err)
		}
	}
}

package e2e

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
)

// overLine returns the program with a proxy before the API server, which does to every request what meddle says: it passes it
// on by calling next, answers it itself, or ends the connection with a panic of http.ErrAbortHandler.
func (p *program) overLine(meddle func(w http.ResponseWriter, r *http.Request, next http.Handler)) *program {
	p.t.Helper()
	t := p.t
	config, err := p.play.Config()
	if err != nil {
		t.Fatal(err)
	}
	trust, err := rest.TLSConfigFor(config)
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: trust}
	quiet := log.New(io.Discard, "", 0)
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, Transport: transport, FlushInterval: -1, ErrorLog: quiet,
		// A server that is gone ends connections, and does not answer for itself.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { meddle(w, r, proxy) }))
	// Without encryption no login would be sent.
	server.EnableHTTP2, server.Config.ErrorLog = true, quiet
	server.StartTLS()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		transport.CloseIdleConnections()
	})
	return p.with("KUBECONFIG", ledTo(t, p.play, server))
}

// ledTo writes a kubeconfig whose context leads to a server.
func ledTo(t *testing.T, play *playground.Playground, server *httptest.Server) string {
	t.Helper()
	config, err := clientcmd.LoadFromFile(play.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	c := config.Clusters[playground.Context]
	c.Server, c.CertificateAuthority = server.URL, ""
	c.CertificateAuthorityData = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}

package main

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"sync/atomic"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
)

// line is a proxy before the API server that counts what is asked of it, but for the watches that stand.
type line struct {
	server     *httptest.Server
	transport  *http.Transport
	kubeconfig string
	asked      atomic.Int64
}

// newLine leads a line to the playground's API server.
func (b *bench) newLine() (*line, error) {
	trust, err := rest.TLSConfigFor(b.config)
	if err != nil {
		return nil, err
	}
	target, err := url.Parse(b.config.Host)
	if err != nil {
		return nil, err
	}
	l := &line{transport: &http.Transport{TLSClientConfig: trust}, kubeconfig: filepath.Join(b.dir, "line.kubeconfig")}
	quiet := log.New(io.Discard, "", 0)
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, Transport: l.transport, FlushInterval: -1, ErrorLog: quiet,
	}
	l.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !r.URL.Query().Has("watch") {
			l.asked.Add(1)
		}
		proxy.ServeHTTP(w, r)
	}))
	l.server.EnableHTTP2 = true
	l.server.Config.ErrorLog = quiet
	l.server.StartTLS()
	config, err := clientcmd.LoadFromFile(b.play.Kubeconfig())
	if err != nil {
		return nil, err
	}
	c := config.Clusters[config.Contexts[playground.Context].Cluster]
	c.Server = l.server.URL
	c.CertificateAuthority = ""
	c.CertificateAuthorityData = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: l.server.Certificate().Raw})
	return l, clientcmd.WriteToFile(*config, l.kubeconfig)
}

// count is the number of requests so far.
func (l *line) count() int64 { return l.asked.Load() }

func (l *line) close() {
	l.server.CloseClientConnections()
	l.server.Close()
	l.transport.CloseIdleConnections()
}

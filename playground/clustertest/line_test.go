package clustertest

import (
	"context"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube"
)

// asker is who can be asked for an identity.
type asker interface {
	Identity(ctx context.Context) (app.ClusterIdentity, error)
}

// line is a proxy before the API server that knows what was asked and can be cut.
type line struct {
	cluster *kube.Cluster
	server  *httptest.Server

	mu    sync.Mutex
	asked []string
	// streams are the paths that were watched.
	streams []string
	down    bool
	tooOld  staleness
	forgot  bool
	// held is closed when requests go on that wait; nil while they need not.
	held chan struct{}
}

// newLine leads a line to the API server. What is sent over it is passed on as it is, the login too.
func (b *bench) newLine() *line {
	b.t.Helper()
	config, err := b.play.Config()
	if err != nil {
		b.t.Fatal(err)
	}
	trust, err := rest.TLSConfigFor(config)
	if err != nil {
		b.t.Fatal(err)
	}
	target, err := url.Parse(config.Host)
	if err != nil {
		b.t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: trust}
	b.t.Cleanup(transport.CloseIdleConnections)
	l := &line{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, Transport: transport, FlushInterval: -1,
		ErrorLog: log.New(io.Discard, "", 0), ModifyResponse: l.overhear,
	}
	// Without encryption no login would be sent.
	l.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.wait(r.Context())
		if !l.note(r) {
			// The connection ends without an answer.
			panic(http.ErrAbortHandler)
		}
		if answer := l.expires(r); answer != nil {
			answer(w)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	l.server.EnableHTTP2 = true
	l.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	l.server.StartTLS()
	b.t.Cleanup(func() {
		l.server.CloseClientConnections()
		l.server.Close()
	})
	l.cluster = b.with(func(c *clientcmdapi.Cluster, _ *clientcmdapi.AuthInfo) { l.lead(c) })
	return l
}

// lead makes a kubeconfig's cluster one that is reached over the line.
func (l *line) lead(c *clientcmdapi.Cluster) {
	c.Server = l.server.URL
	c.CertificateAuthorityData = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: l.server.Certificate().Raw})
}

// note remembers a request, watches apart, and says whether it passes.
func (l *line) note(r *http.Request) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.URL.Query().Has("watch") {
		l.streams = append(l.streams, r.URL.Path)
	} else {
		l.asked = append(l.asked, r.Method+" "+r.URL.Path)
	}
	return !l.down
}

// cut ends all that runs over the line, and lets nothing pass.
func (l *line) cut() {
	l.mu.Lock()
	l.down = true
	l.mu.Unlock()
	l.server.CloseClientConnections()
}

// hold ends all that runs over the line, and has what comes after that wait.
func (l *line) hold() {
	l.mu.Lock()
	l.held = make(chan struct{})
	l.mu.Unlock()
	l.server.CloseClientConnections()
}

// wait waits while the line is held.
func (l *line) wait(ctx context.Context) {
	l.mu.Lock()
	held := l.held
	l.mu.Unlock()
	if held == nil {
		return
	}
	select {
	case <-held:
	case <-ctx.Done():
	}
}

// mend lets requests pass again.
func (l *line) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = false
	if l.held != nil {
		close(l.held)
		l.held = nil
	}
}

// about returns the requests so far whose path has the word in it.
func (l *line) about(word string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.asked), func(s string) bool { return !strings.Contains(s, word) })
}

// streamed returns the paths that were watched so far.
func (l *line) streamed() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.streams)
}

// strangersToken is the login of a service account of the namespace, which has no rights.
func (b *bench) strangersToken() string {
	b.t.Helper()
	accounts := b.client.CoreV1().ServiceAccounts(b.namespace)
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{GenerateName: "stranger-"}}
	account, err := accounts.Create(b.t.Context(), account, metav1.CreateOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	token, err := accounts.CreateToken(b.t.Context(), account.Name, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	return token.Status.Token
}

// stranger is the cluster as one without rights has it.
func (b *bench) stranger() *kube.Cluster {
	b.t.Helper()
	token := b.strangersToken()
	return b.with(func(_ *clientcmdapi.Cluster, u *clientcmdapi.AuthInfo) { u.Token = token })
}

// allowed is the cluster as one has it who may do this with Secrets of the namespace, and nothing else.
func (b *bench) allowed(verbs ...string) *kube.Cluster {
	b.t.Helper()
	meta := metav1.ObjectMeta{GenerateName: "allowed-"}
	role, err := b.client.RbacV1().Roles(b.namespace).Create(b.t.Context(), &rbacv1.Role{
		ObjectMeta: meta, Rules: []rbacv1.PolicyRule{{Verbs: verbs, APIGroups: []string{""}, Resources: []string{"secrets"}}},
	}, metav1.CreateOptions{})
	if err != nil {
		b.t.Fatal(err)
	}
	const user = "allowed"
	if _, err := b.client.RbacV1().RoleBindings(b.namespace).Create(b.t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}},
	}, metav1.CreateOptions{}); err != nil {
		b.t.Fatal(err)
	}
	return b.with(func(_ *clientcmdapi.Cluster, u *clientcmdapi.AuthInfo) { u.Impersonate = user })
}

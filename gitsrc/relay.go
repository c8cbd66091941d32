package gitsrc

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing/transport"
)

const (
	// relayPath is where a relay has the repository.
	relayPath = "/repository.git"
	// relayHeader shows that a request comes from the program that the relay is for: others on this machine reach it too.
	relayHeader = "X-Wheelhouse-Key"
)

// relay serves one repository of the web on the loopback, for one call of the git program. It passes requests on by the
// repository's own client and with its login.
type relay struct {
	auth *webAuth
	key  string
	// first is the repository's URL.
	first *url.URL

	// running counts the requests under way, of which none begins after the end.
	running sync.WaitGroup
	mu      sync.Mutex
	ended   bool
	// base is where the server has redirected to.
	base *url.URL
	// failed is what went wrong first.
	failed error
}

func newRelay(base *url.URL, auth *webAuth) *relay {
	return &relay{auth: auth, key: rand.Text(), first: base, base: base}
}

// open starts the relay.
func (r *relay) open() (way, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return way{}, fmt.Errorf("open a way for the git program: %w", err)
	}
	server := &http.Server{Handler: r, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(l)
	}()
	return way{
		url: "http://" + l.Addr().String() + relayPath,
		settings: []setting{
			{"http.extraHeader", relayHeader + ": " + r.key}, {"http.followRedirects", "false"}, {"http.proxy", ""},
		},
		end: func(said error) error {
			r.mu.Lock()
			r.ended = true
			r.mu.Unlock()
			_ = server.Close()
			<-served
			r.running.Wait()
			if said != nil && r.failed != nil {
				return r.failed
			}
			return said
		},
	}, nil
}

// ServeHTTP implements http.Handler.
func (r *relay) ServeHTTP(w http.ResponseWriter, in *http.Request) {
	if !r.begin() {
		return
	}
	defer r.running.Done()
	below, ok := strings.CutPrefix(in.URL.Path, relayPath+"/")
	if !ok || subtle.ConstantTimeCompare([]byte(in.Header.Get(relayHeader)), []byte(r.key)) != 1 {
		http.Error(w, "this is not for you", http.StatusForbidden)
		return
	}
	out, err := r.request(in, below)
	if err != nil {
		r.fail(w, in, err)
		return
	}
	answer, err := r.auth.client.Do(out)
	if err != nil {
		r.fail(w, in, err)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	r.note(answer, below)
	for _, name := range []string{"Content-Type", "Content-Encoding", "Content-Length", "Cache-Control"} {
		if value := answer.Header.Get(name); value != "" {
			w.Header().Set(name, value)
		}
	}
	w.WriteHeader(answer.StatusCode)
	if _, err := io.Copy(w, answer.Body); err != nil {
		// The program must not take the part for the whole.
		panic(http.ErrAbortHandler)
	}
}

func (r *relay) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.running.Add(1)
	}
	return !r.ended
}

// request is the program's request as it goes to the repository.
func (r *relay) request(in *http.Request, below string) (*http.Request, error) {
	r.mu.Lock()
	to := r.base.JoinPath(below)
	r.mu.Unlock()
	to.RawQuery = in.URL.RawQuery
	out, err := r.auth.request(in.Context(), r.first, in.Method, to, in.Body)
	if err != nil {
		return nil, err
	}
	if out.ContentLength = in.ContentLength; in.ContentLength == 0 {
		out.Body = http.NoBody
	}
	for _, name := range []string{"Accept", "Accept-Encoding", "Content-Type", "Content-Encoding", "Git-Protocol", "User-Agent"} {
		if value := in.Header.Get(name); value != "" {
			out.Header.Set(name, value)
		}
	}
	return out, nil
}

// note remembers where a listing was redirected to, for what follows it, and an answer that is a refusal.
func (r *relay) note(answer *http.Response, below string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := *answer.Request.URL
	if path, ok := strings.CutSuffix(at.Path, "/"+below); ok && answer.StatusCode == http.StatusOK {
		at.Path, at.RawPath, at.RawQuery = path, "", ""
		r.base = &at
	}
	refused := map[int]error{
		http.StatusUnauthorized: transport.ErrAuthenticationRequired,
		http.StatusForbidden:    transport.ErrAuthorizationFailed,
		http.StatusNotFound:     transport.ErrRepositoryNotFound,
	}[answer.StatusCode]
	if r.failed == nil {
		r.failed = refused
	}
}

// fail answers that the repository could not be asked. That the program itself went away is no failure of the repository's.
func (r *relay) fail(w http.ResponseWriter, in *http.Request, err error) {
	r.mu.Lock()
	if r.failed == nil && in.Context().Err() == nil {
		r.failed = err
	}
	r.mu.Unlock()
	http.Error(w, "the repository cannot be asked", http.StatusBadGateway)
}

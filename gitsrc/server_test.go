package gitsrc_test

import (
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// server serves the repositories of a folder over git's smart HTTP and remembers what it was asked.
type server struct {
	root string
	url  string

	mu    sync.Mutex
	seen  []request
	guard func(*http.Request) int
	// answer takes the place of git if it is set.
	answer http.HandlerFunc
	// large serves what is kept in Git LFS.
	large *largeFiles
}

// request is one request that a server got.
type request struct {
	act            string
	user, password string
	token          string
	// certified is true when the client showed a certificate.
	certified bool
}

const (
	listForFetch = "GET git-upload-pack"
	listForPush  = "GET git-receive-pack"
	sendPack     = "POST git-receive-pack"
)

// newServer starts a server. The guard sees each request first; a status other than 0 is the answer.
func newServer(t *testing.T, guard func(*http.Request) int) *server {
	t.Helper()
	return newServerWith(t, guard, nil)
}

// newServerWith starts a server that speaks TLS if there is a configuration for it.
func newServerWith(t *testing.T, guard func(*http.Request) int, secure *tls.Config) *server {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{root: t.TempDir(), guard: guard, large: newLargeFiles()}
	backend := &cgi.Handler{Path: git, Args: []string{"http-backend"}, Stderr: io.Discard, InheritEnv: []string{"GIT_TRACE_PACKET"}, Env: []string{
		"GIT_PROJECT_ROOT=" + s.root, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "HOME=" + s.root,
	}}
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.note(r)
		if s.guard != nil {
			if status := s.guard(r); status != 0 {
				w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
				http.Error(w, http.StatusText(status), status)
				return
			}
		}
		if strings.Contains(r.URL.Path, "/info/lfs/") {
			s.large.ServeHTTP(w, r)
			return
		}
		if s.answer != nil {
			s.answer(w, r)
			return
		}
		backend.ServeHTTP(w, r)
	}))
	// A client that does not trust a certificate is no news.
	web.Config.ErrorLog = log.New(io.Discard, "", 0)
	if secure != nil {
		web.TLS = secure
		web.StartTLS()
	} else {
		web.Start()
	}
	t.Cleanup(web.Close)
	s.url = web.URL
	return s
}

// actOf says what a request is about, such as "GET git-upload-pack".
func actOf(r *http.Request) string {
	service := r.URL.Query().Get("service")
	if service == "" {
		service = filepath.Base(r.URL.Path)
	}
	return r.Method + " " + service
}

func (s *server) note(r *http.Request) {
	user, password, _ := r.BasicAuth()
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		token = ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, request{
		act: actOf(r), user: user, password: password, token: token,
		certified: r.TLS != nil && len(r.TLS.PeerCertificates) > 0,
	})
}

// count returns how many requests of a kind the server got.
func (s *server) count(act string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(s.seen), func(r request) bool { return r.act != act }))
}

// requests returns what the server was asked.
func (s *server) requests() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

// last returns the last request.
func (s *server) last(t *testing.T) request {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) == 0 {
		t.Fatal("the server was never asked")
	}
	return s.seen[len(s.seen)-1]
}

// withPassword is a guard that lets mira in.
func withPassword(password string) func(*http.Request) int {
	return func(r *http.Request) int {
		if user, got, ok := r.BasicAuth(); !ok || user != "mira" || got != password {
			return http.StatusUnauthorized
		}
		return 0
	}
}

// shop makes a repository on the server with one commit.
func (s *server) shop(t *testing.T) (repository, string, string) {
	t.Helper()
	r := newRepository(t, s.root, "shop")
	id := r.commit(t, "main", "begin", map[string]string{"values.yaml": "replicas: 1\n"})
	return r, s.url + "/shop.git", id
}

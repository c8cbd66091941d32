package playground

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// gitUser is the name that the private repositories ask for.
const gitUser = "demo"

// gitServer serves the bare repositories of a folder: over HTTP with and without a password by git's own http-backend,
// and over SSH; with what they keep in Git LFS.
type gitServer struct {
	root, backend, password string
	logFile                 string
	addr, sshAddr           string
	ssh                     *sshServer

	mu   sync.Mutex
	http *http.Server
	log  *os.File
}

// startGit makes the repositories when they are not there, and serves them.
func (p *Playground) startGit(ctx context.Context) error {
	root := p.file("git")
	if err := makeRepositories(ctx, root); err != nil {
		return err
	}
	exe, err := exec.CommandContext(ctx, "git", "--exec-path").Output()
	if err != nil {
		return fmt.Errorf("find git: %w", err)
	}
	password, err := keepSecret(p.file("git-credentials"))
	if err != nil {
		return err
	}
	p.git = &gitServer{
		root: root, backend: filepath.Join(strings.TrimSpace(string(exe)), "git-http-backend"), password: password,
		logFile: logFile(p.dir, "git"),
		addr:    fmt.Sprintf("127.0.0.1:%d", p.ports.Git), sshAddr: fmt.Sprintf("127.0.0.1:%d", p.ports.SSH),
	}
	if p.git.ssh, err = newSSHServer(p.file("ssh"), root, p.git.grant); err != nil {
		return err
	}
	return p.git.start()
}

// grant is what git-lfs-authenticate says about a repository: where its large files are, and the password for that.
func (g *gitServer) grant(name string) ([]byte, error) {
	login := base64.StdEncoding.EncodeToString([]byte(gitUser + ":" + g.password))
	return json.Marshal(largeAction{
		Href: "http://" + g.addr + "/private/" + name + "/info/lfs", Header: map[string]string{"Authorization": "Basic " + login},
	})
}

// keepSecret returns the secret in a file, making one when there is none.
func keepSecret(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err == nil {
		return strings.TrimSpace(string(b)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read %s: %w", file, err)
	}
	secret := rand.Text()
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("write %s: %w", file, err)
	}
	return secret, nil
}

func (g *gitServer) start() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.http != nil {
		return nil
	}
	log, err := os.OpenFile(g.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("serve git: %w", err)
	}
	l, err := net.Listen("tcp", g.addr)
	if err != nil {
		return errors.Join(fmt.Errorf("serve git: %w", err), log.Close())
	}
	if err := g.ssh.start(g.sshAddr); err != nil {
		return errors.Join(err, l.Close(), log.Close())
	}
	g.log = log
	g.http = &http.Server{Handler: g.handler(), ReadHeaderTimeout: 10 * time.Second}
	server := g.http
	go func() { _ = server.Serve(l) }()
	return nil
}

func (g *gitServer) handler() http.Handler {
	backend := func(prefix, user string) http.Handler {
		return largeServer{root: g.root, prefix: prefix, git: &cgi.Handler{
			Path: g.backend, Root: prefix, InheritEnv: []string{"PATH"}, Stderr: g.log,
			Env: []string{"GIT_PROJECT_ROOT=" + g.root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=" + user},
		}}
	}
	mux := http.NewServeMux()
	mux.Handle("/git/", backend("/git", "anonymous"))
	private := backend("/private", gitUser)
	mux.HandleFunc("/private/", func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != gitUser || subtle.ConstantTimeCompare([]byte(password), []byte(g.password)) != 1 {
			w.Header().Set("WWW-Authenticate", `Basic realm="playground"`)
			http.Error(w, "credentials are required", http.StatusUnauthorized)
			return
		}
		private.ServeHTTP(w, r)
	})
	return mux
}

func (g *gitServer) stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.http != nil {
		_ = g.http.Close()
		g.ssh.stop()
		_ = g.log.Close()
		g.http = nil
	}
}

func (g *gitServer) serving() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.http != nil
}

// StopGit takes the git server down; the repositories stay.
func (p *Playground) StopGit() { p.git.stop() }

// StartGit brings the git server back, at the same address.
func (p *Playground) StartGit() error { return p.git.start() }

// GitURL is the base of the repositories without a password: GitURL() + "/helm-web.git".
func (p *Playground) GitURL() string { return fmt.Sprintf("http://127.0.0.1:%d/git", p.ports.Git) }

// PrivateGitURL is the base of the same repositories behind a password.
func (p *Playground) PrivateGitURL() string {
	return fmt.Sprintf("http://127.0.0.1:%d/private", p.ports.Git)
}

// SSHGitURL is the base of the same repositories over SSH; the client's key is DIR/ssh/id_ed25519.
func (p *Playground) SSHGitURL() string { return fmt.Sprintf("ssh://git@127.0.0.1:%d", p.ports.SSH) }

// GitCredentials returns the user and password of the private repositories.
func (p *Playground) GitCredentials() (user, password string) { return gitUser, p.git.password }

// MakeRepository makes an empty repository beside those of the samples. It is refused when there is one of that name.
func (p *Playground) MakeRepository(ctx context.Context, name string) error {
	bare := filepath.Join(p.file("git"), name+".git")
	if _, err := os.Stat(bare); err == nil {
		return fmt.Errorf("make repository %s: %w", name, os.ErrExist)
	}
	return makeEmpty(ctx, bare)
}

// Commit writes files into a branch of a repository as one commit, as a colleague's push would, and returns its id. Nil
// content removes a file.
func (p *Playground) Commit(ctx context.Context, repository, branch, message string, files map[string][]byte) (string, error) {
	return commitFiles(ctx, filepath.Join(p.file("git"), repository+".git"), branch, message, files)
}

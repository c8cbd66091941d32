package playground

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Component is the state of one part of a running playground.
type Component struct {
	Name  string `json:"name"`
	State string `json:"state"`
}

// serveControl lets other processes of the same user look at this playground and steer its git server.
func (p *Playground) serveControl() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("serve control: %w", err)
	}
	s := state{PID: os.Getpid(), Ports: p.ports, Control: l.Addr().String(), Token: rand.Text()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(p.Status()) })
	mux.HandleFunc("POST /git/stop", func(http.ResponseWriter, *http.Request) { p.StopGit() })
	mux.HandleFunc("POST /git/start", func(w http.ResponseWriter, _ *http.Request) {
		if err := p.StartGit(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != s.Token {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(w, r)
	})}
	go func() { _ = server.Serve(l) }()
	p.control = server
	return s.write(p.dir)
}

// Status lists the components and the git server.
func (p *Playground) Status() []Component {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Component
	for name, c := range p.components {
		s := "running"
		if c.ended() != nil {
			s = "stopped"
		}
		out = append(out, Component{name, s})
	}
	slices.SortFunc(out, func(a, b Component) int { return strings.Compare(a.Name, b.Name) })
	s := "running"
	if !p.git.serving() {
		s = "stopped"
	}
	return append(out, Component{"git server", s})
}

// ErrNone says that no playground runs in a folder.
var ErrNone = errors.New("no playground is running there")

// alive reports whether the process that a state names still runs.
func (s state) alive(ctx context.Context) bool {
	return s.PID > 0 && syscall.Kill(s.PID, 0) == nil && s.call(ctx, http.MethodGet, "/status", nil) == nil
}

// call asks the playground that a state describes.
func (s state) call(ctx context.Context, method, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+s.Control+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", s.Token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the playground answers %s: %s", resp.Status, b)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(b, into)
}

func running(ctx context.Context, dir string) (state, error) {
	s, err := readState(dir)
	if err != nil || !s.alive(ctx) {
		return s, fmt.Errorf("%s: %w", dir, ErrNone)
	}
	return s, nil
}

// StatusOf asks the playground of a folder for its components; ErrNone when there is none.
func StatusOf(ctx context.Context, dir string) ([]Component, error) {
	s, err := running(ctx, dir)
	if err != nil {
		return nil, err
	}
	var out []Component
	return out, s.call(ctx, http.MethodGet, "/status", &out)
}

// SteerGit stops or starts the git server of the playground of a folder.
func SteerGit(ctx context.Context, dir string, start bool) error {
	s, err := running(ctx, dir)
	if err != nil {
		return err
	}
	path := "/git/stop"
	if start {
		path = "/git/start"
	}
	return s.call(ctx, http.MethodPost, path, nil)
}

// Down ends the playground of a folder and waits until it has ended.
func Down(ctx context.Context, dir string) error {
	s, err := running(ctx, dir)
	if err != nil {
		return err
	}
	if err := syscall.Kill(s.PID, syscall.SIGTERM); err != nil {
		return fmt.Errorf("end the playground (pid %d): %w", s.PID, err)
	}
	return waitFor(ctx, nil, "the playground to end", func(context.Context) error {
		if now, err := readState(dir); err == nil && now.PID == s.PID && syscall.Kill(s.PID, 0) == nil {
			return errRunning
		}
		return nil
	})
}

// writeEnv writes the shell lines by which other programs find the playground.
func (p *Playground) writeEnv() error {
	lines := fmt.Sprintf("export KUBECONFIG=%q\nexport WHEELHOUSE_STORE=%q\nexport PLAYGROUND_GIT_URL=%q\nexport PLAYGROUND_GIT_URL_PRIVATE=%q\n"+
		"export PLAYGROUND_GIT_URL_SSH=%q\n", p.Kubeconfig(), p.Store(), p.GitURL(), p.PrivateGitURL(), p.SSHGitURL())
	if err := os.WriteFile(filepath.Join(p.dir, "env"), []byte(lines), 0o600); err != nil {
		return fmt.Errorf("write env: %w", err)
	}
	return nil
}

package gitsrc

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// helperTimeout bounds the question to a credential helper, which must not ask anybody.
const helperTimeout = 10 * time.Second

// withHelper does something with a repository, and once more with what the user's git credential helper knows, when a
// login is required and none is registered.
func (f *Fetcher) withHelper(ctx context.Context, raw string, do func() error) error {
	err := do()
	if !errors.Is(err, transport.ErrAuthenticationRequired) || !isWeb(raw) {
		return err
	}
	found, registryErr := f.opts.Registry.Login(ctx, raw)
	if registryErr != nil || found.Registered {
		return err
	}
	lent, ok := f.askHelper(ctx, raw)
	if !ok {
		return err
	}
	f.mu.Lock()
	f.lent[hostOf(raw)] = lent
	f.mu.Unlock()
	return do()
}

// borrowed is the login that a helper gave for a URL's host; the empty login when none did.
func (f *Fetcher) borrowed(raw string) app.RepositoryLogin {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lent[hostOf(raw)]
}

// askHelper asks git for the credentials of a URL, by the user's own configuration. Without the git program, without a helper,
// or when the helper would have to ask somebody, there are none.
func (f *Fetcher) askHelper(ctx context.Context, raw string) (app.RepositoryLogin, bool) {
	path, err := exec.LookPath(f.gitName())
	if err != nil {
		return app.RepositoryLogin{}, false
	}
	u, err := url.Parse(raw)
	if err != nil || u.User != nil {
		return app.RepositoryLogin{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, helperTimeout)
	defer cancel()
	env := append(os.Environ(), "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=", "SSH_ASKPASS=", "GCM_INTERACTIVE=never")
	question := fmt.Sprintf("protocol=%s\nhost=%s\npath=%s\n\n", u.Scheme, u.Host, strings.TrimPrefix(u.Path, "/"))
	out, err := program{path: path}.run(ctx, env, []byte(question), "credential", "fill")
	if err != nil {
		f.opts.Log.Debug("no credential helper knows the host", "host", u.Host)
		return app.RepositoryLogin{}, false
	}
	var l app.RepositoryLogin
	for line := range strings.Lines(string(out)) {
		switch name, value, _ := strings.Cut(strings.TrimRight(line, "\n"), "="); name {
		case "username":
			l.Username = value
		case "password":
			l.Password = app.NewSecret(value)
		}
	}
	return l, !l.Password.Empty()
}

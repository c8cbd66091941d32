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
	lent, byPath, ok := f.askHelper(ctx, raw)
	if !ok {
		return err
	}
	origin, whole := lentFor(raw)
	f.mu.Lock()
	if byPath {
		f.lent[whole] = lent
	} else {
		f.lent[origin] = lent
	}
	f.mu.Unlock()
	return do()
}

// lentFor returns what a login may be lent for: the protocol and host of a URL, or with its path. What was lent for https is never
// sent over http.
func lentFor(raw string) (origin, whole string) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", ""
	}
	origin = u.Scheme + "://" + strings.ToLower(u.Host)
	return origin, origin + u.Path
}

// borrowed is the login that a helper gave for a URL; the empty login when none did.
func (f *Fetcher) borrowed(raw string) app.RepositoryLogin {
	origin, whole := lentFor(raw)
	f.mu.Lock()
	defer f.mu.Unlock()
	if lent, ok := f.lent[whole]; ok {
		return lent
	}
	return f.lent[origin]
}

// askHelper asks git for the credentials of a URL, by the user's own configuration, which may have them differ by path. Without
// the git program, without a helper, or when the helper would have to ask somebody, there are none.
func (f *Fetcher) askHelper(ctx context.Context, raw string) (lent app.RepositoryLogin, byPath, ok bool) {
	path, err := exec.LookPath(f.gitName())
	if err != nil {
		return app.RepositoryLogin{}, false, false
	}
	u, err := url.Parse(raw)
	if err != nil || u.User != nil {
		return app.RepositoryLogin{}, false, false
	}
	ctx, cancel := context.WithTimeout(ctx, helperTimeout)
	defer cancel()
	env := append(os.Environ(), "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=", "SSH_ASKPASS=", "GCM_INTERACTIVE=never")
	question := fmt.Sprintf("protocol=%s\nhost=%s\npath=%s\n\n", u.Scheme, u.Host, strings.TrimPrefix(u.Path, "/"))
	out, err := program{path: path}.run(ctx, env, []byte(question), "credential", "fill")
	if err != nil {
		f.opts.Log.Debug("no credential helper knows the host", "host", u.Host)
		return app.RepositoryLogin{}, false, false
	}
	var l app.RepositoryLogin
	for line := range strings.Lines(string(out)) {
		switch name, value, _ := strings.Cut(strings.TrimRight(line, "\n"), "="); name {
		case "username":
			l.Username = value
		case "password":
			l.Password = app.NewSecret(value)
		case "path":
			// Git leaves the path out where credential.useHttpPath does not ask for it.
			byPath = true
		}
	}
	return l, byPath, !l.Password.Empty()
}

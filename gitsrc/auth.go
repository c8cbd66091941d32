package gitsrc

import (
	"context"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// access is how go-git enters a repository.
type access struct {
	auth  transport.AuthMethod
	proxy transport.ProxyOptions
}

// access returns how a URL is entered by what the registry has; an SSH URL without a key uses the user's agent.
func (f *Fetcher) access(ctx context.Context, raw string) (access, error) {
	found, err := f.opts.Registry.Login(ctx, raw)
	if err != nil {
		return access{}, err
	}
	if !found.Registered {
		lent := f.borrowed(raw)
		found.Username, found.Password = lent.Username, lent.Password
	}
	switch {
	case isSSH(raw):
		auth, err := f.sshLogin(ctx, raw, found)
		if err != nil {
			return access{}, err
		}
		return access{auth, dialOptions(found)}, nil
	case isWeb(raw):
		client, err := f.clients.Client(found)
		if err != nil {
			return access{}, err
		}
		return access{auth: &webAuth{client, found}}, nil
	}
	return access{}, nil
}

func isWeb(raw string) bool {
	scheme, _, _ := strings.Cut(raw, "://")
	return strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")
}

func isSSH(raw string) bool { return app.ReachedBySSH(raw) }

// clean returns a URL without user and password.
func clean(raw string) string { return app.CleanURL(raw) }

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

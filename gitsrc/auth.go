package gitsrc

import (
	"net/url"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/transport"
)

// access is how go-git enters a repository.
type access struct {
	auth  transport.AuthMethod
	proxy transport.ProxyOptions
}

// access returns how a URL is entered by what the registry has; an SSH URL without a key uses the user's agent.
func (f *Fetcher) access(raw string) (access, error) {
	found, err := f.opts.Registry.Login(raw)
	if err != nil {
		return access{}, err
	}
	if !found.Registered {
		lent := f.borrowed(raw)
		found.Username, found.Password = lent.Username, lent.Password
	}
	switch {
	case isSSH(raw):
		auth, err := f.sshLogin(raw, found)
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

func isSSH(raw string) bool {
	return strings.HasPrefix(raw, "ssh://") || !strings.Contains(raw, "://") && strings.Contains(raw, "@") && strings.Contains(raw, ":")
}

// clean returns a URL without user and password.
func clean(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		// What cannot be parsed may hold a password anywhere: rather too much is cut than too little.
		scheme, rest, _ := strings.Cut(raw, "://")
		if i := strings.LastIndex(rest, "@"); i >= 0 {
			return scheme + "://" + rest[i+1:]
		}
		return raw
	}
	if u.User == nil || u.Scheme == "" {
		return raw
	}
	u.User = nil
	return u.String()
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

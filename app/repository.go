package app

import (
	"net/url"
	"strings"
)

// CleanURL returns a repository's URL without user and password.
func CleanURL(raw string) string {
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

// ReachedBySSH reports whether a URL is one of SSH, as ssh://HOST/PATH or USER@HOST:PATH.
func ReachedBySSH(raw string) bool {
	return strings.HasPrefix(raw, "ssh://") || !strings.Contains(raw, "://") && strings.Contains(raw, "@") && strings.Contains(raw, ":")
}

// ShownURL returns a repository's URL as a person may read and type it: without a password, and without a user unless that is a
// part of the address, as it is of SSH.
func ShownURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.User == nil || !ReachedBySSH(raw) {
		return CleanURL(raw)
	}
	u.User = url.User(u.User.Username())
	return u.String()
}

// WithoutSecrets moves names and passwords out of the URLs into the login, for lists print these. An SSH URL keeps its name,
// which is a part of the address there.
func (l RepositoryLogin) WithoutSecrets() RepositoryLogin {
	if l.ProxyURL.Empty() {
		l.ProxyURL = NewSecret(l.Proxy)
	}
	l.Proxy = CleanURL(l.ProxyURL.Reveal())
	u, err := url.Parse(l.URL)
	if err != nil || u.User == nil || u.Scheme == "" {
		return l
	}
	if password, ok := u.User.Password(); ok && l.Password.Empty() {
		l.Password = NewSecret(password)
	}
	if l.Username == "" && !ReachedBySSH(l.URL) {
		l.Username = u.User.Username()
	}
	l.URL = ShownURL(l.URL)
	return l
}

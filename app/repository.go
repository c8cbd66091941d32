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
	if !strings.Contains(raw, "://") {
		// USER:PASSWORD@HOST… is a URL to nobody, but may be written by somebody.
		if login, rest, ok := strings.Cut(raw, "@"); ok && strings.Contains(login, ":") {
			user, _, _ := strings.Cut(login, ":")
			return user + "@" + rest[strings.LastIndex(rest, "@")+1:]
		}
		return raw
	}
	u, err := url.Parse(raw)
	if err != nil || u.User == nil || !ReachedBySSH(raw) {
		return CleanURL(raw)
	}
	if _, ok := u.User.Password(); !ok {
		return raw
	}
	u.User = url.User(u.User.Username())
	return u.String()
}

// HoldsLogin reports whether a URL holds what [ShownURL] leaves out and [HideLogin] has not hidden.
func HoldsLogin(raw string) bool {
	return strings.Contains(raw, "@") && ShownURL(raw) != raw && !loginHidden(raw)
}

// WithoutSecrets moves names and passwords out of the URLs into the login, for lists print these. An SSH URL keeps its name,
// which is a part of the address there.
func (l RepositoryLogin) WithoutSecrets() RepositoryLogin {
	if l.ProxyURL.Empty() {
		l.ProxyURL = NewSecret(l.Proxy)
	}
	l.Proxy = CleanURL(l.ProxyURL.Reveal())
	raw := l.URL
	l.URL = ShownURL(raw)
	u, err := url.Parse(raw)
	if err != nil || u.User == nil || u.Scheme == "" {
		return l
	}
	if password, ok := u.User.Password(); ok && l.Password.Empty() {
		l.Password = NewSecret(password)
	}
	if l.Username == "" && !ReachedBySSH(raw) {
		l.Username = u.User.Username()
	}
	return l
}

package app

import (
	"cmp"
	"iter"
	"strings"
)

// Logins are the registered repositories with their credentials, as they were read at one time. A Logins never changes; its
// methods are safe for concurrent use.
type Logins struct {
	all []RepositoryLogin
	// own and templates are places in all, by the key of the URL.
	own, templates map[string]int
}

// NewLogins makes a Logins. Names and passwords in URLs are taken out of them, and what follows from the secrets is filled in.
// Of two of one kind with the same URL the first serves.
func NewLogins(all []RepositoryLogin) *Logins {
	s := &Logins{all: make([]RepositoryLogin, len(all)), own: map[string]int{}, templates: map[string]int{}}
	for i, l := range all {
		s.all[i] = described(l)
		places, key := s.own, loginKey(s.all[i].URL)
		if l.Template {
			places = s.templates
		}
		if _, ok := places[key]; !ok {
			places[key] = i
		}
	}
	return s
}

// described fills in what follows from a login's other fields.
func described(l RepositoryLogin) RepositoryLogin {
	l = l.WithoutSecrets()
	l.Type, l.Registered = cmp.Or(l.Type, "git"), true
	switch {
	case !l.SSHPrivateKey.Empty():
		l.Credentials = "ssh key"
	case !l.BearerToken.Empty():
		l.Credentials = "token"
	case !l.Password.Empty():
		l.Credentials = "password"
	case !l.ClientKey.Empty():
		l.Credentials = "certificate"
	}
	return l
}

// All returns the logins; nobody changes what it returns.
func (s *Logins) All() []RepositoryLogin { return s.all }

// For returns how a URL is entered: by its own entry, or by that of the longest prefix; the empty login when there is none.
// An entry serves what is below it: credentials of https://host/team are not those of https://host/team-of-others. Of a
// repository and a template with one URL the repository serves, and one without credentials has those of the longest template.
func (s *Logins) For(raw string) RepositoryLogin {
	var bare *RepositoryLogin
	for key := range prefixes(CleanURL(raw)) {
		if i, ok := s.own[key]; ok && bare == nil {
			if l := &s.all[i]; l.Credentials != "" || l.Username != "" || l.Problem != "" {
				return *l
			}
			bare = &s.all[i]
		}
		if i, ok := s.templates[key]; ok {
			if bare != nil {
				return lend(*bare, s.all[i])
			}
			return s.all[i]
		}
	}
	if bare != nil {
		return *bare
	}
	return RepositoryLogin{}
}

// lend gives a repository the credentials of a template.
func lend(l, t RepositoryLogin) RepositoryLogin {
	l.Username, l.Password, l.BearerToken, l.SSHPrivateKey = t.Username, t.Password, t.BearerToken, t.SSHPrivateKey
	l.ClientCert, l.ClientKey, l.Credentials = t.ClientCert, t.ClientKey, t.Credentials
	if l.ProxyURL.Empty() {
		l.ProxyURL, l.Proxy, l.NoProxy = t.ProxyURL, t.Proxy, t.NoProxy
	}
	if t.Problem != "" {
		l.Problem, l.From = t.Problem, t.From
	}
	return l
}

// loginKey is the URL of an entry as [prefixes] yields it: without the sign that parts it from what is below.
func loginKey(raw string) string {
	url := CleanURL(raw)
	if isSCP(url) {
		url = strings.TrimSuffix(url, ":")
	}
	return strings.TrimSuffix(url, "/")
}

// SameRepository reports whether two URLs are those of one entry: with and without .git, and with and without a slash at the end.
func SameRepository(a, b string) bool {
	bare := func(raw string) string { return strings.TrimSuffix(strings.TrimSuffix(ShownURL(raw), "/"), ".git") }
	return bare(a) == bare(b)
}

// prefixes yields a URL, with and without .git, and then what it is below, the longest first.
func prefixes(url string) iter.Seq[string] {
	return func(yield func(string) bool) {
		other, git := strings.CutSuffix(url, ".git")
		if !git {
			other = url + ".git"
		}
		if !yield(url) || !yield(other) {
			return
		}
		// The host of git@HOST:PATH has no port, so that a colon ends it.
		signs, host := "/", strings.Index(url, "://")+1
		if isSCP(url) {
			signs = "/:"
		}
		if host > 0 {
			host += len("//")
		}
		for i := strings.LastIndexAny(url, signs); i > host; i = strings.LastIndexAny(url[:i], signs) {
			if !yield(url[:i]) {
				return
			}
		}
	}
}

// isSCP reports whether a URL is of the form USER@HOST:PATH, or begins one.
func isSCP(url string) bool { return !strings.Contains(url, "://") && strings.Contains(url, "@") }

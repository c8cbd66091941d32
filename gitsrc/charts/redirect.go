package charts

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// mostRedirects bounds how often a server may send us elsewhere.
const mostRedirects = 5

// ErrRedirect says that a server sent us where we do not go.
var ErrRedirect = errors.New("the redirect is not followed")

// FollowRedirect decides whether the next request of a redirect is made, and takes credentials off one to another server than
// the first: Go itself would take them along to subdomains. A connection does not lose its protection. It is the one rule for
// git, charts and artifacts.
func FollowRedirect(first *url.URL, next *http.Request, via []*http.Request) error {
	switch {
	case len(via) > mostRedirects:
		return fmt.Errorf("%w: there were %d before it", ErrRedirect, len(via)-1)
	case next.URL.Scheme != "https" && next.URL.Scheme != "http", first.Scheme == "https" && next.URL.Scheme == "http":
		return fmt.Errorf("%w: it leads from %s to %s", ErrRedirect, first.Scheme, next.URL.Scheme)
	case !sameHost(first, next.URL):
		for _, name := range []string{"Authorization", "Cookie", "Www-Authenticate", "Proxy-Authorization"} {
			next.Header.Del(name)
		}
	}
	return nil
}

// sameHost reports whether two URLs lead to one server by one way, or by a protected way in the place of the first.
func sameHost(a, b *url.URL) bool {
	if !strings.EqualFold(a.Hostname(), b.Hostname()) {
		return false
	}
	protected := a.Scheme == "http" && b.Scheme == "https" && portOf(a) == "80" && portOf(b) == "443"
	return protected || a.Scheme == b.Scheme && portOf(a) == portOf(b)
}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}

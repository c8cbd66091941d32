package charts

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// page is what a server answered.
type page struct {
	status         int
	body           []byte
	etag, modified string
	// wait is how long the server wants to be left alone.
	wait time.Duration
}

// request is one GET.
type request struct {
	url   *url.URL
	login Login
	// before is what is known of the page already.
	before note
	limit  int64
	// whole asks for the bytes as they are stored.
	whole bool
	// to takes the body as it comes, in place of the page.
	to io.Writer
}

// get asks a server for a page. Its errors hold neither the URL nor what was sent.
func get(ctx context.Context, r request) (page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url.String(), nil)
	if err != nil {
		return page{}, errors.New("this is no URL")
	}
	r.login.sign(req)
	if r.before.ETag != "" {
		req.Header.Set("If-None-Match", r.before.ETag)
	}
	if r.before.Modified != "" {
		req.Header.Set("If-Modified-Since", r.before.Modified)
	}
	if r.whole {
		// Without it the transport may unpack what it takes for its own compression, and the digest would differ.
		req.Header.Set("Accept-Encoding", "identity")
	}
	resp, err := r.login.client(r.url).Do(req)
	if err != nil {
		return page{}, inner(err)
	}
	defer func() { _ = resp.Body.Close() }()
	p := page{status: resp.StatusCode, etag: resp.Header.Get("ETag"), modified: settled(resp.Header), wait: waitOf(resp.Header)}
	if p.status != http.StatusOK {
		return p, nil
	}
	var body bytes.Buffer
	if r.to == nil {
		r.to = &body
	}
	n, err := io.Copy(r.to, io.LimitReader(resp.Body, r.limit+1))
	if err != nil {
		return p, inner(err)
	}
	if n > r.limit {
		return p, refused("it is larger than %s", size(r.limit))
	}
	p.body = body.Bytes()
	return p, nil
}

// settled is the time of a page's last change, if the page is older than the second that such times count in: one that was
// changed just now may change again within it.
func settled(h http.Header) string {
	modified, err := http.ParseTime(h.Get("Last-Modified"))
	sent, errSent := http.ParseTime(h.Get("Date"))
	if err != nil || errSent != nil || sent.Sub(modified) < 2*time.Second {
		return ""
	}
	return h.Get("Last-Modified")
}

// inner is the cause of an error of the client, which names the URL as it was sent.
func inner(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// sign puts the credentials on a request.
func (l Login) sign(req *http.Request) {
	req.Header.Set("User-Agent", "wheelhouse")
	switch {
	case !l.Token.Empty():
		req.Header.Set("Authorization", "Bearer "+l.Token.Reveal())
	case l.Username != "" || !l.Password.Empty():
		req.SetBasicAuth(l.Username, l.Password.Reveal())
	}
}

// client is the login's client with a rule for being sent elsewhere: credentials stay with the host that they are for,
// unless they may be passed, and a connection does not lose its protection.
func (l Login) client(first *url.URL) *http.Client {
	c := *l.Client
	c.Jar = nil
	c.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if err := FollowRedirect(first, req, via); err != nil {
			return err
		}
		if l.PassCredentials && !sameHost(first, req.URL) {
			l.sign(req)
		}
		return nil
	}
	return &c
}

// clean returns a URL without what may be secret in it: user, password and query.
func clean(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		// What cannot be parsed may hold a password anywhere: rather too much is cut than too little.
		scheme, rest, ok := strings.Cut(raw, "://")
		if i := strings.LastIndex(rest, "@"); ok && i >= 0 {
			return scheme + "://" + rest[i+1:]
		}
		return raw
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

package charts

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// explain says which step of a conversation with a repository failed, and what to do about it.
func explain(act, where string, err error) error {
	where = clean(where)
	fail := func(what, remedy string) error {
		return hint.With(fmt.Errorf("%s of %s: %s", act, where, what), remedy)
	}
	var dns *net.DNSError
	var untrusted *tls.CertificateVerificationError
	text := err.Error()
	switch {
	case hint.Of(err) != "":
		return err
	case errors.Is(err, ErrLimit):
		return hint.With(fmt.Errorf("%s of %s: %w", act, where, err), "it is not what charts look like: ask who made it")
	case errors.As(err, &dns):
		return fail("the host "+dns.Name+" is not known", "check the URL and the name service")
	case strings.Contains(text, "connection refused"):
		return fail("the connection was refused", "check that the server runs and that the port is right")
	case errors.As(err, &untrusted), strings.Contains(text, "x509:"):
		return fail("the server's certificate is not trusted: "+text, "register the CA that signed it: wheelhouse repo add "+where+
			" --upsert --ca-path FILE; or accept any certificate with --insecure-skip-server-verification")
	case strings.Contains(text, "server gave HTTP response to HTTPS client"):
		return fail("the server speaks plain HTTP", "register it with --insecure-oci-force-http, if the way to it can be trusted")
	case strings.Contains(text, "tls:"):
		return fail("the server does not take this client: "+text, "check the client certificate that is registered for it")
	case errors.Is(err, ErrRedirect):
		return fail(text, "use the URL that the server redirects to")
	case errors.Is(err, context.DeadlineExceeded), strings.Contains(text, "timeout"):
		return fail("no answer in time", "check that the server is reachable from here")
	}
	return fmt.Errorf("%s of %s: %w", act, where, err)
}

// refusedBy says what a status that is not 200 means.
func refusedBy(act, where string, login Login, p page, missing string) error {
	status := p.status
	fail := func(what, remedy string) error {
		return hint.With(fmt.Errorf("%s of %s: %s", act, clean(where), what), remedy)
	}
	register := "register other credentials: wheelhouse repo add " + clean(where) + " --upsert --username NAME --password -"
	switch {
	case status == http.StatusUnauthorized && login.Username == "" && login.Password.Empty() && login.Token.Empty():
		return fail("authentication is required, and none is registered", register)
	case status == http.StatusUnauthorized:
		return fail("the credentials were refused", register)
	case status == http.StatusForbidden:
		return fail("access is forbidden", "ask for the right to read it, or "+register)
	case status == http.StatusNotFound:
		return hint.With(fmt.Errorf("%s of %s: %w: %s", act, clean(where), app.ErrNotFound, missing),
			"check the URL; some servers say this to those who may not see it")
	case status == http.StatusTooManyRequests:
		return &busyError{fail("the server wants fewer requests (429)", "wait, or log in: many servers allow more to those they know"), p.wait}
	case p.wait > 0:
		return &busyError{fail(fmt.Sprintf("the server is busy (%d)", status), "try again later"), p.wait}
	}
	return fail(fmt.Sprintf("the server answered %d %s", status, http.StatusText(status)), "try again later, or look at the server's log")
}

// busyError is the answer of a server that wants to be left alone for a while.
type busyError struct {
	error
	wait time.Duration
}

// Unwrap returns what the server said.
func (b *busyError) Unwrap() error { return b.error }

const (
	// leastWait and mostWait bound how long a busy server is left alone.
	leastWait, mostWait = 30 * time.Second, 5 * time.Minute
)

// pauseAfter is how long a failure is answered from memory.
func pauseAfter(err error) time.Duration {
	if busy, ok := errors.AsType[*busyError](err); ok {
		return min(max(busy.wait, leastWait), mostWait)
	}
	return failurePause
}

// waitOf is what the header Retry-After says, in seconds or as a time.
func waitOf(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return time.Until(at)
	}
	return 0
}

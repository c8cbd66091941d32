package charts

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

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
	case errors.Is(err, context.DeadlineExceeded), strings.Contains(text, "timeout"):
		return fail("no answer in time", "check that the server is reachable from here")
	}
	return fmt.Errorf("%s of %s: %w", act, where, err)
}

// refusedBy says what a status that is not 200 means.
func refusedBy(act, where string, login Login, status int, missing string) error {
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
		return fail("the server wants fewer requests (429)", "wait, or log in: many servers allow more to those they know")
	}
	return fail(fmt.Sprintf("the server answered %d %s", status, http.StatusText(status)), "try again later, or look at the server's log")
}

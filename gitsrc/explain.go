package gitsrc

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/transport"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/charts"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// userinfo finds credentials in URLs of other people's error texts.
var userinfo = regexp.MustCompile(`([a-z+]+://)[^\s]*@`)

// explain says which step of a conversation with a repository failed, and what to do about it. Credentials that the
// text of an error may hold are cut out of it.
func explain(act, raw string, err error) error {
	where := app.ShownURL(raw)
	text := userinfo.ReplaceAllString(strings.ReplaceAll(err.Error(), raw, where), "$1")
	fail := func(what, remedy string) error {
		return hint.With(fmt.Errorf("%s of %s: %s", act, where, what), remedy)
	}
	if _, bad := url.Parse(raw); bad != nil && strings.Contains(raw, "://") {
		// The parser's words may hold a part of a password.
		return fail("this is no URL", "write it without user and password, and register these: wheelhouse repo add URL --username NAME --password -")
	}
	var dns *net.DNSError
	var key *hostKeyError
	var revoked *knownhosts.RevokedError
	var proxy *proxyError
	var wait *waitError
	var connect *net.OpError
	switch {
	case hint.Of(err) != "":
		return err
	case errors.Is(err, exec.ErrNotFound):
		return fail("the git program is needed for a repository of this machine, and is not there", "install git, or put it on PATH; or serve the repository over https or SSH")
	case errors.Is(err, transport.ErrAuthenticationRequired):
		return fail("authentication is required, and none or a wrong login is registered",
			"register one: wheelhouse repo add "+where+" --upsert --username NAME --password -")
	case errors.Is(err, transport.ErrAuthorizationFailed), errors.Is(err, transport.ErrInvalidAuthMethod):
		return fail("the credentials were refused", "register others: wheelhouse repo add "+where+" --upsert --username NAME --password -")
	case errors.Is(err, transport.ErrRepositoryNotFound):
		return fail("there is no such repository", "check the URL; some servers say this to those who may not see it")
	case errors.Is(err, transport.ErrEmptyRemoteRepository):
		return fail("the repository is empty", "push a commit first")
	case errors.As(err, &wait):
		return fail(wait.Error(), "wait until then: nothing is asked of it before")
	case errors.As(err, &proxy):
		return fail(proxy.Error(), "register the right proxy, and its user: wheelhouse repo add "+where+" --upsert --proxy -")
	case errors.As(err, &connect) && connect.Op == "proxyconnect":
		return fail("the proxy cannot be reached: "+connect.Err.Error(), "register another one: wheelhouse repo add "+where+" --upsert --proxy URL")
	case errors.As(err, &dns):
		return fail("the host "+dns.Name+" is not known", "check the URL and the name service")
	case strings.Contains(text, "connection refused"):
		return fail("the connection was refused", "check that the server runs and that the port is right")
	case errors.As(err, &key):
		return fail(key.Error(), key.remedy(where))
	case errors.As(err, &revoked):
		return fail("the server's SSH host key was revoked: it is in "+revoked.Revoked.Filename, "ask the server's operator for its new key")
	case strings.Contains(text, "no common algorithm for host key"):
		return fail("the server's SSH host key changed: it has no key of the known kind", changedRemedy(where, nil))
	case strings.Contains(text, "unable to authenticate"):
		return fail("the SSH key was refused", "register the right key: wheelhouse repo add "+where+" --upsert --ssh-private-key-path FILE")
	case errors.As(err, &connect) && connect.Op == "remote error":
		return fail("the server refused the connection: "+text, "if it asks for a client certificate, register one: wheelhouse repo add "+where+
			" --upsert --tls-client-cert-path FILE --tls-client-cert-key-path FILE")
	case strings.Contains(text, "x509:"), strings.Contains(text, "tls:"):
		return fail("the server's certificate is not trusted: "+text, "register the CA that signed it: wheelhouse repo add "+where+
			" --upsert --ca-path FILE; or accept any certificate with --insecure-skip-server-verification")
	case errors.Is(err, charts.ErrRedirect):
		return fail(text, "use the URL that the server redirects to")
	case errors.Is(err, os.ErrDeadlineExceeded), strings.Contains(text, "deadline exceeded"), strings.Contains(text, "timeout"):
		return fail("no answer in time", "check that the server is reachable from here")
	}
	return fmt.Errorf("%s of %s: %s", act, where, text)
}

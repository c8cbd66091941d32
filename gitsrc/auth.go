package gitsrc

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/transport"
	gitssh "github.com/go-git/go-git/v5/plumbing/transport/ssh"
	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// auth returns the login for a URL from the registry in go-git's form; an SSH URL without one uses the user's agent.
func (f *Fetcher) auth(raw string) (transport.AuthMethod, error) {
	found, err := f.opts.Registry.Login(raw)
	if err != nil {
		return nil, err
	}
	switch {
	case isSSH(raw):
		return f.sshLogin(raw, found)
	case isWeb(raw):
		client, err := f.clients.Client(found)
		if err != nil {
			return nil, err
		}
		return &webAuth{client, found}, nil
	}
	return nil, nil
}

func isWeb(raw string) bool {
	scheme, _, _ := strings.Cut(raw, "://")
	return strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")
}

func isSSH(raw string) bool {
	return strings.HasPrefix(raw, "ssh://") || !strings.Contains(raw, "://") && strings.Contains(raw, "@") && strings.Contains(raw, ":")
}

func (f *Fetcher) sshLogin(raw string, found app.RepositoryLogin) (transport.AuthMethod, error) {
	user := "git"
	if ep, err := transport.NewEndpoint(raw); err == nil && ep.User != "" {
		user = ep.User
	}
	check, algorithms, err := f.hostKeys(raw, found.Insecure)
	if err != nil {
		return nil, err
	}
	if found.SSHPrivateKey.Empty() {
		agent, err := gitssh.NewSSHAgentAuth(user)
		if err != nil {
			return nil, hint.With(fmt.Errorf("log in to %s: no key is registered and no SSH agent runs", clean(raw)),
				"register a key: wheelhouse repo add "+clean(raw)+" --ssh-private-key-path FILE")
		}
		agent.HostKeyCallback = check
		return &sshAuth{agent, algorithms}, nil
	}
	keys, err := gitssh.NewPublicKeys(user, []byte(found.SSHPrivateKey.Reveal()), found.Password.Reveal())
	if err != nil {
		return nil, hint.With(fmt.Errorf("log in to %s: the registered SSH key cannot be read", clean(raw)),
			"register it again, with its passphrase as --password")
	}
	keys.HostKeyCallback = check
	return &sshAuth{keys, algorithms}, nil
}

// sshAuth limits the host key algorithms to those that known_hosts has keys of: otherwise one may be negotiated that it
// lacks (go-git/go-git#1551).
type sshAuth struct {
	gitssh.AuthMethod
	algorithms []string
}

// ClientConfig returns the inner method's configuration with the algorithms.
func (a *sshAuth) ClientConfig() (*ssh.ClientConfig, error) {
	c, err := a.AuthMethod.ClientConfig()
	if err == nil && len(a.algorithms) > 0 {
		c.HostKeyAlgorithms = a.algorithms
	}
	return c, err
}

func (f *Fetcher) hostKeys(raw string, insecure bool) (ssh.HostKeyCallback, []string, error) {
	if insecure {
		return ssh.InsecureIgnoreHostKey(), nil, nil
	}
	files := f.opts.KnownHosts
	if len(files) == 0 {
		for _, file := range []string{os.ExpandEnv("$HOME/.ssh/known_hosts"), "/etc/ssh/ssh_known_hosts"} {
			if _, err := os.Stat(file); err == nil {
				files = append(files, file)
			}
		}
	}
	db, err := knownhosts.NewDB(files...)
	if err != nil {
		return nil, nil, hint.With(fmt.Errorf("read known_hosts: %w", err), "mend the file")
	}
	var algorithms []string
	if ep, err := transport.NewEndpoint(raw); err == nil {
		port := ep.Port
		if port == 0 {
			port = 22
		}
		algorithms = db.HostKeyAlgorithms(net.JoinHostPort(ep.Host, fmt.Sprint(port)))
	}
	return db.HostKeyCallback(), algorithms, nil
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

// userinfo finds credentials in URLs of other people's error texts.
var userinfo = regexp.MustCompile(`([a-z+]+://)[^\s]*@`)

// explain says which step of a conversation with a repository failed, and what to do about it. Credentials that the
// text of an error may hold are cut out of it.
func explain(act, raw string, err error) error {
	where := clean(raw)
	text := userinfo.ReplaceAllString(strings.ReplaceAll(err.Error(), raw, where), "$1")
	fail := func(what, remedy string) error {
		return hint.With(fmt.Errorf("%s of %s: %s", act, where, what), remedy)
	}
	if _, bad := url.Parse(raw); bad != nil && strings.Contains(raw, "://") {
		// The parser's words may hold a part of a password.
		return fail("this is no URL", "write it without user and password, and register these: wheelhouse repo add URL --username NAME --password -")
	}
	var dns *net.DNSError
	var proxy *proxyError
	var connect *net.OpError
	switch {
	case hint.Of(err) != "":
		return err
	case errors.Is(err, transport.ErrAuthenticationRequired):
		return fail("authentication is required, and none or a wrong login is registered",
			"register one: wheelhouse repo add "+where+" --upsert --username NAME --password -")
	case errors.Is(err, transport.ErrAuthorizationFailed), errors.Is(err, transport.ErrInvalidAuthMethod):
		return fail("the credentials were refused", "register others: wheelhouse repo add "+where+" --upsert --username NAME --password -")
	case errors.Is(err, transport.ErrRepositoryNotFound):
		return fail("there is no such repository", "check the URL; some servers say this to those who may not see it")
	case errors.Is(err, transport.ErrEmptyRemoteRepository):
		return fail("the repository is empty", "push a commit first")
	case errors.As(err, &proxy):
		return fail(proxy.Error(), "register the right proxy, and its user: wheelhouse repo add "+where+" --upsert --proxy -")
	case errors.As(err, &connect) && connect.Op == "proxyconnect":
		return fail("the proxy cannot be reached: "+connect.Err.Error(), "register another one: wheelhouse repo add "+where+" --upsert --proxy URL")
	case errors.As(err, &dns):
		return fail("the host "+dns.Name+" is not known", "check the URL and the name service")
	case strings.Contains(text, "connection refused"):
		return fail("the connection was refused", "check that the server runs and that the port is right")
	case strings.Contains(text, "knownhosts: key is unknown"), strings.Contains(text, "knownhosts: key mismatch"):
		return fail("the server's SSH host key is not the known one: "+text, "check the key, then add it: ssh-keyscan HOST >> ~/.ssh/known_hosts")
	case strings.Contains(text, "unable to authenticate"):
		return fail("the SSH key was refused", "register the right key: wheelhouse repo add "+where+" --upsert --ssh-private-key-path FILE")
	case errors.As(err, &connect) && connect.Op == "remote error":
		return fail("the server refused the connection: "+text, "if it asks for a client certificate, register one: wheelhouse repo add "+where+
			" --upsert --tls-client-cert-path FILE --tls-client-cert-key-path FILE")
	case strings.Contains(text, "x509:"), strings.Contains(text, "tls:"):
		return fail("the server's certificate is not trusted: "+text, "register the CA that signed it: wheelhouse repo add "+where+
			" --upsert --ca-path FILE; or accept any certificate with --insecure-skip-server-verification")
	case errors.Is(err, errRedirect):
		return fail(text, "use the URL that the server redirects to")
	case errors.Is(err, os.ErrDeadlineExceeded), strings.Contains(text, "deadline exceeded"), strings.Contains(text, "timeout"):
		return fail("no answer in time", "check that the server is reachable from here")
	}
	return fmt.Errorf("%s of %s: %s", act, where, text)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

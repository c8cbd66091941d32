package gitsrc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/transport"
	gitssh "github.com/go-git/go-git/v5/plumbing/transport/ssh"
	"golang.org/x/crypto/ssh"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// sshAuth is a login over SSH. The algorithms of host keys are limited to those that known_hosts has keys of: otherwise
// one may be negotiated that it lacks (go-git/go-git#1551).
type sshAuth struct {
	user       string
	auth       ssh.AuthMethod
	check      ssh.HostKeyCallback
	algorithms []string
}

var _ gitssh.AuthMethod = (*sshAuth)(nil)

// Name implements transport.AuthMethod.
func (a *sshAuth) Name() string { return "wheelhouse" }

// String implements transport.AuthMethod; it holds no secret.
func (a *sshAuth) String() string { return a.Name() + " as " + a.user }

// ClientConfig implements gitssh.AuthMethod.
func (a *sshAuth) ClientConfig() (*ssh.ClientConfig, error) {
	return &ssh.ClientConfig{
		User: a.user, Auth: []ssh.AuthMethod{a.auth}, HostKeyCallback: a.check, HostKeyAlgorithms: a.algorithms, Timeout: connectTimeout,
	}, nil
}

// sshLogin logs in with the registered key, or else with the keys of the user's agent.
func (f *Fetcher) sshLogin(ctx context.Context, raw string, found app.RepositoryLogin) (*sshAuth, error) {
	at, err := sshAddress(raw)
	if err != nil {
		return nil, err
	}
	hosts, err := f.knownHosts(ctx)
	if err != nil {
		return nil, err
	}
	login := &sshAuth{user: at.user, check: hosts.check, algorithms: hosts.db.HostKeyAlgorithms(at.address)}
	if found.Insecure {
		login.check, login.algorithms = ssh.InsecureIgnoreHostKey(), nil
	}
	switch {
	case !found.SSHPrivateKey.Empty():
		signer, err := signerOf(raw, found)
		if err != nil {
			return nil, err
		}
		login.auth = ssh.PublicKeys(signer)
	case f.opts.SSHAgent != "":
		login.auth = ssh.PublicKeysCallback(agentKeys(f.opts.SSHAgent))
	default:
		return nil, hint.With(fmt.Errorf("log in to %s: no key is registered and no SSH agent runs", app.ShownURL(raw)),
			"register a key: wheelhouse repo add "+app.ShownURL(raw)+" --ssh-private-key-path FILE")
	}
	return login, nil
}

// signerOf reads a registered key; its passphrase is the login's password.
func signerOf(raw string, found app.RepositoryLogin) (ssh.Signer, error) {
	text := []byte(found.SSHPrivateKey.Reveal())
	again := "register it again: wheelhouse repo add " + app.ShownURL(raw) + " --upsert --ssh-private-key-path FILE"
	fail := func(what, remedy string) (ssh.Signer, error) {
		return nil, hint.With(fmt.Errorf("log in to %s: the registered SSH key %s", app.ShownURL(raw), what), remedy)
	}
	signer, err := ssh.ParsePrivateKey(text)
	missing := (*ssh.PassphraseMissingError)(nil)
	if !errors.As(err, &missing) {
		if err != nil {
			return fail("cannot be read", again)
		}
		return signer, nil
	}
	if found.Password.Empty() {
		return fail("has a passphrase, which is not registered", again+" --password -")
	}
	signer, err = ssh.ParsePrivateKeyWithPassphrase(text, []byte(found.Password.Reveal()))
	if err != nil {
		return fail("has another passphrase than the registered one", again+" --password -")
	}
	return signer, nil
}

// sshAt is where an SSH URL leads.
type sshAt struct{ user, address string }

// sshAddress finds user, host and port of an SSH URL as go-git does, which heeds the user's ssh_config.
func sshAddress(raw string) (sshAt, error) {
	ep, err := transport.NewEndpoint(raw)
	if err != nil {
		return sshAt{}, fmt.Errorf("read %s: %w", app.ShownURL(raw), err)
	}
	at := sshAt{user: cmp.Or(ep.User, gitssh.DefaultUsername)}
	host, port := strings.Trim(ep.Host, "[]"), ep.Port
	if name := gitssh.DefaultSSHConfig.Get(ep.Host, "Hostname"); name != "" {
		host = name
		if n, err := strconv.Atoi(gitssh.DefaultSSHConfig.Get(ep.Host, "Port")); err == nil {
			port = n
		}
	}
	at.address = net.JoinHostPort(host, strconv.Itoa(cmp.Or(port, gitssh.DefaultPort)))
	return at, nil
}

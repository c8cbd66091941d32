package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
)

// repoFlags are the flags of repo add that are not the login's own fields: files, and secrets that may be read.
type repoFlags struct {
	password, token, proxy           string
	signers                          string
	sshKey, ca, clientCert, certKey  string
	upsert, insecureHost, insecureIt bool
}

func repoAdd() Verb {
	var login app.RepositoryLogin
	var given repoFlags
	var flags *pflag.FlagSet
	return Verb{
		Group: "repo", Name: "add", Args: "URL", MinArgs: 1, MaxArgs: 1,
		Short: "Register a repository and its credentials",
		Long: "Register a repository. The credentials serve every URL that begins with this one; the longest wins. A password,\n" +
			"token or proxy given as - is read from the standard input, a line each in this order, so that it is in no list of\n" +
			"processes. They are kept in a file that only you may read, or with --repositories in Secrets of a cluster. User and password\n" +
			"that the URL holds become those of the entry, whose URL is kept without them.",
		Example: "  wheelhouse repo add https://git.example.com/team --username ci --password -\n" +
			"  wheelhouse repo add https://git.example.com --ca-path company-ca.pem --proxy http://proxy.example.com:3128\n" +
			"  wheelhouse repo add https://git.example.com/team/monorepo.git --partial\n" +
			"  wheelhouse repo add https://charts.example.com --type helm --username ci --password -\n" +
			"  wheelhouse repo add ghcr.io/org/charts --type helm --enable-oci --username ci --password -",
		Flags: func(f *pflag.FlagSet) {
			f.StringVar(&login.Type, "type", "git", "`kind` of repository: git, helm or oci")
			f.StringVar(&login.Name, "name", "", "`name` for lists")
			f.StringVar(&login.Username, "username", "", "user `name`")
			f.StringVar(&given.password, "password", "", "`password`, or passphrase of the SSH key; - reads it")
			f.StringVar(&given.token, "bearer-token", "", "bearer `token`; - reads it")
			f.StringVar(&given.sshKey, "ssh-private-key-path", "", "SSH private key `file`")
			f.StringVar(&given.ca, "ca-path", "", "`file` with PEM certificates that are trusted beside the system's")
			f.StringVar(&given.clientCert, "tls-client-cert-path", "", "`file` with the PEM certificate to show to the server")
			f.StringVar(&given.certKey, "tls-client-cert-key-path", "", "`file` with the PEM key of that certificate")
			f.StringVar(&given.signers, "signature-keys", "", "`file` with the public keys, of OpenPGP or SSH, of which one must have signed a commit")
			f.BoolVar(&given.insecureIt, "insecure-skip-server-verification", false, "do not check the server's certificate or host key")
			f.BoolVar(&given.insecureHost, "insecure-ignore-host-key", false, "do not check the server's SSH host key")
			f.StringVar(&given.proxy, "proxy", "", "`URL` of the proxy to go through; - reads it, with its user and password")
			f.StringVar(&login.NoProxy, "no-proxy", "", "`hosts` that are reached without the proxy, separated by commas")
			f.BoolVar(&login.EnableOCI, "enable-oci", false, "the Helm repository is an OCI registry")
			f.BoolVar(&login.PlainHTTP, "insecure-oci-force-http", false, "ask the OCI registry without TLS")
			f.BoolVar(&login.Partial, "partial", false, "fetch only those files of the git repository that are read; needs the git program")
			f.BoolVar(&login.PassCredentials, "pass-credentials", false, "let credentials go to other hosts that a Helm repository names")
			f.BoolVar(&login.EnableLFS, "enable-lfs", false, "serve files that are kept in Git LFS with their content")
			f.StringVar(&login.Keyring, "keyring", "", "`file` with the public keys that charts have to be signed by")
			f.BoolVar(&given.upsert, "upsert", false, "change what is registered for the URL; what is not given stays")
			flags = f
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			// Who may not is told before any credentials are read.
			if err := env.Engine.Allowed(env.Principal, engine.ActRegister); err != nil {
				return err
			}
			login.URL = args[0]
			shown := app.ShownURL(login.URL)
			login.Insecure = given.insecureIt || given.insecureHost
			registered, err := env.Ports.Repositories.List(ctx)
			if err != nil {
				return err
			}
			if !given.upsert && slices.ContainsFunc(registered, func(r app.Repository) bool { return app.SameRepository(r.URL, shown) }) {
				return fmt.Errorf("repository %s: %w; --upsert changes it", shown, app.ErrExists)
			}
			if err := absolute(&login.Keyring); err != nil {
				return err
			}
			if err := given.read(env.In, &login); err != nil {
				return err
			}
			if given.upsert {
				before, err := env.Ports.Repositories.Entry(ctx, shown)
				if err != nil && !errors.Is(err, app.ErrNotFound) {
					return err
				}
				keepLogin(flags, before, &login)
			}
			if err := env.Engine.AddRepository(ctx, env.Principal, login); err != nil {
				return err
			}
			if login.Insecure || login.PlainHTTP {
				env.say("warning: insecure: the identity of %s is not checked", shown)
			}
			fmt.Fprintf(env.Out, "repository %s added; try it with: wheelhouse repo test %s\n", shown, shown)
			return nil
		},
	}
}

// absolute makes the name of a file that is read later independent of the folder that the program runs in.
func absolute(file *string) error {
	if *file == "" {
		return nil
	}
	name, err := filepath.Abs(*file)
	if err == nil {
		_, err = os.Stat(name)
	}
	if err != nil {
		return fmt.Errorf("read keyring: %w", err)
	}
	*file = name
	return nil
}

// read puts the contents of files and of the standard input into the login.
func (r repoFlags) read(in io.Reader, l *app.RepositoryLogin) error {
	lines := bufio.NewReader(in)
	for _, s := range []struct {
		value string
		into  *app.Secret
	}{{r.password, &l.Password}, {r.token, &l.BearerToken}, {r.proxy, &l.ProxyURL}} {
		text, err := secretFlag(lines, s.value)
		if err != nil {
			return err
		}
		*s.into = text
	}
	var ca, cert, signers app.Secret
	for _, s := range []struct {
		what, path string
		into       *app.Secret
	}{
		{"SSH key", r.sshKey, &l.SSHPrivateKey},
		{"CA", r.ca, &ca},
		{"signature keys", r.signers, &signers},
		{"client certificate", r.clientCert, &cert},
		{"key of the client certificate", r.certKey, &l.ClientKey},
	} {
		if s.path == "" {
			continue
		}
		b, err := os.ReadFile(s.path)
		if err != nil {
			return fmt.Errorf("read %s: %w", s.what, err)
		}
		*s.into = app.NewSecret(string(b))
	}
	l.CA, l.ClientCert, l.SignatureKeys = ca.Reveal(), cert.Reveal(), signers.Reveal()
	return nil
}

// secretFlag returns the secret of a flag, reading one line for "-".
func secretFlag(lines *bufio.Reader, value string) (app.Secret, error) {
	if value != "-" {
		return app.NewSecret(value), nil
	}
	line, err := lines.ReadString('\n')
	if err != nil && line == "" {
		return app.Secret{}, usagef("read secret from the standard input: %w", err)
	}
	return app.NewSecret(strings.TrimRight(line, "\r\n")), nil
}

package gitsrc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	cryptohosts "golang.org/x/crypto/ssh/knownhosts"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// Both say that the key of an SSH server was not accepted; the second is what an attack looks like.
var (
	errHostUnknown = errors.New("the server's SSH host key is not known")
	errHostChanged = errors.New("the server's SSH host key changed")
)

// hostKeyError is errHostUnknown or errHostChanged with the keys at hand.
type hostKeyError struct {
	host, kind, fingerprint string
	// known are the other keys of the host that there are.
	known []cryptohosts.KnownKey
	// own is the file of accepted keys, and shared where others keep some.
	own, shared string
}

// Unwrap returns which of the two it is.
func (e *hostKeyError) Unwrap() error {
	if len(e.known) > 0 {
		return errHostChanged
	}
	return errHostUnknown
}

// Error implements error.
func (e *hostKeyError) Error() string {
	text := fmt.Sprintf("%s: %s shows the key %s (%s)", e.Unwrap(), e.host, e.fingerprint, e.kind)
	for _, k := range e.known {
		text += fmt.Sprintf("; known is %s (%s line %d)", ssh.FingerprintSHA256(k.Key), k.Filename, k.Line)
	}
	return text
}

func (e *hostKeyError) remedy(url string) string {
	if len(e.known) == 0 {
		return "compare the key with what the server's operator publishes, then accept it: wheelhouse repo trust " + url
	}
	return changedRemedy(url, e)
}

// changedRemedy says how the key that is known is removed: by whom depends on the file that has it.
func changedRemedy(url string, e *hostKeyError) string {
	const careful = "if its operator announced a new key, remove the old one first: "
	own := "wheelhouse repo trust " + url + " --remove"
	if e == nil {
		return careful + own + ", or ssh-keygen -R HOST"
	}
	var acts []string
	for _, k := range e.known {
		act := fmt.Sprintf("ssh-keygen -f %s -R '%s'", k.Filename, knownhosts.Normalize(e.host))
		switch k.Filename {
		case e.own:
			act = own
		case e.shared:
			act = "edit the " + e.shared
		}
		if len(acts) == 0 || acts[len(acts)-1] != act {
			acts = append(acts, act)
		}
	}
	return careful + strings.Join(acts, "; ")
}

// hostKeys are the known keys of SSH servers.
type hostKeys struct {
	db  *knownhosts.HostKeyDB
	own string
	// copied is the file that held the shared keys while they were read, and shared is where they are.
	copied, shared string
}

// knownHosts reads the user's and the system's files, our own, and the keys that are shared.
func (f *Fetcher) knownHosts(ctx context.Context) (hostKeys, error) {
	h := hostKeys{own: f.opts.TrustedHosts}
	files := f.opts.KnownHosts
	if len(files) == 0 {
		files = existing(os.ExpandEnv("$HOME/.ssh/known_hosts"), "/etc/ssh/ssh_known_hosts")
	}
	files = append(files[:len(files):len(files)], existing(f.opts.TrustedHosts)...)
	if f.opts.SharedHosts != nil {
		text, from, err := f.opts.SharedHosts(ctx)
		if err != nil && from == "" {
			return hostKeys{}, err
		}
		if h.copied, err = copyHosts(text); err != nil {
			return hostKeys{}, err
		}
		defer func() { _ = os.Remove(h.copied) }()
		h.shared, files = from, append(files, h.copied)
	}
	db, err := knownhosts.NewDB(files...)
	if err != nil {
		if h.copied != "" && strings.Contains(err.Error(), h.copied) {
			return hostKeys{}, hint.With(fmt.Errorf("read known_hosts: %s", strings.ReplaceAll(err.Error(), h.copied, h.shared)), "mend it")
		}
		return hostKeys{}, hint.With(fmt.Errorf("read known_hosts: %w", err), "mend the file")
	}
	h.db = db
	return h, nil
}

// copyHosts writes host keys into a file, for they are read from files alone.
func copyHosts(text string) (string, error) {
	file, err := os.CreateTemp("", "wheelhouse-known_hosts-*")
	if err != nil {
		return "", fmt.Errorf("read known_hosts: %w", err)
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("read known_hosts: %w", err), os.Remove(file.Name()))
	}
	return file.Name(), nil
}

func existing(files ...string) []string {
	var out []string
	for _, file := range files {
		if _, err := os.Stat(file); file != "" && err == nil {
			out = append(out, file)
		}
	}
	return out
}

// check is an ssh.HostKeyCallback whose errors say more than "key mismatch".
func (h hostKeys) check(address string, remote net.Addr, key ssh.PublicKey) error {
	err := h.db.HostKeyCallback()(address, remote, key)
	if revoked, ok := errors.AsType[*cryptohosts.RevokedError](err); ok {
		h.rename(&revoked.Revoked)
	}
	var unknown *cryptohosts.KeyError
	if !errors.As(err, &unknown) {
		return err
	}
	for i := range unknown.Want {
		h.rename(&unknown.Want[i])
	}
	return &hostKeyError{
		host: address, kind: key.Type(), fingerprint: ssh.FingerprintSHA256(key), known: unknown.Want, own: h.own, shared: h.shared,
	}
}

// rename says of a shared key where it is, and not where it was read.
func (h hostKeys) rename(k *cryptohosts.KnownKey) {
	if h.copied != "" && k.Filename == h.copied {
		k.Filename = h.shared
	}
}

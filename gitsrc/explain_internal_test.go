package gitsrc

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/transport"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// TestExplain has the failures that no server on this machine can cause.
func TestExplain(t *testing.T) {
	t.Parallel()
	const url, where = "https://mira:s3cr3t@git.example.com/shop.git", "fetch of https://git.example.com/shop.git: "
	for name, tt := range map[string]struct {
		err          error
		want, remedy string
	}{
		"a host that nobody knows": {
			fmt.Errorf("dial: %w", &net.DNSError{Err: "no such host", Name: "git.example.com"}),
			where + "the host git.example.com is not known", "check the URL and the name service",
		},
		"a server that does not answer": {
			fmt.Errorf("read: %w", os.ErrDeadlineExceeded), where + "no answer in time", "check that the server is reachable from here",
		},
		"a way to log in that the server has not": {
			fmt.Errorf("log in: %w", transport.ErrInvalidAuthMethod), where + "the credentials were refused",
			"register others: wheelhouse repo add https://git.example.com/shop.git --upsert --username NAME --password -",
		},
		"an error of somebody else is kept": {errors.New("disk full"), where + "disk full", ""},
		"credentials are cut out of the text of others": {
			errors.New(`Get "https://mira:s3cr3t@git.example.com/shop.git": moved to http://mira:s3cr3t@other.example.com/`),
			where + `Get "https://git.example.com/shop.git": moved to http://other.example.com/`, "",
		},
		"an error that has its remedy stays as it is": {
			hint.With(errors.New("no key is registered"), "register one"), "no key is registered", "register one",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := explain("fetch", url, tt.err)
			if got.Error() != tt.want || hint.Of(got) != tt.remedy {
				t.Errorf("got %q (%s), want %q (%s)", got, hint.Of(got), tt.want, tt.remedy)
			}
		})
	}
}

// TestExplainNamesTheUserOfSSH has remedies that can be typed as they are: the user is a part of the address.
func TestExplainNamesTheUserOfSSH(t *testing.T) {
	t.Parallel()
	unknown := &hostKeyError{host: "git.example.com:22", kind: "ssh-ed25519", fingerprint: "SHA256:x"}
	changed := &hostKeyError{host: "git.example.com:22", known: []knownhosts.KnownKey{{Key: keyOf(t), Filename: "ours"}}, own: "ours"}
	refused := errors.New("ssh: handshake failed: ssh: unable to authenticate")
	for raw, url := range map[string]string{
		"ssh://deploy@git.example.com/shop.git":        "ssh://deploy@git.example.com/shop.git",
		"ssh://deploy:s3cr3t@git.example.com/shop.git": "ssh://deploy@git.example.com/shop.git",
		"deploy@git.example.com:shop.git":              "deploy@git.example.com:shop.git",
		"ssh://git.example.com/shop.git":               "ssh://git.example.com/shop.git",
	} {
		for want, err := range map[string]error{
			"wheelhouse repo trust " + url:                                          unknown,
			"wheelhouse repo trust " + url + " --remove":                            changed,
			"wheelhouse repo add " + url + " --upsert --ssh-private-key-path FILE":  refused,
			"wheelhouse repo add " + url + " --upsert --username NAME --password -": transport.ErrAuthenticationRequired,
		} {
			got := explain("fetch", raw, err)
			if !strings.HasSuffix(hint.Of(got), want) || !strings.HasPrefix(got.Error(), "fetch of "+url+": ") || strings.Contains(got.Error(), "s3cr3t") {
				t.Errorf("%s: got %v (%s), want %s", raw, got, hint.Of(got), want)
			}
		}
	}
}

func keyOf(t *testing.T) ssh.PublicKey {
	t.Helper()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

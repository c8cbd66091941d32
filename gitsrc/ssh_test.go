package gitsrc_test

import (
	"crypto/rand"
	rsapkg "crypto/rsa"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/sshtest"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// withKey is a registry with an SSH key for a server.
func withKey(t *testing.T, url, key string, insecure bool) *gitsrc.Registry {
	t.Helper()
	return login(t, app.RepositoryLogin{Repository: app.Repository{URL: url, Insecure: insecure}, SSHPrivateKey: app.NewSecret(key)})
}

// newAgent serves keys as an agent does and returns its socket.
func newAgent(t *testing.T, keys ...sshtest.Key) string {
	t.Helper()
	ring := agent.NewKeyring()
	for _, k := range keys {
		if err := ring.Add(agent.AddedKey{PrivateKey: k.Private}); err != nil {
			t.Fatal(err)
		}
	}
	// The path of a socket is short: the test's own folder may not be.
	dir, err := os.MkdirTemp("", "agent-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	sshtest.Accept(t, l, func(conn net.Conn) {
		defer func() { _ = conn.Close() }()
		_ = agent.ServeAgent(ring, conn)
	})
	return l.Addr().String()
}

func TestARepositoryOverSSH(t *testing.T) {
	t.Parallel()
	key := sshtest.NewKey(t)
	s := sshtest.Serve(t, key)
	r, id := newShop(t)
	src := source(s.URL+r.bare, "main")
	with := func(key, passphrase string) app.RepositoryLogin {
		return app.RepositoryLogin{SSHPrivateKey: app.NewSecret(key), Password: app.NewSecret(passphrase)}
	}
	unchecked := with(key.Text, "")
	unchecked.Insecure = true
	for name, tt := range map[string]struct {
		known  string
		branch string
		login  app.RepositoryLogin
		agent  string
	}{
		"the registered key serves, and the host is known": {s.Known, "raise-known", with(key.Text, ""), ""},
		"a key with its passphrase serves":                 {s.Known, "raise-passphrase", with(key.Protected(t, canary), canary), ""},
		"the key of an agent serves":                       {s.Known, "raise-agent", app.RepositoryLogin{}, newAgent(t, sshtest.NewKey(t), key)},
		"a host that is not to be checked serves":          {os.DevNull, "raise-unchecked", unchecked, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.login.URL = s.URL
			f := gitsrc.New(gitsrc.Options{
				CacheDir: t.TempDir(), Registry: login(t, tt.login), KnownHosts: []string{tt.known}, SSHAgent: tt.agent,
			})
			if got := resolve(t, f, src, 0); got.ID != id {
				t.Errorf("got %s, want %s", got.ID, id)
			}
			if got := readFile(t, fetch(t, f, src, id).Files, "web/chart.yaml"); got != "name: web\n" {
				t.Errorf("web/chart.yaml is %q", got)
			}
			got, err := f.Commit(t.Context(), src, change(id, tt.branch, map[string]string{"values.yaml": "replicas: 2\n"}))
			if err != nil {
				t.Fatal(err)
			}
			if tip := r.remote(t, "rev-parse", tt.branch); tip != got.ID {
				t.Errorf("the branch is at %s, want %s", tip, got.ID)
			}
		})
	}
}

func TestFailuresOverSSHSayWhatToDo(t *testing.T) {
	t.Parallel()
	key, other := sshtest.NewKey(t), sshtest.NewKey(t)
	s := sshtest.Serve(t, key)
	r, _ := newShop(t)
	text, err := os.ReadFile(sshtest.Serve(t, key).Known)
	if err != nil {
		t.Fatal(err)
	}
	port := strings.TrimPrefix(s.URL, "ssh://git@127.0.0.1:")
	_, anotherKey, _ := strings.Cut(string(text), " ")
	mismatch, broken := filepath.Join(t.TempDir(), "mismatch"), filepath.Join(t.TempDir(), "broken")
	write(t, mismatch, "[127.0.0.1]:"+port+" "+anotherKey)
	write(t, broken, "this is no line of known_hosts\n")
	rsa, revoked := filepath.Join(t.TempDir(), "rsa"), filepath.Join(t.TempDir(), "revoked")
	rsaKey, err := rsapkg.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaPublic, err := ssh.NewPublicKey(&rsaKey.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	write(t, rsa, knownhosts.Line([]string{s.Address}, rsaPublic)+"\n")
	known, err := os.ReadFile(s.Known)
	if err != nil {
		t.Fatal(err)
	}
	write(t, revoked, "@revoked "+string(known))
	locked := key.Protected(t, canary)
	wrongPassphrase := app.RepositoryLogin{
		Repository: app.Repository{URL: s.URL}, SSHPrivateKey: app.NewSecret(locked), Password: app.NewSecret("another"),
	}
	for name, tt := range map[string]struct {
		registry           *gitsrc.Registry
		known              string
		want, remedyPrefix string
	}{
		"no key": {nil, s.Known, "no key is registered and no SSH agent runs", "register a key: wheelhouse repo add "},
		"a key of somebody else": {
			withKey(t, s.URL, other.Text, false), s.Known, "the SSH key was refused", "register the right key: wheelhouse repo add ",
		},
		"a key that is none": {withKey(t, s.URL, "no key", false), s.Known, "the registered SSH key cannot be read", "register it again"},
		"a host that is not known": {
			withKey(t, s.URL, key.Text, false), os.DevNull,
			"the server's SSH host key is not known: " + s.Address + " shows the key " + s.Fingerprint + " (ssh-ed25519)",
			"compare the key with what the server's operator publishes, then accept it: wheelhouse repo trust ssh://",
		},
		"a host that has another key than the known one": {
			withKey(t, s.URL, key.Text, false), mismatch, "the server's SSH host key changed: " + s.Address + " shows the key " + s.Fingerprint,
			"if its operator announced a new key, remove the old one first: ssh-keygen -f " + mismatch + " -R '[127.0.0.1]:" + port + "'",
		},
		"a host that has no key of the known kind": {
			withKey(t, s.URL, key.Text, false), rsa, "the server's SSH host key changed: it has no key of the known kind",
			"if its operator announced a new key, remove the old one first: ",
		},
		"a key whose passphrase is not registered": {
			withKey(t, s.URL, locked, false), s.Known, "the registered SSH key has a passphrase, which is not registered", "register it again",
		},
		"a key with another passphrase": {
			login(t, wrongPassphrase), s.Known, "the registered SSH key has another passphrase than the registered one", "register it again",
		},
		"a file of known hosts that is revoked": {
			withKey(t, s.URL, key.Text, false), revoked, "the server's SSH host key was revoked", "ask the server's operator",
		},
		"a file of known hosts that cannot be read": {withKey(t, s.URL, key.Text, false), broken, "read known_hosts", "mend the file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: tt.registry, KnownHosts: []string{tt.known}})
			_, err := f.Resolve(t.Context(), source(s.URL+r.bare, "main"), 0)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if got := hint.Of(err); !strings.HasPrefix(got, tt.remedyPrefix) {
				t.Errorf("the remedy is %q, want %q", got, tt.remedyPrefix)
			}
		})
	}
}

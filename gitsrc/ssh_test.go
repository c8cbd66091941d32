package gitsrc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// withKey is a registry with an SSH key for a server.
func withKey(t *testing.T, url, key string, insecure bool) *gitsrc.Registry {
	t.Helper()
	return login(t, app.RepositoryLogin{Repository: app.Repository{URL: url, Insecure: insecure}, SSHPrivateKey: app.NewSecret(key)})
}

func TestARepositoryOverSSH(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	s := newSSHServer(t, key)
	r, id := newShop(t)
	src := source(s.url+r.bare, "main")
	for name, tt := range map[string]struct {
		known    string
		insecure bool
		branch   string
	}{
		"the registered key serves, and the host is known": {s.known, false, "raise-known"},
		"a host that is not to be checked serves":          {os.DevNull, true, "raise-unchecked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := gitsrc.New(gitsrc.Options{
				CacheDir: t.TempDir(), Registry: withKey(t, s.url, key.text, tt.insecure), KnownHosts: []string{tt.known},
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
	key, other := newKey(t), newKey(t)
	s := newSSHServer(t, key)
	r, _ := newShop(t)
	text, err := os.ReadFile(newSSHServer(t, key).known)
	if err != nil {
		t.Fatal(err)
	}
	port := strings.TrimPrefix(s.url, "ssh://git@127.0.0.1:")
	_, anotherKey, _ := strings.Cut(string(text), " ")
	mismatch, broken := filepath.Join(t.TempDir(), "mismatch"), filepath.Join(t.TempDir(), "broken")
	write(t, mismatch, "[127.0.0.1]:"+port+" "+anotherKey)
	write(t, broken, "this is no line of known_hosts\n")
	const keyscan = "check the key, then add it: ssh-keyscan HOST >> ~/.ssh/known_hosts"
	for name, tt := range map[string]struct {
		registry           *gitsrc.Registry
		known              string
		want, remedyPrefix string
	}{
		"no key": {nil, s.known, "no key is registered and no SSH agent runs", "register a key: wheelhouse repo add "},
		"a key of somebody else": {
			withKey(t, s.url, other.text, false), s.known, "the SSH key was refused", "register the right key: wheelhouse repo add ",
		},
		"a key that is none": {withKey(t, s.url, "no key", false), s.known, "the registered SSH key cannot be read", "register it again"},
		"a host that is not known": {
			withKey(t, s.url, key.text, false), os.DevNull, "the server's SSH host key is not the known one", keyscan,
		},
		"a host that has another key than the known one": {
			withKey(t, s.url, key.text, false), mismatch, "the server's SSH host key is not the known one", keyscan,
		},
		"a file of known hosts that cannot be read": {withKey(t, s.url, key.text, false), broken, "read known_hosts", "mend the file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: tt.registry, KnownHosts: []string{tt.known}})
			_, err := f.Resolve(t.Context(), source(s.url+r.bare, "main"), 0)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if got := hint.Of(err); !strings.HasPrefix(got, tt.remedyPrefix) {
				t.Errorf("the remedy is %q, want %q", got, tt.remedyPrefix)
			}
		})
	}
}

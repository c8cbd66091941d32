package gitsrc_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/sshtest"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

func TestAHostKeyIsAccepted(t *testing.T) {
	t.Parallel()
	key := sshtest.NewKey(t)
	s := sshtest.Serve(t, key)
	r, id := newShop(t)
	src := source(s.URL+r.bare, "main")
	trusted := filepath.Join(t.TempDir(), "folder", "known_hosts")
	registry := withKey(t, s.URL, key.Text, false)
	f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: registry, KnownHosts: []string{os.DevNull}, TrustedHosts: trusted})
	hosts := gitsrc.NewRepositories(registry, f)
	shown, err := hosts.HostKey(t.Context(), src.RepoURL)
	if err != nil || shown.Known || shown.Fingerprint != s.Fingerprint {
		t.Fatalf("the server shows %+v, %v, want %s", shown, err, s.Fingerprint)
	}
	if _, err := f.Resolve(t.Context(), src, 0); err == nil {
		t.Error("a key that was only shown is accepted")
	}
	for range 2 {
		if err := hosts.Trust(t.Context(), shown); err != nil {
			t.Fatal(err)
		}
	}
	if err := hosts.Test(t.Context(), src.RepoURL); err != nil {
		t.Fatal(err)
	}
	if got := resolve(t, f, src, 0); got.ID != id {
		t.Errorf("got %s, want %s", got.ID, id)
	}
	if again, err := hosts.HostKey(t.Context(), src.RepoURL); err != nil || !again.Known {
		t.Errorf("the accepted key is %+v, %v", again, err)
	}
	if info, err := os.Stat(trusted); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info, err)
	}
	if text, err := os.ReadFile(trusted); err != nil || string(text) != shown.Line+"\n" {
		t.Errorf("the file holds %q, %v, want one line", text, err)
	}
}

func TestAChangedHostKeyIsNotAccepted(t *testing.T) {
	t.Parallel()
	key := sshtest.NewKey(t)
	s, other := sshtest.Serve(t, key), sshtest.Serve(t, key)
	text, err := os.ReadFile(other.Known)
	if err != nil {
		t.Fatal(err)
	}
	old := strings.Replace(string(text), other.Address[len("127.0.0.1:"):], s.Address[len("127.0.0.1:"):], 1)
	users, ours := filepath.Join(t.TempDir(), "known_hosts"), filepath.Join(t.TempDir(), "known_hosts")
	write(t, users, old)
	for name, tt := range map[string]struct{ users, ours, remedy string }{
		"by the user's file": {users, "", "ssh-keygen -f " + users},
		"by our file":        {os.DevNull, ours, "wheelhouse repo trust " + s.URL + "/shop.git --remove"},
	} {
		if tt.ours != "" {
			write(t, ours, old)
		}
		registry := withKey(t, s.URL, key.Text, false)
		f := gitsrc.New(gitsrc.Options{
			CacheDir: t.TempDir(), Registry: registry, KnownHosts: []string{tt.users}, TrustedHosts: ours,
		})
		hosts := gitsrc.NewRepositories(registry, f)
		_, err := hosts.HostKey(t.Context(), s.URL+"/shop.git")
		if err == nil || !strings.Contains(err.Error(), "the server's SSH host key changed") || !strings.Contains(hint.Of(err), tt.remedy) {
			t.Errorf("%s: got %v (%s), want %s", name, err, hint.Of(err), tt.remedy)
		}
	}

	registry := withKey(t, s.URL, key.Text, false)
	hosts := gitsrc.NewRepositories(registry, gitsrc.New(gitsrc.Options{
		CacheDir: t.TempDir(), Registry: registry, KnownHosts: []string{os.DevNull}, TrustedHosts: ours,
	}))
	host, _, _ := strings.Cut(old, " ")
	if err := hosts.Trust(t.Context(), app.HostKey{Host: host, Line: host + " ssh-ed25519 AAAA"}); err == nil {
		t.Error("another key was written beside the known one")
	}
	if err := hosts.Distrust(t.Context(), s.URL+"/shop.git"); err != nil {
		t.Error(err)
	}
	if err := hosts.Distrust(t.Context(), s.URL+"/shop.git"); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("forgetting it again gave %v", err)
	}
	if shown, err := hosts.HostKey(t.Context(), s.URL+"/shop.git"); err != nil || shown.Known || shown.Fingerprint != s.Fingerprint {
		t.Errorf("after the remedy it shows %+v, %v", shown, err)
	}
}

func TestHostKeysThatCannotBeAskedFor(t *testing.T) {
	t.Parallel()
	silent := closedPort(t)
	web := newServer(t, nil)
	for url, want := range map[string]string{
		"https://git.example.com/shop.git":                         "is not reached over SSH",
		"ssh://git@" + silent + "/shop.git":                        "the connection was refused",
		strings.Replace(web.url, "http:", "ssh:", 1) + "/shop.git": "ask for the host key of ssh://127.0.0.1",
	} {
		r := gitsrc.NewRegistry("")
		_, err := gitsrc.NewRepositories(r, gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), KnownHosts: []string{os.DevNull}})).HostKey(t.Context(), url)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gave %v, want %s", url, err, want)
		}
	}
}

func TestARepositoryOverSSHBehindAProxy(t *testing.T) {
	t.Parallel()
	key := sshtest.NewKey(t)
	s := sshtest.Serve(t, key)
	r, id := newShop(t)
	p := newProxy(t, s.Address, canary)
	known, err := os.ReadFile(s.Known)
	if err != nil {
		t.Fatal(err)
	}
	_, hostKey, _ := strings.Cut(string(known), " ")
	hosts := filepath.Join(t.TempDir(), "known_hosts")
	write(t, hosts, "git.example.test "+hostKey)
	url := "ssh://git@git.example.test" + r.bare
	for user, want := range map[string]string{"mira:" + canary + "@": "", "mira:wrong@": "refused the connection: 407"} {
		l := app.RepositoryLogin{
			Repository: app.Repository{URL: url}, SSHPrivateKey: app.NewSecret(key.Text),
			ProxyURL: app.NewSecret(strings.Replace(p.URL, "://", "://"+user, 1)),
		}
		f := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: login(t, l), KnownHosts: []string{hosts}})
		c, err := f.Resolve(t.Context(), source(url, "main"), 0)
		if want == "" && (err != nil || c.ID != id) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("got %v, %v, want %s", c, err, want)
		}
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("the error holds a password: %v", err)
		}
	}
}

package gitsrc_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/sshtest"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// TestHostKeysThatAreShared come as a text, and are named by where they are.
func TestHostKeysThatAreShared(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	key := sshtest.NewKey(t)
	s := sshtest.Serve(t, key)
	r, _ := newShop(t)
	own, err := os.ReadFile(s.Known)
	if err != nil {
		t.Fatal(err)
	}
	another, err := os.ReadFile(sshtest.Serve(t, key).Known)
	if err != nil {
		t.Fatal(err)
	}
	host, _, _ := strings.Cut(string(own), " ")
	_, otherKey, _ := strings.Cut(string(another), " ")
	const from = "ConfigMap argocd/argocd-ssh-known-hosts-cm of cluster staging"
	gone := errors.New("the cluster cannot be reached")
	for name, tt := range map[string]struct {
		text, from   string
		err          error
		want, remedy string
	}{
		"the host is known":             {string(own), from, nil, "", ""},
		"the host was known last":       {string(own), from, gone, "", ""},
		"nothing is known of any host":  {"", "", gone, gone.Error(), ""},
		"the host is not among them":    {"", from, nil, "the server's SSH host key is not known", "wheelhouse repo trust"},
		"the host has another key":      {host + " " + otherKey, from, nil, "(" + from + " line 1)", "remove the old one first: edit the " + from},
		"the key is revoked":            {"@revoked " + string(own), from, nil, "was revoked: it is in " + from, "ask the server's operator"},
		"the text is none of host keys": {"nonsense\n", from, nil, "read known_hosts: ", "mend it"},
	} {
		t.Run(name, func(t *testing.T) {
			f := gitsrc.New(gitsrc.Options{
				CacheDir: t.TempDir(), Registry: withKey(t, s.URL, key.Text, false), KnownHosts: []string{os.DevNull},
				SharedHosts: func(context.Context) (string, string, error) { return tt.text, tt.from, tt.err },
			})
			_, err := f.Resolve(t.Context(), source(s.URL+r.bare, "main"), 0)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) || !strings.Contains(hint.Of(err), tt.remedy) {
				t.Errorf("got %v (%s), want %q (%s)", err, hint.Of(err), tt.want, tt.remedy)
			}
		})
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "wheelhouse-*")); err != nil || len(left) != 0 {
		t.Errorf("there are left-overs: %v (%v)", left, err)
	}
}

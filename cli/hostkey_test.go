package cli_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/command"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/sshtest"
)

// TestHostKeysAreAccepted accepts the key of a server by its fingerprint, and only by that.
func TestHostKeysAreAccepted(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	server := sshtest.Serve(t, sshtest.NewKey(t))
	url, fingerprint := server.URL+"/shop.git", server.Fingerprint
	file := filepath.Join(p.store, ".wheelhouse", "known_hosts")

	r := p.expect(command.ExitRefused, "repo", "trust", url)
	contains(t, r.out+r.err, fingerprint, "nobody to ask", "--fingerprint "+fingerprint)
	r = p.expect(command.ExitRefused, "repo", "trust", url, "--fingerprint", "SHA256:another", "--yes")
	contains(t, r.err, "not SHA256:another: nothing was accepted")
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("a key was written: %v", err)
	}
	contains(t, p.expect(0, "repo", "trust", url, "--fingerprint", fingerprint).out, "accepted")
	contains(t, p.expect(0, "repo", "trust", url).out, "it is known already")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info, err)
	}
	contains(t, p.expect(0, "repo", "trust", url, "--remove").out, "forgotten")
	p.expect(command.ExitNotFound, "repo", "trust", url, "--remove")
	contains(t, p.expect(0, "repo", "trust", url, "--yes").out, fingerprint, "accepted")
}

package e2e

import (
	"crypto/ed25519"
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"
)

// TestUnsignedCommit follows a repository whose commits must be signed: what nobody signed makes the application Unknown, names
// the commit, and changes nothing.
func TestUnsignedCommit(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "unsigned", map[string]string{"deployment.yaml": deployment("web", 1)})
	w.create("unsigned", repo)
	w.must("app", "sync", "unsigned")
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	signers := filepath.Join(t.TempDir(), "signers")
	if err := os.WriteFile(signers, []byte("ada@example.com "+string(ssh.MarshalAuthorizedKey(key))), 0o600); err != nil {
		t.Fatal(err)
	}
	w.must("repo", "add", repo.url, "--signature-keys", signers)
	commit := repo.push("raise web", map[string]string{"deployment.yaml": deployment("web", 3)})
	for _, verb := range [][]string{{"refresh"}, {"diff"}, {"sync", "--yes"}} {
		contains(t, w.fails(append([]string{"app"}, append(verb, "unsigned")...)...).err, commit, "its signature is not accepted: it has none", "--signature-keys FILE")
	}
	isUnknown(w, "unsigned", []string{commit, "its signature is not accepted"})
	if err := w.see().asksFor("unsigned", "web", 1); err != nil {
		t.Errorf("something was changed: %v", err)
	}
}

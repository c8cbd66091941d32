package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSecretsStayHidden registers credentials and looks for them in everything that is printed.
func TestSecretsStayHidden(t *testing.T) {
	t.Parallel()
	const password = "correct-horse"
	p := newProgram(t)
	log := filepath.Join(p.home, "log")
	url := "http://127.0.0.1:1/team"
	r := p.reads(password+"\n").expect(0, "repo", "add", url, "--username", "ci", "--password", "-", "--log-file", log)
	said := r.out + r.err
	for _, args := range [][]string{
		{"repo", "list"},
		{"repo", "list", "-o", "json"},
		{"repo", "list", "-o", "yaml"},
		{"repo", "test", url + "/shop.git", "--log-file", log},
		{"repo", "add", url},
		{"app", "create", "shop", "--repo", url + "/shop.git", "--path", ".", "--dest-name", "x", "--dest-namespace", "y"},
		{"app", "refresh", "shop", "--log-file", log},
		{"app", "get", "shop", "-o", "yaml"},
		{"doctor"},
	} {
		r := p.run(args...)
		said += r.out + r.err
	}
	contains(t, said, url, "ci", "refused")
	logged, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(said+string(logged), password) {
		t.Errorf("the password was printed:\n%s\n%s", said, logged)
	}
	kept := filepath.Join(p.store, ".wheelhouse", "repositories.yaml")
	if info, err := os.Stat(kept); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file of credentials: %v %v, want mode 0600", info, err)
	}
}

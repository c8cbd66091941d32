package gitsrc

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/transport"
)

// lender is a git program whose credential helper knows mira.
func lender(t *testing.T, config string) string {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"config": "[credential]\n\thelper = \"!f() { echo username=mira; echo password=horse; }; f\"\n" + config,
		"git":    fmt.Sprintf("#!/bin/sh\nGIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=%s/config exec %s \"$@\"\n", dir, git),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "git")
}

func TestWhatAHelperLendsServesWhereItWasAskedFor(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		config string
		served map[string]bool
	}{
		"a protocol and a host": {"", map[string]bool{
			"https://git.example.com/a.git": true, "https://GIT.example.com/b.git": true,
			"http://git.example.com/a.git": false, "https://git.example.com:8443/a.git": false, "https://other.example.com/a.git": false,
		}},
		"a repository, where paths count": {"\tuseHttpPath = true\n", map[string]bool{
			"https://git.example.com/a.git": true, "https://git.example.com/b.git": false, "http://git.example.com/a.git": false,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := New(Options{CacheDir: t.TempDir(), Git: lender(t, tt.config)})
			const asked = "https://git.example.com/a.git"
			err := f.withHelper(t.Context(), asked, func() error {
				if f.borrowed(asked).Password.Reveal() != "horse" {
					return transport.ErrAuthenticationRequired
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for url, want := range tt.served {
				if got := !f.borrowed(url).Password.Empty(); got != want {
					t.Errorf("lent to %s: %t, want %t", url, got, want)
				}
			}
		})
	}
}

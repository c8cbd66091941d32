package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/components"
)

// TestFailure starts a playground of which one component cannot start.
func TestFailure(t *testing.T) {
	t.Parallel()
	good, err := components.Ensure(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	for program, component := range map[string]string{"server": "etcd", "kube-apiserver": "kube-apiserver"} {
		t.Run(component+" that ends at once is told with its log", func(t *testing.T) {
			t.Parallel()
			bin, dir := t.TempDir(), t.TempDir()
			for _, name := range append([]string{"stages"}, components.Names...) {
				if name == program {
					continue
				}
				if err := os.Symlink(filepath.Join(good, name), filepath.Join(bin, name)); err != nil {
					t.Fatal(err)
				}
			}
			script := "#!/bin/sh\necho the disk is on fire >&2\nexit 9\n"
			if err := os.WriteFile(filepath.Join(bin, program), []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
			env := []string{components.EnvBin + "=" + bin}
			log := filepath.Join(dir, "logs", component+".log")
			contains(t, expectWith(t, env, exitError, "up", "--dir", dir).err, component, "exit status 9", "the disk is on fire", log)
			contains(t, expectWith(t, env, exitError, "up", "--dir", dir, "--detach").err, component, "the disk is on fire", log)
			expect(t, exitNone, "status", "--dir", dir)
		})
	}
	t.Run("a folder without the programs is told", func(t *testing.T) {
		t.Parallel()
		empty := t.TempDir()
		contains(t, expectWith(t, []string{components.EnvBin + "=" + empty}, exitError, "up", "--dir", t.TempDir()).err, empty)
	})
}

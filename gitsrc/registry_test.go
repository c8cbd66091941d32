package gitsrc_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc/logintest"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

func TestContract(t *testing.T) {
	t.Parallel()
	logintest.Run(t, func(t *testing.T) logintest.Open {
		path := filepath.Join(t.TempDir(), "folder", "repositories.yaml")
		return func() *gitsrc.Registry { return gitsrc.NewRegistry(path) }
	})
}

func entries(t *testing.T, r *gitsrc.Registry) []app.Repository {
	t.Helper()
	out, err := r.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheFileOfTheRegistryIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "folder")
	path := filepath.Join(dir, "repositories.yaml")
	r := gitsrc.NewRegistry(path)
	for range 2 {
		if err := r.Add(t.Context(), password("https://git.example.com/shop.git", canary)); err != nil {
			t.Fatal(err)
		}
		for file, want := range map[string]os.FileMode{path: 0o600, path + ".lock": 0o600, dir: 0o700} {
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != want {
				t.Errorf("%s is %v (%v), want %v", file, info.Mode().Perm(), err, want)
			}
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".repositories*-*")); err != nil || len(left) != 0 {
		t.Errorf("there are left-overs: %v, %v", left, err)
	}
}

func TestAFileThatOthersMayReadIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "repositories.yaml")
	r := gitsrc.NewRegistry(path)
	if err := r.Add(t.Context(), password("https://git.example.com", canary)); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []os.FileMode{0o604, 0o640, 0o620, 0o644} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, listed := r.List(t.Context())
		added := r.Add(t.Context(), password("https://other.example.com", canary))
		removed := r.Remove(t.Context(), "https://git.example.com")
		_, used := gitsrc.New(gitsrc.Options{CacheDir: t.TempDir(), Registry: r}).Resolve(t.Context(), source("https://git.example.com/shop.git", "main"), 0)
		for act, err := range map[string]error{"list": listed, "add": added, "remove": removed, "use": used} {
			if err == nil || !strings.Contains(err.Error(), "others may read "+path) || hint.Of(err) != "chmod 600 "+path {
				t.Errorf("%v: %s gave %v (%s)", mode, act, err, hint.Of(err))
			}
		}
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := entries(t, r); len(got) != 1 {
		t.Errorf("after the remedy it lists %v", got)
	}
}

func TestABrokenFileIsReportedWithoutItsText(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "repositories.yaml")
	text := "- url: https://git.example.com\n  password: [" + canary + "\n"
	write(t, path, text)
	r := gitsrc.NewRegistry(path)
	_, listed := r.List(t.Context())
	added := r.Add(t.Context(), password("https://other.example.com", canary))
	for act, err := range map[string]error{"list": listed, "add": added} {
		if err == nil || !strings.Contains(err.Error(), path+" is not valid YAML") || !strings.HasPrefix(hint.Of(err), "mend the file") {
			t.Errorf("%s gave %v (%s)", act, err, hint.Of(err))
		}
		if strings.Contains(fmt.Sprint(err), canary) {
			t.Errorf("%s holds the password: %v", act, err)
		}
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != text {
		t.Errorf("the file is %q now (%v)", b, err)
	}
}

func TestARegistryWithoutAFile(t *testing.T) {
	t.Parallel()
	r := gitsrc.NewRegistry("")
	if got := entries(t, r); len(got) != 0 {
		t.Errorf("it lists %v", got)
	}
	if err := r.Add(t.Context(), password("https://git.example.com", canary)); err == nil || strings.Contains(err.Error(), canary) {
		t.Errorf("adding gave %v", err)
	}
	if err := r.Remove(t.Context(), "https://git.example.com"); err == nil {
		t.Error("removing passed")
	}
}

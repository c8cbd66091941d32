package gitsrc_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/gitsrc"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

func entries(t *testing.T, r *gitsrc.Registry) []app.Repository {
	t.Helper()
	out, err := r.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheRegistryListsWhatWasAdded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "folder", "repositories.yaml")
	r := gitsrc.NewRegistry(path)
	if got := entries(t, r); len(got) != 0 {
		t.Errorf("without a file it lists %v", got)
	}
	key := app.NewSecret(canary)
	for _, l := range []app.RepositoryLogin{
		{Repository: app.Repository{URL: "https://git.example.com/shop.git", Name: "shop", Username: "mira"}, Password: key},
		{Repository: app.Repository{URL: "https://git.example.com/", Insecure: true}, BearerToken: key},
		{Repository: app.Repository{URL: "git@git.example.com:shop.git"}, SSHPrivateKey: key, Password: key},
		{Repository: app.Repository{URL: "https://public.example.com/shop.git"}},
	} {
		if err := r.Add(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	want := []app.Repository{
		{URL: "https://git.example.com/shop.git", Type: "git", Name: "shop", Username: "mira", Credentials: "password", Registered: true},
		{URL: "https://git.example.com/", Type: "git", Credentials: "token", Insecure: true, Registered: true},
		{URL: "git@git.example.com:shop.git", Type: "git", Credentials: "ssh key", Registered: true},
		{URL: "https://public.example.com/shop.git", Type: "git", Registered: true},
	}
	// Another registry of the file stands for the next process.
	got := entries(t, gitsrc.NewRegistry(path))
	if !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	if text := fmt.Sprintf("%v %+v %#v", got, got, got); strings.Contains(text, canary) {
		t.Errorf("the list holds a secret: %s", text)
	}
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

func TestAddReplacesTheEntryOfTheURL(t *testing.T) {
	t.Parallel()
	r := login(t, password("https://git.example.com/shop.git", "old"))
	for _, l := range []app.RepositoryLogin{
		password("https://git.example.com/shop", "other"),
		{Repository: app.Repository{URL: "https://git.example.com/shop.git"}, BearerToken: app.NewSecret("new")},
	} {
		if err := r.Add(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	want := []app.Repository{
		{URL: "https://git.example.com/shop", Type: "git", Username: "mira", Credentials: "password", Registered: true},
		{URL: "https://git.example.com/shop.git", Type: "git", Credentials: "token", Registered: true},
	}
	if got := entries(t, r); !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	r := login(t, password("https://git.example.com/shop.git", canary))
	err := r.Remove(t.Context(), "https://mira:"+canary+"@git.example.com/shop.git")
	if !errors.Is(err, app.ErrNotFound) || strings.Contains(err.Error(), canary) {
		t.Errorf("another URL gave %v", err)
	}
	if got := entries(t, r); len(got) != 1 {
		t.Errorf("it lists %v", got)
	}
	if err := r.Remove(t.Context(), "https://git.example.com/shop.git"); err != nil {
		t.Error(err)
	}
	if got := entries(t, r); len(got) != 0 {
		t.Errorf("it lists %v", got)
	}
	if err := r.Remove(t.Context(), "https://git.example.com/shop.git"); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("the second time gave %v", err)
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

func TestConcurrentAddsLoseNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "repositories.yaml")
	shared := gitsrc.NewRegistry(path)
	var group errgroup.Group
	for i := range 10 {
		for _, r := range []*gitsrc.Registry{shared, gitsrc.NewRegistry(path)} {
			group.Go(func() error {
				return r.Add(t.Context(), password(fmt.Sprintf("https://git.example.com/%d-%v", i, r == shared), canary))
			})
		}
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	if got := entries(t, shared); len(got) != 20 {
		t.Errorf("it lists %d repositories, want 20", len(got))
	}
}

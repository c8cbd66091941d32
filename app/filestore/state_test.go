package filestore_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/app/filestore"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

const canary = "canary-value"

// used returns the folder of a store in which everything was written once.
func used(t *testing.T) (string, *filestore.Store) {
	t.Helper()
	dir := t.TempDir()
	s := filled(t, dir, "web")
	key := app.Key{Name: "web"}
	secret := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "s"}, "stringData": map[string]any{"k": canary},
	}}
	_, bound := s.Bind(t.Context(), "home", "uid")
	_, appended := s.Append(t.Context(), app.Record{App: key}, []*unstructured.Unstructured{secret})
	l, locked := s.Lock(t.Context(), key, app.Holder{Name: "ada"})
	j, begun := s.Journals().Begin(t.Context(), app.JournalHead{ID: "op", App: key})
	_, status := s.UpdateStatus(t.Context(), key, func(s *app.Status) { s.Health.Status = app.Healthy })
	if err := errors.Join(bound, appended, locked, begun, status); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.Release(), j.Close()); err != nil {
		t.Fatal(err)
	}
	return dir, s
}

func TestStateIsPrivate(t *testing.T) {
	t.Parallel()
	dir, _ := used(t)
	files := 0
	err := filepath.WalkDir(filepath.Join(dir, ".wheelhouse"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if files++; info.Mode().Perm() != want {
			t.Errorf("%s is %v", path, info.Mode())
		}
		return nil
	})
	if err != nil || files < 12 {
		t.Errorf("%d files, %v", files, err)
	}
}

func TestSecretsAreNotKept(t *testing.T) {
	t.Parallel()
	dir, s := used(t)
	objects, err := s.Manifests(t.Context(), app.Key{Name: "web"}, "r1")
	if err != nil || len(objects) != 1 {
		t.Fatalf("manifests: %v, %v", objects, err)
	}
	if _, ok := objects[0].Object["stringData"]; ok {
		t.Error("the secret came back with data")
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.Contains(read(t, path), canary) {
			t.Errorf("%s holds the secret", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestTheFirstOpenersAgreeOnTheInstallation(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "apps")
	got := make([]string, 8)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			s, err := filestore.Open(dir)
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			got[i] = s.Installation()
		})
	}
	wg.Wait()
	for _, id := range got {
		if id == "" || id != got[0] {
			t.Fatalf("the installation ids are %q", got)
		}
	}
}

func TestOpenRefusesANewerFormat(t *testing.T) {
	t.Parallel()
	dir, _ := used(t)
	write(t, "2\n", dir, ".wheelhouse", "format")
	_, err := filestore.Open(dir)
	if err == nil || !strings.Contains(err.Error(), "version 2") || hint.Of(err) == "" {
		t.Errorf("open gave %v with the remedy %q", err, hint.Of(err))
	}
	write(t, "two\n", dir, ".wheelhouse", "format")
	if _, err := filestore.Open(dir); err == nil {
		t.Error("a format that is no number was accepted")
	}
}

func TestOpenRefusesALostIdentity(t *testing.T) {
	t.Parallel()
	dir, _ := used(t)
	write(t, "", dir, ".wheelhouse", "installation")
	if _, err := filestore.Open(dir); err == nil || hint.Of(err) == "" {
		t.Errorf("open gave %v with the remedy %q", err, hint.Of(err))
	}
}

func TestAWaitingWriterEndsWithItsContext(t *testing.T) {
	t.Parallel()
	dir, s := used(t)
	f, err := os.OpenFile(filepath.Join(dir, ".wheelhouse", "write.lock"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Rebind(ctx, "home", "other"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("rebind gave %v", err)
	}
}

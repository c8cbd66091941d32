package filestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/app/filestore"
	"github.com/wheelhouse-gitops/wheelhouse/app/storetest"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// filled returns a store that was listed with applications that own something.
func filled(t *testing.T, dir string, apps ...string) *filestore.Store {
	t.Helper()
	s := open(t, dir)
	for _, name := range apps {
		write(t, document(name), dir, name+".yaml")
		key := app.Key{Name: name}
		if err := s.UpdateInventory(t.Context(), key, func(r *app.Released) { r.Key = key }); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(apps, names(t, s)); diff != "" {
		t.Fatal(diff)
	}
	return s
}

func vanish(t *testing.T, dir string, apps ...string) {
	t.Helper()
	for _, name := range apps {
		if err := os.Remove(filepath.Join(dir, name+".yaml")); err != nil {
			t.Fatal(err)
		}
	}
}

func expectReleased(t *testing.T, s *filestore.Store, want ...string) {
	t.Helper()
	rs, err := s.Released(t.Context())
	if err != nil {
		t.Fatalf("released: %v", err)
	}
	var got []string
	for _, r := range rs {
		got = append(got, r.Key.Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("released:\n%s", diff)
	}
}

func expectEmptied(t *testing.T, s *filestore.Store) {
	t.Helper()
	_, _, list := s.List(t.Context())
	_, load := s.Load(t.Context(), app.Key{Name: "api"})
	_, released := s.Released(t.Context())
	for act, err := range map[string]error{"list": list, "load": load, "released": released} {
		if !errors.Is(err, app.ErrEmptied) {
			t.Errorf("%s gave %v", act, err)
		}
	}
}

func TestAVanishedFileReleases(t *testing.T) {
	t.Parallel()
	t.Run("the only application of a store", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		s := filled(t, dir, "web")
		vanish(t, dir, "web")
		if got := names(t, s); got != nil {
			t.Errorf("listed are %v", got)
		}
		expectReleased(t, s, "web")
		write(t, document("web"), dir, "web.yaml")
		expectReleased(t, s)
	})
	t.Run("some of many", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		s := filled(t, dir, "api", "db", "web")
		vanish(t, dir, "api", "db")
		expectReleased(t, s, "api", "db")
	})
	t.Run("all of many, one after the other", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		s := filled(t, dir, "api", "web")
		vanish(t, dir, "api")
		expectReleased(t, s, "api")
		vanish(t, dir, "web")
		expectReleased(t, s, "api", "web")
	})
	t.Run("all of many that were removed through the store", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		s := filled(t, dir, "api", "web")
		for _, name := range []string{"api", "web"} {
			if err := s.Remove(t.Context(), app.Key{Name: name}); err != nil {
				t.Fatal(err)
			}
		}
		expectReleased(t, open(t, dir), "api", "web")
	})
}

func TestAnEmptiedStoreIsAnError(t *testing.T) {
	t.Parallel()
	t.Run("when all of several vanish at once, until it is confirmed", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		s := filled(t, dir, "api", "web")
		vanish(t, dir, "api", "web")
		expectEmptied(t, s)
		expectEmptied(t, open(t, dir))
		_, _, err := s.List(t.Context())
		marker := filepath.Join(dir, ".wheelhouse", "emptied")
		if !strings.Contains(hint.Of(err), "touch "+marker) {
			t.Errorf("the remedy is %q", hint.Of(err))
		}
		write(t, "", marker)
		expectReleased(t, s, "api", "web")
		expectReleased(t, s, "api", "web")
		if _, err := os.Stat(marker); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the marker is still there: %v", err)
		}
	})
	t.Run("until the files are back", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		s := filled(t, dir, "api", "web")
		vanish(t, dir, "api", "web")
		expectEmptied(t, s)
		write(t, document("api"), dir, "api.yaml")
		write(t, document("web"), dir, "web.yaml")
		expectReleased(t, s)
	})
	t.Run("when the folder is gone", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "apps")
		s := filled(t, dir, "api")
		if err := os.Rename(dir, dir+".away"); err != nil {
			t.Fatal(err)
		}
		expectEmptied(t, s)
	})
	t.Run("when another folder is in its place", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "apps")
		s := filled(t, dir, "api")
		if err := os.Rename(dir, dir+".away"); err != nil {
			t.Fatal(err)
		}
		open(t, dir)
		expectEmptied(t, s)
	})
}

func TestNothingIsWrittenInPlaceOfALostFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mount")
	s := filled(t, dir, "api")
	if err := errors.Join(os.Rename(dir, dir+".away"), os.Mkdir(dir, 0o700)); err != nil {
		t.Fatal(err)
	}
	key := app.Key{Name: "api"}
	var a app.Application
	a.Metadata.Name = "new"
	_, update := s.Update(t.Context(), key, func(*app.Application) error { return nil })
	_, status := s.UpdateStatus(t.Context(), key, func(*app.Status) {})
	_, lock := s.Lock(t.Context(), key, app.Holder{})
	_, automation := s.LockAutomation(t.Context(), app.Holder{})
	_, bind := s.Bind(t.Context(), "home", "uid")
	_, appended := s.Append(t.Context(), app.Record{App: key}, nil)
	_, begin := s.Journals().Begin(t.Context(), app.JournalHead{ID: "op", App: key})
	for act, err := range map[string]error{
		"create": s.Create(t.Context(), a), "update": update, "remove": s.Remove(t.Context(), key),
		"update status": status, "lock": lock, "lock automation": automation, "bind": bind,
		"update inventory": s.UpdateInventory(t.Context(), key, func(*app.Released) {}), "forget": s.Forget(t.Context(), key), "append": appended, "begin": begin,
	} {
		if !errors.Is(err, app.ErrEmptied) {
			t.Errorf("%s gave %v", act, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("the folder holds %v, %v", left, err)
	}
}

func TestAWatchOutlivesALostFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "apps")
	s := filled(t, dir, "api", "web")
	w := storetest.StartWatch(t, s)
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"api", "web"} {
		w.Expect(t, name+" is lost with the folder", func(e app.StoreEvent) bool {
			if e.Removed {
				t.Errorf("%s was reported as removed", e.Key)
			}
			return e.Key.Name == name && errors.Is(e.Err, app.ErrEmptied)
		})
	}
	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	w.Expect(t, "web is back with the folder", func(e app.StoreEvent) bool { return e.Key.Name == "web" && e.Err == nil && !e.Removed })
	write(t, document("new"), dir, "new.yaml")
	w.Expect(t, "a new application in the folder that came back", func(e app.StoreEvent) bool { return e.Key.Name == "new" })
}

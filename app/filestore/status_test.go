package filestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func TestStatusStaysOutOfTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	text := document("web") + "status:\n  health:\n    status: Degraded\n  controllerNamespace: argocd\n"
	path := write(t, text, dir, "web.yaml")
	key := app.Key{Name: "web"}
	a, err := s.Load(t.Context(), key)
	if err != nil || a.Status.Health.Status != app.Degraded {
		t.Errorf("the first status is %+v, %v", a.Status.Health, err)
	}
	if _, err := s.UpdateStatus(t.Context(), key, func(s *app.Status) { s.Health.Status = app.Healthy }); err != nil {
		t.Fatal(err)
	}
	setRevision(t, s, "web", "v2")
	a, err = s.Load(t.Context(), key)
	if err != nil || a.Status.Health.Status != app.Healthy {
		t.Errorf("the written status is %+v, %v", a.Status.Health, err)
	}
	if diff := cmp.Diff(strings.Replace(text, "v1 # pinned", "v2 # pinned", 1), read(t, path)); diff != "" {
		t.Errorf("the file:\n%s", diff)
	}
}

func TestADamagedStatusCountsAsNone(t *testing.T) {
	t.Parallel()
	dir, s := used(t)
	write(t, "{", dir, ".wheelhouse", "status", "web.json")
	a, err := s.Load(t.Context(), app.Key{Name: "web"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(app.Status{}, a.Status); diff != "" {
		t.Error(diff)
	}
}

func TestALaterComparisonAloneIsNotWritten(t *testing.T) {
	t.Parallel()
	dir, s := used(t)
	path := filepath.Join(dir, ".wheelhouse", "status", "web.json")
	start := time.Unix(1_700_000_000, 0).UTC()
	compare := func(after time.Duration) os.FileInfo {
		at := start.Add(after)
		got, err := s.UpdateStatus(t.Context(), app.Key{Name: "web"}, func(s *app.Status) { s.ReconciledAt = &at })
		if err != nil || !got.ReconciledAt.Equal(at) {
			t.Fatalf("update status: %v, %v", got.ReconciledAt, err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	first := compare(0)
	if !os.SameFile(first, compare(59*time.Second)) {
		t.Error("it was written within the minute")
	}
	if os.SameFile(first, compare(time.Minute)) {
		t.Error("it was not written after a minute")
	}
}

// TestAStatusThatCannotBeReadIsNotWrittenOver has a folder in the place of the status: what cannot be read may say something.
func TestAStatusThatCannotBeReadIsNotWrittenOver(t *testing.T) {
	t.Parallel()
	dir, s := used(t)
	path := filepath.Join(dir, ".wheelhouse", "status", "web.json")
	if err := errors.Join(os.RemoveAll(path), os.MkdirAll(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	_, err := s.UpdateStatus(t.Context(), app.Key{Name: "web"}, func(*app.Status) { t.Error("a status that was not read is changed") })
	if err == nil || !strings.Contains(err.Error(), "read its status") {
		t.Errorf("the status is updated with %v", err)
	}
	if _, err := s.Load(t.Context(), app.Key{Name: "web"}); err == nil {
		t.Error("the application is loaded without its status")
	}
	if apps, errs, err := s.List(t.Context()); err != nil || len(apps) > 0 || errs[app.Key{Name: "web"}] == nil {
		t.Errorf("listed are %v, and %v, %v", apps, errs, err)
	}
}

func TestAStatusIsReadAnewWhenAnotherProcessWroteIt(t *testing.T) {
	t.Parallel()
	dir, mine := used(t)
	theirs := open(t, dir)
	key := app.Key{Name: "web"}
	for _, want := range []app.HealthCode{app.Healthy, app.Degraded, app.Healthy} {
		_, err := theirs.UpdateStatus(t.Context(), key, func(s *app.Status) {
			s.Health.Status = want
			s.Conditions = []app.Condition{{Type: app.ConditionForeign, Message: "settings"}}
		})
		if err != nil {
			t.Fatal(err)
		}
		a, err := mine.Load(t.Context(), key)
		if err != nil || a.Status.Health.Status != want {
			t.Fatalf("after they wrote %s it reads %s, %v", want, a.Status.Health.Status, err)
		}
		// What was read is the reader's to change.
		a.Status.Conditions[0].Message = "changed"
		if again, err := mine.Load(t.Context(), key); err != nil || again.Status.Conditions[0].Message != "settings" {
			t.Fatalf("a reader changed what the next one reads: %+v, %v", again.Status.Conditions, err)
		}
	}
}

package filestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"golang.org/x/sys/unix"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// TestAWriterThatStandsStillHoldsNobodyUpForEver keeps a lock of the store as a process does that was stopped in the middle of a write.
func TestAWriterThatStandsStillHoldsNobodyUpForEver(t *testing.T) {
	t.Parallel()
	dir, s := used(t)
	path := filepath.Join(dir, ".wheelhouse", "status", "web.lock")
	stopped, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stopped.Close() }()
	if err := unix.Flock(int(stopped.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		_, err := s.UpdateStatus(t.Context(), app.Key{Name: "web"}, func(*app.Status) { t.Error("it is changed beside another one") })
		if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(hint.Of(err), "stopped") {
			t.Errorf("the status is updated with %v", err)
		}
	})
}

// TestWhoHasJustTakenALockIsNamed asks for the holder of a lock between its taking and the word of who that is.
func TestWhoHasJustTakenALockIsNamed(t *testing.T) {
	t.Parallel()
	dir, s := used(t)
	path := filepath.Join(dir, ".wheelhouse", "locks", "web.lock")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	taken, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	if err := unix.Flock(int(taken.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var holder app.Holder
		told := make(chan error)
		go func() {
			h, held, err := s.Holder(t.Context(), app.Key{Name: "web"})
			if holder = h; !held {
				err = errors.Join(err, errors.New("it is not held"))
			}
			told <- err
		}()
		synctest.Wait()
		if _, err := taken.WriteString(`{"name":"ada","pid":7,"since":"2026-01-02T03:04:05Z"}`); err != nil {
			t.Fatal(err)
		}
		if err := <-told; err != nil || holder.PID != 7 {
			t.Errorf("the holder is %+v, %v", holder, err)
		}
	})
}

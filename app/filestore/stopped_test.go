package filestore_test

import (
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

package disk_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/internal/disk"
)

func TestSyncFolder(t *testing.T) {
	t.Parallel()
	if err := disk.SyncFolder(t.TempDir()); err != nil {
		t.Error(err)
	}
	if err := disk.SyncFolder(filepath.Join(t.TempDir(), "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

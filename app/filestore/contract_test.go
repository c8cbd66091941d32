package filestore_test

import (
	"path/filepath"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app/filestore"
	"github.com/wheelhouse-gitops/wheelhouse/app/storetest"
)

func open(t *testing.T, dir string) *filestore.Store {
	t.Helper()
	s, err := filestore.Open(dir)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return s
}

func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Place {
		dir := filepath.Join(t.TempDir(), "apps")
		return storetest.Place{Open: func(t *testing.T) storetest.Stores {
			s := open(t, dir)
			return storetest.Stores{Store: s, Bindings: s, Locks: s, History: s, Actions: s, Journals: s.Journals(), Halts: s}
		}}
	})
}

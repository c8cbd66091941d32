package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWhatCouldNotBeginLeavesNothing has a sync fail to note what it is about to make: it was not interrupted, for it has not begun.
func TestWhatCouldNotBeginLeavesNothing(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("unbegun", newRepository(t, w.play, "unbegun", map[string]string{"settings.yaml": configMap("settings", "one")}))
	lock := filepath.Join(w.store, ".wheelhouse", "inventory", "unbegun.lock")
	if err := os.MkdirAll(lock, 0o700); err != nil {
		t.Fatal(err)
	}
	r := w.expect(7, "app", "sync", "unbegun", "--yes")
	contains(t, r.err, "update inventory of unbegun")
	w.see().absent("configmap", "unbegun", "settings")
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	if out := w.must("app", "get", "unbegun"); strings.Contains(out, "interrupted") {
		t.Errorf("it is said to have been interrupted:\n%s", out)
	}
	if open, err := filepath.Glob(filepath.Join(w.store, ".wheelhouse", "journal", "unbegun", "*.jsonl")); err != nil || len(open) > 0 {
		t.Errorf("the journals are %v (%v)", open, err)
	}
	w.must("app", "sync", "unbegun", "--yes")
}

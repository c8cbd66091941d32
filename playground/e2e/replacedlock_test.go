package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestAutomationGoesOnAfterItsLockWasReplaced has the files of the store's locks be replaced under the process that automates, as a
// restore of a backup does.
func TestAutomationGoesOnAfterItsLockWasReplaced(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	repo := newRepository(t, w.play, "relocked", map[string]string{"a.yaml": configMap("a", "one")})
	w.create("relocked", repo, "--sync-policy", "automated", "--self-heal")
	out := w.automate()
	eventuallySays(t, out, "relocked Synced")
	path := filepath.Join(w.store, ".wheelhouse", "automation.lock")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	see.edit("relocked", "a", "by hand")
	playtest.Eventually(t, playtest.Patience, "it is put back", func() error { return see.isValue("relocked", "a", "one") })
	eventuallyPrints(w, []string{"(automate, pid "}, "app", "get", "relocked")
}

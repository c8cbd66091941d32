package e2e

import "testing"

// TestDryRun checks a sync whose namespace is not there yet and writes nothing.
func TestDryRun(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("dry", newRepository(t, w.play, "dry", map[string]string{"settings.yaml": configMap("settings", "one")}))
	contains(t, w.must("app", "sync", "dry", "--dry-run"), "Namespace/dry", "ConfigMap/dry/settings", "for its form only", "nothing was written")
	w.see().absent("namespace", "", "dry")
	contains(t, w.expect(3, "app", "sync", "dry", "--resource", ":ConfigMap:dry/none").err, ":ConfigMap:dry/none", "not found")
	w.must("app", "sync", "dry")
	w.see().present("configmap", "dry", "settings")
}

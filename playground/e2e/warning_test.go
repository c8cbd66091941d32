package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWarnings has the API server warn about an object that it takes: the plan and the log say so.
func TestWarnings(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.see().namespace("warned")
	outdated := strings.Replace(deployment("web", 1), "    spec:\n      containers:", "    spec:\n      nodeSelector: {beta.kubernetes.io/os: linux}\n      containers:", 1)
	w.create("warned", newRepository(t, w.play, "warned", map[string]string{"web.yaml": outdated}))
	contains(t, w.must("app", "plan", "warned"), "warning: Deployment/warned/web: ", "beta.kubernetes.io/os", "deprecated")
	log, err := os.ReadFile(filepath.Join(w.env["XDG_STATE_HOME"], "wheelhouse", "wheelhouse.log"))
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(log), "the API server warns", "beta.kubernetes.io/os")
}

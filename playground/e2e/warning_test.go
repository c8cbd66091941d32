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

// TestMisspeltHook has an object name a hook that there is not: it is never applied, and the application says so.
func TestMisspeltHook(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	seed := strings.Replace(configMap("seed", "one"), "metadata:\n", "metadata:\n  annotations: {argocd.argoproj.io/hook: PreSynk}\n", 1)
	w.create("misspelt", newRepository(t, w.play, "misspelt", map[string]string{"seed.yaml": seed, "own.yaml": configMap("own", "one")}))
	w.must("app", "sync", "misspelt")
	contains(t, w.must("app", "get", "misspelt"), "UnknownHookWarning", "ConfigMap/misspelt/seed", "PreSynk", "never applied")
	w.see().absent("configmap", "misspelt", "seed")
}

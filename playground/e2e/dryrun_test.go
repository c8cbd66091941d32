package e2e

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

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

// TestDryRunLeavesNoTrace makes dry runs that would succeed, fail and roll back: what the application's status says of its last
// operation stays, for automation and approvals go by that.
func TestDryRunLeavesNoTrace(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "traceless", map[string]string{"a.yaml": configMap("a", "one"), "b.yaml": configMap("b", "one")})
	w.create("traceless", repo, "--sync-policy", "automated", "--sync-option", "Prune=confirm")
	w.must("app", "sync", "traceless")
	repo.push("drop b", map[string]string{"b.yaml": ""})
	w.must("app", "confirm-deletion", "traceless")
	before := w.operationState("traceless")

	contains(t, w.must("app", "sync", "traceless", "--prune", "--dry-run"), "ConfigMap/traceless/b", "nothing was written")
	w.must("app", "rollback", "traceless", "r1", "--dry-run")
	contains(t, w.expect(2, "app", "sync", "traceless", "--dry-run", "--async").err, "--async", "a dry run has none")
	repo.push("break a", map[string]string{"a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {value: {}}\n"})
	w.expect(4, "app", "sync", "traceless", "--dry-run")
	if d := cmp.Diff(before, w.operationState("traceless")); d != "" {
		t.Errorf("the last operation is another one (-before +after):\n%s", d)
	}

	repo.push("mend a", map[string]string{"a.yaml": configMap("a", "one")})
	w.must("app", "sync", "traceless", "--prune")
	w.see().absent("configmap", "traceless", "b")
}

// operationState returns what the status of an application says of its last operation, but for when it was seen healthy.
func (p *program) operationState(name string) map[string]any {
	p.t.Helper()
	a := read[struct {
		Status struct{ OperationState map[string]any }
	}](p.t, p.must("app", "get", name, "-o", "json"))
	delete(a.Status.OperationState, "settledAt")
	return a.Status.OperationState
}

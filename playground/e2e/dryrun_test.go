package e2e

import (
	"strings"
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

// TestDryRunOfADeletionNeedsNoConfirmation tries the deletion of an application that holds data: the guard is shown, all objects are
// named, and nothing is deleted.
func TestDryRunOfADeletionNeedsNoConfirmation(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	claim := "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: kept}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
	w.create("holding-data", newRepository(t, w.play, "holding-data", map[string]string{"claim.yaml": claim, "own.yaml": configMap("own", "one")}))
	w.must("app", "sync", "holding-data")
	contains(t, w.must("app", "delete", "holding-data", "--dry-run", "--yes"), "guard prune:PersistentVolumeClaim/holding-data/kept: ",
		"ConfigMap/holding-data/own", "nothing was written")
	w.see().present("configmap", "holding-data", "own")
	w.expect(6, "app", "delete", "holding-data", "--yes")
}

// TestDryRunThatFailsWithAFailureHook has the server refuse an object in a dry run of an application with a SyncFail hook: the reason is
// told, the hook is judged, and neither is made.
func TestDryRunThatFailsWithAFailureHook(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "dry-failing", map[string]string{"own.yaml": configMap("own", "one")})
	w.create("dry-failing", repo)
	w.must("app", "sync", "dry-failing")
	repo.push("break it", map[string]string{
		"own.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\ndata: {value: {}}\n", "rescue.yaml": hook("rescue", "SyncFail"),
	})
	r := w.expect(4, "app", "sync", "dry-failing", "--dry-run")
	contains(t, r.out+r.err, "ConfigMap/dry-failing/own", ".data.value")
	if !lineHas(r.out, "hook", "done", "Job/dry-failing/rescue") {
		t.Errorf("the hook was not judged:\n%s", r.out)
	}
	w.see().absent("job", "dry-failing", "rescue")
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

// TestDryRunOfWhatIsNotThereYet checks hooks and objects whose namespace and kind the same sync brings, or an earlier wave's controller:
// the server can judge none of them yet, one of them its definition does, and the sync itself would succeed.
func TestDryRunOfWhatIsNotThereYet(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "unmade", map[string]string{
		"kind.yaml":  strings.ReplaceAll(gauges("v1", "size"), "defined.example.com", "unmade.example.com"),
		"gauge.yaml": "apiVersion: unmade.example.com/v1\nkind: Gauge\nmetadata:\n  name: gauge\nspec: {size: 1}\n",
		"later.yaml": withOption("SkipDryRunOnMissingResource=true", "apiVersion: nowhere.example.com/v1\nkind: Later\nmetadata:\n  name: later\n"),
		"hook.yaml":  hook("before", "PreSync"), "settings.yaml": configMap("settings", "one"),
	})
	w.create("unmade", repo)
	out := w.must("app", "sync", "unmade", "--dry-run")
	contains(t, out, "done     Gauge/unmade/gauge  checked by the definition of its kind in git")
	isUnchecked(t, out, "Later/unmade/later", "Job/unmade/before", "ConfigMap/unmade/settings")
	w.see().absent("namespace", "", "unmade")

	repo.push("without what nobody defines", map[string]string{"later.yaml": ""})
	w.must("app", "sync", "unmade", "--timeout", "120s")
	w.must("app", "delete", "unmade", "--yes", "--timeout", "120s")
}

// TestDryRunOfWhatIsMadeAnew checks an object that is to be replaced and a hook that has run before and says something else by now: the
// old ones are still in their place. What the server does judge still fails.
func TestDryRunOfWhatIsMadeAnew(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	fixed := func(value string) string {
		return withOption("Replace=true,Force=true", configMap("fixed", value)) + "immutable: true\n"
	}
	repo := newRepository(t, w.play, "anew", map[string]string{"fixed.yaml": fixed("one"), "hook.yaml": hook("before", "PreSync")})
	w.create("anew", repo)
	w.must("app", "sync", "anew", "--timeout", "120s")
	see := w.see()
	object, job := see.get("anew", "fixed").UID, see.jobUID("anew", "before")

	repo.push("another value", map[string]string{"fixed.yaml": fixed("two")})
	isUnchecked(t, w.must("app", "sync", "anew", "--dry-run"), "ConfigMap/anew/fixed")
	repo.push("another image", map[string]string{"hook.yaml": strings.Replace(hook("before", "PreSync"), "example/job:1", "example/job:2", 1)})
	isUnchecked(t, w.must("app", "sync", "anew", "--dry-run"), "ConfigMap/anew/fixed", "Job/anew/before")
	if see.get("anew", "fixed").UID != object || see.jobUID("anew", "before") != job {
		t.Error("the dry run made them anew")
	}
	w.must("app", "sync", "anew", "--timeout", "120s")
	if see.get("anew", "fixed").UID == object || see.jobUID("anew", "before") == job {
		t.Error("the sync did not make them anew")
	}

	repo.push("a hook that no server takes", map[string]string{"other.yaml": strings.Replace(hook("other", "PreSync"), "Never", "Always", 1)})
	contains(t, w.expect(4, "app", "sync", "anew", "--dry-run").out, "Job/anew/other", "restartPolicy")
}

// isUnchecked fails the test unless the steps of these objects are told as done without the server's judgement.
func isUnchecked(t *testing.T, out string, objects ...string) {
	t.Helper()
	for _, name := range objects {
		told := false
		for line := range strings.Lines(out) {
			told = told || strings.Contains(line, name) && (strings.Contains(line, "for its form only") || strings.Contains(line, "not checked"))
		}
		if !told {
			t.Errorf("%s is not told as unchecked in:\n%s", name, out)
		}
	}
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

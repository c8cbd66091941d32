package e2e

import (
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestTheRestOfASyncThatFails kills a sync while a hook of it runs, takes away a kind that it needs, and resumes it: the hook is seen to its
// end, the one that had succeeded goes, and the hook for failures runs.
func TestTheRestOfASyncThatFails(t *testing.T) {
	t.Parallel()
	const group = "resumefails.example.com"
	w := onOwnStore(t)
	see := w.see()
	see.define(inGroup(group, gauges("v1", "size")), group+"/v1")
	w.create("rest-fails", newRepository(t, w.play, "rest-fails", map[string]string{
		"swept.yaml":  withPolicy("HookSucceeded", hook("swept", "PreSync")),
		"gate.yaml":   strings.Replace(endless, "annotations: {", "annotations: {argocd.argoproj.io/sync-wave: \"1\", ", 1),
		"failed.yaml": hook("failed", "SyncFail"), "gauge.yaml": inGroup(group, dial("v1", "gauge", "size: 1")),
	}))
	cmd := w.begin("app", "sync", "rest-fails", "--yes")
	playtest.Eventually(t, playtest.Patience, "the second hook runs", func() error { return see.find("job", "rest-fails", "gate") })
	kill(t, cmd)
	see.present("job", "rest-fails", "swept")
	see.undefine("gauges." + group)

	resumed, said := w.begun("app", "resume", "rest-fails", "--yes", "--timeout", "120s")
	eventuallyPrints(w, []string{"Job/rest-fails/gate is not waited for any more"}, "app", "skip-hook", "rest-fails", "gate", "--reason", "done by hand")
	if err := resumed.Wait(); err == nil {
		t.Errorf("the rest succeeded without a kind:\n%s", said)
	}
	contains(t, said.String(), "Gauge/rest-fails/gauge")
	see.absent("job", "rest-fails", "swept")
	see.present("job", "rest-fails", "failed")
	contains(t, w.must("app", "history", "rest-fails"), "Failed")
}

package e2e

import (
	"strings"

	"github.com/wheelhouse-gitops/wheelhouse/playground"
)

// relocate gives an application of two ConfigMaps another cluster, back, and away again.
func relocate(w *program, here, there eyes) {
	w.t.Helper()
	w.create("relocated", newRepository(w.t, w.play, "relocated", map[string]string{"a.yaml": configMap("a", "one"), "b.yaml": configMap("b", "one")}))
	w.must("app", "sync", "relocated")
	left := "2 objects stay in the cluster " + playground.Context
	contains(w.t, w.expect(0, "app", "set", "relocated", "--dest-name", "second").err, "warning: "+left, "--confirm moved:"+playground.Context)
	contains(w.t, w.must("app", "get", "relocated", "--refresh"), "MovedWarning", left)
	// A comparison does not forget what nobody was asked about.
	contains(w.t, w.must("app", "plan", "relocated"), left)
	contains(w.t, w.expect(6, "app", "sync", "relocated").err, left, "moved:"+playground.Context)
	contains(w.t, w.expect(6, "app", "delete", "relocated", "--yes").err, left)
	contains(w.t, w.must("app", "rollback", "relocated", "r1", "--dry-run"), "was recorded in another cluster than second")
	there.absent("configmap", "relocated", "a")

	w.must("app", "set", "relocated", "--dest-name", playground.Context)
	contains(w.t, w.must("app", "sync", "relocated"), "nothing to do")
	if text := w.must("app", "get", "relocated", "--refresh"); strings.Contains(text, "MovedWarning") {
		w.t.Errorf("it is said to be moved, and is where its objects are:\n%s", text)
	}

	w.must("app", "set", "relocated", "--dest-name", "second")
	w.must("app", "sync", "relocated", "--confirm", "moved:"+playground.Context)
	there.present("configmap", "relocated", "a")
	here.present("configmap", "relocated", "a")
	if text := w.must("app", "get", "relocated", "--refresh"); strings.Contains(text, "MovedWarning") {
		w.t.Errorf("what was confirmed is asked again:\n%s", text)
	}
	contains(w.t, w.must("app", "sync", "relocated"), "nothing to do")
	contains(w.t, w.must("app", "delete", "relocated", "--yes"), "deleted")
	there.absent("configmap", "relocated", "a")
}

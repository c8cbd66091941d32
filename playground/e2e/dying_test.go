package e2e

import "testing"

// TestASecondDeletionWaitsForWhatTheFirstBegan deletes an application twice while the object that goes first has a finalizer that nobody
// removes: the second deletion waits for it as the first did, and the application stays as long as its object.
func TestASecondDeletionWaitsForWhatTheFirstBegan(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("dying", newRepository(t, w.play, "dying", map[string]string{
		"first.yaml": inWave("1", configMap("first", "one")), "second.yaml": inWave("2", held(configMap("second", "one"))),
	}))
	w.must("app", "sync", "dying", "--timeout", "120s")
	see := w.see()
	for range 2 {
		r := w.expect(5, "app", "delete", "dying", "--yes", "--timeout", "8s")
		contains(t, r.out+r.err, "ConfigMap/dying/second")
		see.present("configmap", "dying", "first")
		w.must("app", "get", "dying")
	}
	contains(t, w.must("app", "history", "dying"), "while it waited for ConfigMap/dying/second to be deleted (finalizers [example.com/held])")
	see.release("dying", "second")
	w.must("app", "delete", "dying", "--yes", "--timeout", "120s")
	see.absent("configmap", "dying", "first")
	w.expect(3, "app", "get", "dying")
}

package e2e

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestALookForgetsNothing looks at an application from a second terminal while a rollback in the first has not come to an object that
// git has no more: it is not forgotten, and goes when git is followed again.
func TestALookForgetsNothing(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "not-forgotten", map[string]string{
		"edge.yaml": edgeService, "later.yaml": inWave("1", configMap("later", "one")),
	})
	w.create("not-forgotten", repo)
	see := w.see()
	// addressed runs an operation, and lets the first wave become well once it waits for it and meanwhile was called.
	addressed := func(meanwhile func(), args ...string) {
		cmd, out := w.begun(args...)
		playtest.Eventually(t, playtest.Patience, "the first wave is there", func() error { return see.find("service", "not-forgotten", "edge") })
		meanwhile()
		see.absent("configmap", "not-forgotten", "later")
		see.address("not-forgotten", "edge")
		if err := cmd.Wait(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		see.present("configmap", "not-forgotten", "later")
	}
	addressed(func() {}, "app", "sync", "not-forgotten", "--timeout", "120s")
	repo.push("something else", map[string]string{"edge.yaml": "", "later.yaml": "", "other.yaml": configMap("other", "two")})
	w.must("app", "sync", "not-forgotten", "--prune", "--yes")
	see.absent("configmap", "not-forgotten", "later")
	addressed(func() { w.must("app", "get", "not-forgotten", "--refresh") },
		"app", "rollback", "not-forgotten", "r1", "--yes", "--timeout", "120s")
	w.must("app", "unpin", "not-forgotten")
	contains(t, w.must("app", "sync", "not-forgotten", "--prune", "--yes"), "ConfigMap/not-forgotten/later")
	see.absent("configmap", "not-forgotten", "later")
	see.absent("service", "not-forgotten", "edge")
}

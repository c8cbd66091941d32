package e2e

import (
	"errors"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

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

// TestHooksDoNotRunAgainstWhatIsLeft ends a deletion that an object's finalizer holds up, after its hook has run and another object has
// gone. The next deletion does not run the hook again, which would find less than it did.
func TestHooksDoNotRunAgainstWhatIsLeft(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("half-gone", newRepository(t, w.play, "half-gone", map[string]string{
		"first.yaml": configMap("first", "one"), "second.yaml": inWave("1", held(configMap("second", "one"))),
		"third.yaml": inWave("2", configMap("third", "one")), "backup.yaml": hook("backup", "PreDelete"),
	}))
	w.must("app", "sync", "half-gone", "--timeout", "120s")
	see := w.see()
	cmd := w.begin("app", "delete", "half-gone", "--yes")
	playtest.Eventually(t, playtest.Patience, "the deletion has come to what is held", func() error {
		if see.get("half-gone", "second").DeletionTimestamp == nil {
			return errors.New("it is not being deleted")
		}
		return nil
	})
	w.must("app", "terminate", "half-gone", "--timeout", "60s")
	if err := cmd.Wait(); err == nil {
		t.Error("a deletion that was terminated succeeded")
	}
	see.absent("configmap", "half-gone", "third")
	see.present("configmap", "half-gone", "first")
	ran, err := see.client.BatchV1().Jobs("half-gone").Get(t.Context(), "backup", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	see.release("half-gone", "second")
	out := w.must("app", "delete", "half-gone", "--dry-run")
	contains(t, out, "hook Job/half-gone/backup is not run again: it succeeded in r2")
	if strings.Contains(out, "PreDelete") {
		t.Errorf("the plan has a hook:\n%s", out)
	}
	w.must("app", "delete", "half-gone", "--yes", "--timeout", "120s")
	see.absent("configmap", "half-gone", "first")
	again, err := see.client.BatchV1().Jobs("half-gone").Get(t.Context(), "backup", metav1.GetOptions{})
	if err != nil || again.UID != ran.UID {
		t.Errorf("the hook ran again: %v, %v", again, err)
	}
}

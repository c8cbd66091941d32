package e2e

import (
	"errors"
	"os/exec"
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
// gone, or kills it. The next deletion does not run the hook again, which would find less than it did.
func TestHooksDoNotRunAgainstWhatIsLeft(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	for name, c := range map[string]struct {
		end func(w *program, deletion *exec.Cmd)
		// in is what the hook is said to have succeeded in.
		in string
	}{
		"half-ended": {
			end: func(w *program, deletion *exec.Cmd) {
				w.must("app", "terminate", "half-ended", "--timeout", "60s")
				if err := deletion.Wait(); err == nil {
					w.t.Error("a deletion that was terminated succeeded")
				}
				// What is said of one object is said of no other.
				w.must("app", "sync", "half-ended", "--resource", ":ConfigMap:half-ended/first")
			},
			in: "r2",
		},
		"half-killed": {end: func(w *program, deletion *exec.Cmd) { kill(w.t, deletion) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := w.in(t)
			w.create(name, newRepository(t, w.play, name, map[string]string{
				"first.yaml": configMap("first", "one"), "second.yaml": inWave("1", held(configMap("second", "one"))),
				"third.yaml": inWave("2", configMap("third", "one")), "backup.yaml": hook("backup", "PreDelete"),
			}))
			w.must("app", "sync", name, "--timeout", "120s")
			see := w.see()
			deletion := w.begin("app", "delete", name, "--yes")
			playtest.Eventually(t, playtest.Patience, "the deletion has come to what is held", func() error {
				if see.get(name, "second").DeletionTimestamp == nil {
					return errors.New("it is not being deleted")
				}
				return nil
			})
			c.end(w, deletion)
			see.absent("configmap", name, "third")
			see.present("configmap", name, "first")
			ran, err := see.client.BatchV1().Jobs(name).Get(t.Context(), "backup", metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			see.release(name, "second")
			out := w.must("app", "delete", name, "--dry-run")
			contains(t, out, "hook Job/"+name+"/backup is not run again: it succeeded in "+c.in)
			if strings.Contains(out, "PreDelete") {
				t.Errorf("the plan has a hook:\n%s", out)
			}
			w.must("app", "delete", name, "--yes", "--timeout", "120s")
			see.absent("configmap", name, "first")
			again, err := see.client.BatchV1().Jobs(name).Get(t.Context(), "backup", metav1.GetOptions{})
			if err != nil || again.UID != ran.UID {
				t.Errorf("the hook ran again: %v, %v", again, err)
			}
		})
	}
}

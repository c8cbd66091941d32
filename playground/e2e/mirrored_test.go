package e2e

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestWhatIsPrunedGoesBackwards drops objects of three waves, of which the last is held by a finalizer: the server is asked to delete them
// from the last wave to the first, and for none before those of the later waves are gone.
func TestWhatIsPrunedGoesBackwards(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	repo := newRepository(t, w.play, "mirrored", map[string]string{
		"a.yaml": inWave("-1", configMap("a", "one")), "b.yaml": configMap("b", "one"), "stays.yaml": inWave("5", configMap("stays", "one")),
		"c.yaml": held(inWave("2", configMap("c", "one"))),
	})
	w.create("mirrored", repo)
	w.must("app", "sync", "mirrored")
	repo.push("drop them", map[string]string{"a.yaml": "", "b.yaml": "", "c.yaml": ""})
	inOrder(t, w.must("app", "plan", "mirrored", "--prune"), "ConfigMap/mirrored/c", "ConfigMap/mirrored/b", "ConfigMap/mirrored/a")
	lined, writes := w.noted()
	cmd, said := lined.begun("app", "sync", "mirrored", "--prune", "--yes", "--timeout", "120s")
	playtest.Eventually(t, playtest.Patience, "the last wave is being deleted", func() error {
		if see.get("mirrored", "c").DeletionTimestamp == nil {
			return errors.New("it is not")
		}
		return nil
	})
	// A step that did not wait would be done by the time that a plan is made.
	contains(t, w.must("app", "plan", "mirrored", "--prune"), "being deleted already")
	for _, name := range []string{"a", "b"} {
		if see.get("mirrored", name).DeletionTimestamp != nil {
			t.Errorf("%s is deleted before the wave after it is gone", name)
		}
	}
	see.release("mirrored", "c")
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if d := cmp.Diff([]string{"c", "b", "a"}, writes.deleted()); d != "" {
		t.Errorf("deleted (-want +got):\n%s", d)
	}
	see.present("configmap", "mirrored", "stays")
}

// deleted returns the names of the objects that the server was asked to delete, in the order of the requests.
func (w *writes) deleted() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var names []string
	for _, one := range w.list {
		if one.method == http.MethodDelete {
			names = append(names, one.path[strings.LastIndex(one.path, "/")+1:])
		}
	}
	return names
}

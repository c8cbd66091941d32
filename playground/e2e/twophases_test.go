package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// inJournals counts what the open journals of an application say.
func (p *program) inJournals(name, text string) int {
	p.t.Helper()
	paths, err := filepath.Glob(filepath.Join(p.store, ".wheelhouse", "journal", name, "*.jsonl"))
	if err != nil {
		p.t.Fatal(err)
	}
	n := 0
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			p.t.Fatal(err)
		}
		n += strings.Count(string(b), text)
	}
	return n
}

// TestAHookOfTwoPhasesIsResumedInItsOwn kills a sync while the object of a hook's first run is being deleted for its second, and
// resumes it: the second run is made when the first one's object is gone.
func TestAHookOfTwoPhasesIsResumedInItsOwn(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	twice := strings.Replace(hook("twice", `"PreSync,PostSync"`), "  name: twice\n", "  name: twice\n  finalizers: [example.com/held]\n", 1)
	w.create("two-phases", newRepository(t, w.play, "two-phases", map[string]string{"twice.yaml": twice, "settings.yaml": configMap("settings", "one")}))
	see := w.see()
	jobs := see.client.BatchV1().Jobs("two-phases")
	cmd := w.begin("app", "sync", "two-phases", "--yes")
	var first types.UID
	playtest.Eventually(t, playtest.Patience, "the object of the first run is being deleted", func() error {
		j, err := jobs.Get(t.Context(), "twice", metav1.GetOptions{})
		if err == nil && j.DeletionTimestamp == nil {
			err = errors.New("it is not")
		}
		if err == nil {
			first = j.UID
		}
		return err
	})
	kill(t, cmd)
	see.present("configmap", "two-phases", "settings")
	resumed, said := w.begun("app", "resume", "two-phases", "--yes")
	playtest.Eventually(t, playtest.Patience, "the second run is begun again", func() error {
		if n := w.inJournals("two-phases", `"intended","step":"PostSync/`); n != 2 {
			return fmt.Errorf("it was begun %d times", n)
		}
		return nil
	})
	free := []byte(`{"metadata":{"finalizers":null}}`)
	if _, err := jobs.Patch(t.Context(), "twice", types.MergePatchType, free, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := resumed.Wait(); err != nil {
		t.Fatalf("resume: %v\n%s", err, said)
	}
	second, err := jobs.Get(t.Context(), "twice", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if second.UID == first || second.Status.Succeeded != 1 {
		t.Errorf("the first run was %s, and the second is %s with %d of 1", first, second.UID, second.Status.Succeeded)
	}
}

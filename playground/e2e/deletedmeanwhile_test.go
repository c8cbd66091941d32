package e2e

import (
	"errors"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestADocumentThatIsAnotherOneIsKept has somebody send an application elsewhere while its objects are being deleted.
func TestADocumentThatIsAnotherOneIsKept(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("sent-on", newRepository(t, w.play, "sent-on", map[string]string{"held.yaml": held(configMap("held", "one"))}))
	w.must("app", "sync", "sent-on")
	cms := w.see().client.CoreV1().ConfigMaps("sent-on")
	cmd, said := w.begun("app", "delete", "sent-on", "--yes", "--timeout", "120s")
	playtest.Eventually(t, playtest.Patience, "it is being deleted", func() error {
		cm, err := cms.Get(t.Context(), "held", metav1.GetOptions{})
		if err == nil && cm.DeletionTimestamp == nil {
			err = errors.New("it is not")
		}
		return err
	})
	w.must("app", "set", "sent-on", "--dest-namespace", "elsewhere")
	w.see().release("sent-on", "held")
	err := cmd.Wait()
	contains(t, said.String(), "somebody has changed", "its document is kept")
	if err != nil {
		t.Errorf("delete: %v", err)
	}
	w.must("app", "sync", "sent-on", "--adopt", "--yes")
	w.see().present("configmap", "elsewhere", "held")
}

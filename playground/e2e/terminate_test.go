package e2e

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// endless is a hook that never ends.
const endless = `apiVersion: batch/v1
kind: Job
metadata:
  name: gate
  annotations: {argocd.argoproj.io/hook: PreSync}
spec:
  suspend: true
  template:
    spec:
      restartPolicy: Never
      containers: [{name: gate, image: gate}]
`

// TestTerminate ends an operation that waits, from another process.
func TestTerminate(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("slow", newRepository(t, w.play, "slow", map[string]string{"hook.yaml": endless, "settings.yaml": configMap("settings", "one")}))
	contains(t, w.expect(3, "app", "terminate", "slow").err, "slow", "none is running")
	w.must("app", "sync", "slow", "--async")
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "the hook runs", func() error { return see.find("job", "slow", "gate") })
	contains(t, w.must("app", "terminate", "slow", "--timeout", "120s"), "has ended")
	contains(t, w.must("app", "history", "slow"), "Failed", "operation terminated by ")
	playtest.Eventually(t, playtest.Patience, "the hook is deleted", func() error {
		if see.find("job", "slow", "gate") == nil {
			return errors.New("it is there")
		}
		return nil
	})
	see.absent("configmap", "slow", "settings")
}

// TestTerminateLeavesTheHookOfAnother has somebody make the running hook anew while the sync that waits for it cannot ask for it, and
// then terminates that sync: the new one is not its to delete.
func TestTerminateLeavesTheHookOfAnother(t *testing.T) {
	t.Parallel()
	var blocked atomic.Bool
	w := onOwnStore(t).overLine(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if blocked.Load() && r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/jobs/gate") {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
	w.create("replaced-hook", newRepository(t, w.play, "replaced-hook", map[string]string{"hook.yaml": endless}))
	cmd := w.begin("app", "sync", "replaced-hook", "--yes")
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "the hook runs", func() error { return see.find("job", "replaced-hook", "gate") })
	jobs := see.client.BatchV1().Jobs("replaced-hook")
	mine, err := jobs.Get(t.Context(), "gate", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	blocked.Store(true)
	see.removeJob("replaced-hook", "gate")
	theirs := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "gate"}, Spec: mine.Spec}
	theirs.Spec.Selector, theirs.Spec.Template.Labels = nil, nil
	theirs, err = jobs.Create(t.Context(), theirs, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	blocked.Store(false)
	w.must("app", "terminate", "replaced-hook", "--timeout", "120s")
	if err := cmd.Wait(); err == nil {
		t.Error("the sync was not terminated")
	}
	got, err := jobs.Get(t.Context(), "gate", metav1.GetOptions{})
	if err != nil || got.UID != theirs.UID || got.DeletionTimestamp != nil {
		t.Errorf("the Job that somebody made is gone or going: %v, %v", got, err)
	}
}

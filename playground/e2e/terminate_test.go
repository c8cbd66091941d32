package e2e

import (
	"errors"
	"testing"

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

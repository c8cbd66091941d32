package e2e

import (
	"errors"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestHookWithATimeToLive runs a hook that the cluster deletes as soon as it has ended: its end is seen all the same.
func TestHookWithATimeToLive(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	short := strings.Replace(hook("short", "PreSync"), "spec:\n", "spec:\n  ttlSecondsAfterFinished: 0\n", 1)
	w.create("short-lived", newRepository(t, w.play, "short-lived", map[string]string{"hook.yaml": short, "settings.yaml": configMap("settings", "one")}))
	contains(t, w.must("app", "sync", "short-lived", "--timeout", "60s"), "Job/short-lived/short", "done")
	see := w.see()
	see.present("configmap", "short-lived", "settings")
	playtest.Eventually(t, playtest.Patience, "the cluster deletes the Job", func() error {
		if see.find("job", "short-lived", "short") == nil {
			return errors.New("it is there")
		}
		return nil
	})
}

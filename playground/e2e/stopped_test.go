package e2e

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestStopped stops a process in the middle of a sync and lets it go on much later. The lock of a store in a folder is an
// flock: it stays held while its process is stopped, so nobody else comes to write, and what the process then writes is
// what its lock is for.
func TestStopped(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("stopped", newRepository(t, w.play, "stopped", map[string]string{"hook.yaml": endless, "settings.yaml": configMap("settings", "one")}))
	see := w.see()
	cmd := w.begin("app", "sync", "stopped", "--yes")
	playtest.Eventually(t, 30*time.Second, "the hook runs", func() error { return see.find("job", "stopped", "gate") })
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	see.letGo("stopped")
	contains(t, w.expect(6, "app", "sync", "stopped", "--yes").err, "held by", "app sync")
	contains(t, w.expect(6, "app", "resume", "stopped", "--yes").err, "still runs")
	contains(t, w.expect(6, "app", "undo", "stopped", "--yes").err, "held by")
	see.absent("configmap", "stopped", "settings")
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("continued, the sync ended with %v", err)
	}
	see.present("configmap", "stopped", "settings")
	contains(t, w.must("app", "history", "stopped"), "r1", "Succeeded")

	t.Run("stopped and then killed it is like killed", func(t *testing.T) {
		w := w.in(t)
		see.removeJob("stopped", "gate")
		cmd := w.begin("app", "sync", "stopped", "--yes", "--resource", ":ConfigMap:stopped/settings")
		_ = cmd.Process.Signal(syscall.SIGSTOP)
		kill(t, cmd)
		playtest.Eventually(t, 30*time.Second, "the lock is free", func() error {
			if r := w.run("app", "sync", "stopped", "--yes", "--resource", ":ConfigMap:stopped/settings"); r.status != 0 {
				return errors.New(r.err)
			}
			return nil
		})
	})
}

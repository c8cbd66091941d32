package e2e

import (
	"syscall"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestHeirOfAnAutomation kills the process that automates a store while another one waits for that: the second goes on.
func TestHeirOfAnAutomation(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "inherited", map[string]string{"settings.yaml": configMap("settings", "one")})
	w.create("inherited", repo, "--sync-policy", "automated", "--self-heal")
	first := w.begin("automate", "--interval", "5s")
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "it automates", func() error { return see.find("configmap", "inherited", "settings") })
	second := w.command(t.Context(), "automate", "--interval", "5s")
	out := &output{}
	second.Stdout, second.Stderr = out, out
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.end(second, out) })
	eventuallySays(t, out, "(automate, pid ")
	if err := first.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventuallySays(t, out, "automation: this process")
	see.remove("inherited", "settings")
	playtest.Eventually(t, playtest.Patience, "the ConfigMap is put back", func() error { return see.find("configmap", "inherited", "settings") })
}

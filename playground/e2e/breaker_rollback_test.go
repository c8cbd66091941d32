package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestBreakerOfRollbacks has three of four applications rolled back at once: they differ from the commit that they were of, but nobody
// changed them behind wheelhouse's back, and the fourth is put back as ever.
func TestBreakerOfRollbacks(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	names := make([]string, 4)
	for i := range names {
		names[i] = fmt.Sprintf("breaker-back-%d", i)
		repo := newRepository(t, w.play, names[i], map[string]string{"settings.yaml": configMap("settings", "one"), "web.yaml": deployment("web", 1)})
		w.create(names[i], repo, "--sync-policy", "automated", "--self-heal")
		w.must("app", "sync", names[i])
		repo.push("change settings", map[string]string{"settings.yaml": configMap("settings", "two")})
		w.must("app", "sync", names[i])
	}
	out := w.automate()
	for _, name := range names {
		eventuallySays(t, out, name+" Synced Healthy")
	}
	for _, name := range names[:3] {
		w.must("app", "rollback", name, "r1", "--yes")
	}
	for _, name := range names[:3] {
		eventuallySays(t, out, name+" OutOfSync")
	}
	// Automation asks whether it may before it puts something back.
	see.scale(names[3], "web", 3)
	playtest.Eventually(t, playtest.Patience, "the fourth is put back", func() error {
		if text := w.must("app", "get", names[3]); strings.Contains(text, "AutomationPaused") {
			t.Fatalf("automation has paused:\n%s", text)
		}
		return see.asksFor(names[3], "web", 1)
	})
	for _, name := range names[:3] {
		if got := see.get(name, "settings").Data["value"]; got != "one" {
			t.Errorf("%s was rolled back, and its settings are %s", name, got)
		}
	}
	if list := w.must("cluster", "list"); strings.Contains(list, "automation is paused") {
		t.Errorf("the list is\n%s", list)
	}
}

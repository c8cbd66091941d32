package e2e

import (
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestNotice has automation notice a colleague's commit on the followed branch.
func TestNotice(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "noticed", map[string]string{"deployment.yaml": deployment("web", 1)})
	w.create("noticed", repo, "--sync-policy", "automated")
	w.automate()
	see := w.see()
	playtest.Eventually(t, 30*time.Second, "the first commit is applied", func() error { return see.asksFor("noticed", "web", 1) })
	w.must("app", "wait", "noticed", "--timeout", "60s")

	second := repo.push("raise web to three", map[string]string{"deployment.yaml": deployment("web", 3)})
	playtest.Eventually(t, 7*time.Second, "the second commit is applied", func() error { return see.asksFor("noticed", "web", 3) })
	w.must("app", "wait", "noticed", "--timeout", "60s")
	contains(t, w.must("app", "history", "noticed"), second[:7], "raise web to three", "automation")
}

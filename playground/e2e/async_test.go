package e2e

import "testing"

// TestAsync starts a sync that goes on without the command that started it.
func TestAsync(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.must("app", "create", "later", "--repo", w.play.GitURL()+"/hooks-and-waves.git", "--path", ".", "--revision", "main",
		"--dest-name", "playground", "--dest-namespace", "later", "--sync-option", "CreateNamespace=true")
	contains(t, w.must("app", "sync", "later", "--async"), "the operation runs in process")
	t.Run("a second one is refused while it runs", func(t *testing.T) {
		contains(t, w.in(t).expect(6, "app", "sync", "later", "--async").err, "later", "app sync")
	})
	w.must("app", "wait", "later", "--timeout", "120s")
	contains(t, w.must("app", "history", "later"), "Succeeded")
	t.Run("what ends before it begins ends with its status", func(t *testing.T) {
		w := w.in(t)
		w.create("at-once", newRepository(t, w.play, "at-once", map[string]string{"settings.yaml": configMap("settings", "one")}))
		w.must("app", "sync", "at-once")
		contains(t, w.must("app", "sync", "at-once", "--async"), "nothing to do")
		contains(t, w.expect(3, "app", "sync", "nobody", "--async").err, "nobody")
	})
}

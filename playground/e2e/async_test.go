package e2e

import (
	"fmt"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestAsync starts a sync that goes on without the command that started it.
func TestAsync(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("later", newRepository(t, w.play, "later", map[string]string{"hook.yaml": endless, "settings.yaml": configMap("settings", "one")}))
	contains(t, w.must("app", "sync", "later", "--async"), "the operation runs in process")
	t.Run("a second one is refused while it runs", func(t *testing.T) {
		contains(t, w.in(t).expect(6, "app", "sync", "later", "--async").err, "later", "app sync")
	})
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "the hook runs", func() error { return see.find("job", "later", "gate") })
	see.letGo("later")
	w.must("app", "wait", "later", "--timeout", "120s")
	see.present("configmap", "later", "settings")
	contains(t, w.must("app", "history", "later"), "Succeeded")
	t.Run("nothing is asked about, and a guard refuses all the same", func(t *testing.T) {
		w := w.in(t)
		repo := newRepository(t, w.play, "unasked", map[string]string{
			"guarded.yaml": withOption("Prune=confirm", configMap("guarded", "one")), "settings.yaml": configMap("settings", "one"),
		})
		w.create("unasked", repo)
		w.must("app", "sync", "unasked")
		repo.push("drop what is guarded", map[string]string{"guarded.yaml": "", "settings.yaml": configMap("settings", "two")})
		contains(t, w.expect(6, "app", "sync", "unasked", "--prune", "--async").err, "prune:ConfigMap/unasked/guarded")
		if v := see.get("unasked", "settings").Data["value"]; v != "one" {
			t.Errorf("the settings are %s", v)
		}
		w.console(100, 30, "app", "sync", "unasked", "--async")
		playtest.Eventually(t, playtest.Patience, "the sync that was begun in a terminal has written", func() error {
			if v := see.get("unasked", "settings").Data["value"]; v != "two" {
				return fmt.Errorf("the settings are %s", v)
			}
			return nil
		})
		w.must("app", "wait", "unasked", "--operation", "--timeout", "120s")
		see.present("configmap", "unasked", "guarded")
	})
	t.Run("what ends before it begins ends with its status", func(t *testing.T) {
		w := w.in(t)
		w.create("at-once", newRepository(t, w.play, "at-once", map[string]string{"settings.yaml": configMap("settings", "one")}))
		w.must("app", "sync", "at-once")
		contains(t, w.must("app", "sync", "at-once", "--async"), "nothing to do")
		contains(t, w.expect(3, "app", "sync", "nobody", "--async").err, "nobody")
	})
}

package e2e

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFailOnSharedResource has two applications of one store ask for one object, and the second forbid that: no sync of it writes
// anything, whoever begins it, until git asks for the object no more.
func TestFailOnSharedResource(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	w.create("forbid-first", newRepository(t, w.play, "forbid-first", map[string]string{"settings.yaml": configMap("settings", "first")}))
	w.must("app", "sync", "forbid-first")
	before := see.get("forbid-first", "settings")
	repo := newRepository(t, w.play, "forbid-second", map[string]string{"settings.yaml": configMap("settings", "second"), "own.yaml": configMap("own", "second")})
	w.create("forbid-second", repo, "--dest-namespace", "forbid-first", "--sync-option", "FailOnSharedResource=true")
	untouched := func(t *testing.T) {
		t.Helper()
		if d := cmp.Diff(before, see.get("forbid-first", "settings")); d != "" {
			t.Errorf("the object changed (-before +after):\n%s", d)
		}
		see.absent("configmap", "forbid-first", "own")
	}
	t.Run("a person's sync is refused, also when it adopts", func(t *testing.T) {
		w := w.in(t)
		const guard = "shared:ConfigMap/forbid-first/settings"
		contains(t, w.must("app", "plan", "forbid-second"), "ConfigMap/forbid-first/settings", "the application forbid-first", "FailOnSharedResource=true forbids the sync")
		for _, flags := range [][]string{nil, {"--adopt"}, {"--adopt", "--force"}, {"--confirm", guard}, {"--adopt", "--confirm", "adopt:ConfigMap/forbid-first/settings"}} {
			r := w.expect(6, append([]string{"app", "sync", "forbid-second", "--yes"}, flags...)...)
			contains(t, r.err, "ConfigMap/forbid-first/settings", "FailOnSharedResource")
			untouched(t)
		}
	})
	t.Run("so is one of automation", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "set", "forbid-second", "--sync-policy", "automated", "--self-heal")
		w.automate()
		eventuallyPrints(w, []string{"automatic sync refused", "shared:ConfigMap/forbid-first/settings"}, "app", "get", "forbid-second")
		untouched(t)
	})
	t.Run("what is not shared may be synced, and all once git leaves the object to the other", func(t *testing.T) {
		w := w.in(t)
		repo.push("leave it", map[string]string{"settings.yaml": ""})
		w.must("app", "set", "forbid-second", "--sync-policy", "none")
		w.must("app", "sync", "forbid-second")
		see.present("configmap", "forbid-first", "own")
		if d := cmp.Diff(before, see.get("forbid-first", "settings")); d != "" {
			t.Errorf("the object changed (-before +after):\n%s", d)
		}
	})
}

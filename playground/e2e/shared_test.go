package e2e

import (
	"strings"
	"testing"
)

// TestShared has two applications declare one object.
func TestShared(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	first := newRepository(t, w.play, "sharing-first", map[string]string{"settings.yaml": configMap("settings", "one"), "own.yaml": configMap("own", "one")})
	second := newRepository(t, w.play, "sharing-second", map[string]string{"settings.yaml": configMap("settings", "two")})
	w.create("sharing", first)
	w.must("app", "sync", "sharing")
	w.create("shared", second, "--dest-namespace", "sharing")
	says := func(w *program, name, other string, want bool) {
		w.t.Helper()
		var found bool
		for _, c := range w.get(name).Status.Conditions {
			found = found || c.Type == "SharedResourceWarning" && c.Message == "ConfigMap/sharing/settings is declared by "+other+" too"
			if c.Type == "SharedResourceWarning" && strings.Contains(c.Message, "own") {
				w.t.Errorf("%s says %s", name, c.Message)
			}
		}
		if found != want {
			w.t.Errorf("%s says that it is shared with %s: %t", name, other, found)
		}
	}
	t.Run("a look at all of them tells both", func(t *testing.T) {
		w := w.in(t)
		says(w, "sharing", "shared", false)
		w.must("app", "list", "--refresh")
		says(w, "sharing", "shared", true)
		says(w, "shared", "sharing", true)
		contains(t, w.must("app", "get", "sharing"), "SharedResourceWarning")
	})
	t.Run("it stays with a look at one, and while one cannot be looked at", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "refresh", "sharing")
		first.push("break it", map[string]string{"own.yaml": "kind: ["})
		w.fails("app", "refresh", "sharing")
		w.run("app", "list", "--refresh")
		says(w, "sharing", "shared", true)
		says(w, "shared", "sharing", true)
	})
	t.Run("it goes when one of them declares the object no more", func(t *testing.T) {
		w := w.in(t)
		first.push("leave it to the other", map[string]string{"settings.yaml": "", "own.yaml": configMap("own", "two")})
		w.must("app", "list", "--refresh")
		says(w, "sharing", "shared", false)
		says(w, "shared", "sharing", false)
	})
	t.Run("and when one of them is deleted", func(t *testing.T) {
		w := w.in(t)
		first.push("take it back", map[string]string{"settings.yaml": configMap("settings", "three")})
		w.must("app", "list", "--refresh")
		says(w, "shared", "sharing", true)
		w.must("app", "delete", "sharing", "--yes", "--cascade=false")
		w.must("app", "list", "--refresh")
		says(w, "shared", "sharing", false)
	})
}

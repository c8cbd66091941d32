package e2e

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// marked are the annotations of an object that another store's application of the same name owns.
func marked(app, namespace, name string) map[string]string {
	return map[string]string{
		"argocd.argoproj.io/tracking-id":     app + ":/ConfigMap:" + namespace + "/" + name,
		"argocd.argoproj.io/installation-id": "another-store",
	}
}

// TestForeign has another store own an object that this store's application asks for as well.
func TestForeign(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "foreign", map[string]string{"settings.yaml": configMap("settings", "ours"), "own.yaml": configMap("own", "ours")})
	w.create("foreign", repo)
	w.see().namespace("foreign")
	theirs := map[string]string{"value": "theirs"}
	before := w.see().configMap("foreign", "settings", marked("foreign", "foreign", "settings"), theirs)
	w.see().configMap("foreign", "left-over", marked("foreign", "foreign", "left-over"), theirs)
	t.Run("a sync leaves it alone and says so, and the application stays OutOfSync", func(t *testing.T) {
		w := w.in(t)
		r := w.expect(0, "app", "sync", "foreign", "--yes")
		contains(t, r.out, "ConfigMap/foreign/settings", "another-store", "--adopt")
		contains(t, w.must("app", "plan", "foreign"), "keep", "ConfigMap/foreign/settings", "another-store", "adopting takes it over")
		contains(t, w.must("app", "get", "foreign"), "OutOfSync", "ForeignResourceWarning", "ConfigMap/foreign/settings", "another-store")
		if d := cmp.Diff(before, w.see().get("foreign", "settings")); d != "" {
			t.Errorf("the object changed (-before +after):\n%s", d)
		}
	})
	t.Run("with FailOnSharedResource the sync fails and names it", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "set", "foreign", "--sync-option", "FailOnSharedResource=true")
		r := w.expect(6, "app", "sync", "foreign", "--yes")
		contains(t, r.err, "ConfigMap/foreign/settings", "another-store", "app set foreign --sync-option '!FailOnSharedResource'")
		if strings.Contains(r.err, "--confirm NAME") {
			t.Errorf("it offers a confirmation that is refused:\n%s", r.err)
		}
		w.expect(6, "app", "sync", "foreign", "--yes", "--adopt")
		if d := cmp.Diff(before, w.see().get("foreign", "settings")); d != "" {
			t.Errorf("the object changed (-before +after):\n%s", d)
		}
		w.must("app", "set", "foreign", "--sync-option", "!FailOnSharedResource")
	})
	t.Run("a sync with prune does not delete what git has not", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "sync", "foreign", "--yes", "--prune")
		w.see().present("configmap", "foreign", "left-over")
	})
	t.Run("an adopt step that is asked for takes it over", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "sync", "foreign", "--yes", "--adopt", "--confirm", "adopt:ConfigMap/foreign/settings")
		if d := cmp.Diff(map[string]string{"value": "ours"}, w.see().get("foreign", "settings").Data); d != "" {
			t.Errorf("data (-want +got):\n%s", d)
		}
	})
	t.Run("a cascade leaves what the other store still owns", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "delete", "foreign", "--cascade", "--yes")
		w.see().absent("configmap", "foreign", "own")
		w.see().present("configmap", "foreign", "left-over")
	})
}

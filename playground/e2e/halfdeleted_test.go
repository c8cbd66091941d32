package e2e

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestAutomationPutsBackNothingOfADeletion has the deletion of an application that heals itself end half-way, because an object may not be
// deleted and because its process is killed: what is gone stays so until somebody says what is to become of the application.
func TestAutomationPutsBackNothingOfADeletion(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	healing := []string{"--sync-policy", "automated", "--self-heal"}
	w.create("half-deleted", newRepository(t, w.play, "half-deleted", map[string]string{
		"first.yaml": configMap("first", "one"), "last.yaml": inWave("1", configMap("last", "one")),
	}), healing...)
	w.create("half-beside", newRepository(t, w.play, "half-beside", map[string]string{"a.yaml": configMap("a", "one")}), healing...)
	out := w.automate()
	there := func(name, object string) {
		t.Helper()
		playtest.Eventually(t, playtest.Patience, object+" of "+name+" is there", func() error { return see.isValue(name, object, "one") })
	}
	there("half-deleted", "last")
	there("half-beside", "a")
	eventuallySays(t, out, "half-deleted Synced")

	// stays looks for what automation does once it has seen the application as it is, and put back something else since.
	stays := func() {
		t.Helper()
		eventuallyPrints(w, []string{"DeletionError", "AutomationPaused", "a deletion has not come to its end"}, "app", "get", "half-deleted")
		for range 2 {
			see.edit("half-deleted", "first", "by hand")
			playtest.Eventually(t, playtest.Patience, "what is gone is seen", func() error {
				return errors.Join(w.outOfSync("half-deleted", "ConfigMap/last"), w.outOfSync("half-deleted", "ConfigMap/first"))
			})
			see.edit("half-beside", "a", "by hand")
			there("half-beside", "a")
		}
		see.absent("configmap", "half-deleted", "last")
		if err := see.isValue("half-deleted", "first", "by hand"); err != nil {
			t.Error(err)
		}
	}
	gone := func() error {
		if see.find("configmap", "half-deleted", "last") == nil {
			return errors.New("it is there")
		}
		return nil
	}

	refusing := w.overLine(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodDelete && strings.HasSuffix(r.URL.Path, "/configmaps/first") {
			http.Error(w, "not this one", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
	refusing.fails("app", "delete", "half-deleted", "--yes")
	stays()
	w.must("app", "sync", "half-deleted", "--resource", ":ConfigMap:half-deleted/first")
	see.absent("configmap", "half-deleted", "last")
	w.must("app", "sync", "half-deleted")
	there("half-deleted", "last")
	w.without("half-deleted", "DeletionError")
	see.remove("half-deleted", "last")
	there("half-deleted", "last")
	w.without("half-deleted", "AutomationPaused")

	asked := make(chan struct{}, 1)
	hanging := w.overLine(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodDelete && strings.HasSuffix(r.URL.Path, "/configmaps/first") {
			select {
			case asked <- struct{}{}:
			default:
			}
			<-r.Context().Done()
			return
		}
		next.ServeHTTP(w, r)
	})
	deletion := hanging.begin("app", "delete", "half-deleted", "--yes")
	<-asked
	if err := gone(); err != nil {
		t.Fatal(err)
	}
	kill(t, deletion)
	stays()
	contains(t, w.must("app", "resume", "half-deleted", "--discard"), "settled")
	there("half-deleted", "last")
	there("half-deleted", "first")
	w.without("half-deleted", "DeletionError")
}

// TestASyncThatHasNothingToDoTakesBackADeletion has a deletion fail before anything has gone: a sync says that the application is to
// stay, and automation goes on.
func TestASyncThatHasNothingToDoTakesBackADeletion(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	w.create("not-deleted", newRepository(t, w.play, "not-deleted", map[string]string{
		"a.yaml": configMap("a", "one"), "never.yaml": failing(hook("never", "PreDelete")),
	}), "--sync-policy", "automated", "--self-heal")
	w.must("app", "sync", "not-deleted")
	w.fails("app", "delete", "not-deleted", "--yes", "--timeout", "120s")
	contains(t, w.must("app", "get", "not-deleted", "--refresh"), "DeletionError", "Synced")
	w.must("app", "sync", "not-deleted")
	w.without("not-deleted", "DeletionError")
	out := w.automate()
	eventuallySays(t, out, "not-deleted Synced")
	see.edit("not-deleted", "a", "by hand")
	playtest.Eventually(t, playtest.Patience, "it is healed", func() error { return see.isValue("not-deleted", "a", "one") })
}

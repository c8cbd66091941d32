package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestHeal has somebody change the cluster by hand under an application that heals itself.
func TestHeal(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "healed", map[string]string{"deployment.yaml": deployment("worker", 2), "settings.yaml": configMap("settings", "one")})
	w.create("healed", repo, "--sync-policy", "automated", "--self-heal", "--auto-prune")
	contains(t, w.must("app", "get", "healed"), "nobody")
	w.automate()
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "the application is synced by itself", func() error {
		return errors.Join(see.asksFor("healed", "worker", 2), see.find("configmap", "healed", "settings"))
	})
	t.Run("a Deployment that is scaled by hand is put back, every time", func(t *testing.T) {
		see := w.in(t).see()
		for range 3 {
			see.scale("healed", "worker", 5)
			playtest.Eventually(t, playtest.Patience, "the Deployment is put back", func() error { return see.asksFor("healed", "worker", 2) })
		}
	})
	t.Run("an object that is deleted by hand comes back", func(t *testing.T) {
		see := w.in(t).see()
		see.remove("healed", "settings")
		playtest.Eventually(t, playtest.Patience, "the ConfigMap is put back", func() error { return see.find("configmap", "healed", "settings") })
	})
	t.Run("others are told who automates the store", func(t *testing.T) {
		w := w.in(t)
		contains(t, w.must("doctor"), "automation: ", "(automate, pid ")
		contains(t, w.must("app", "get", "healed"), "(automate, pid ")
	})
}

// whileFull refuses to write the ConfigMap a, as a quota does, while full is true.
func whileFull(full *atomic.Bool) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if full.Load() && r.Method == http.MethodPatch && strings.HasSuffix(r.URL.Path, "/configmaps/a") && r.URL.Query().Get("dryRun") == "" {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403,` +
				`"message":"configmaps \"a\" is forbidden: exceeded quota"}`))
			return
		}
		next.ServeHTTP(w, r)
	}
}

// TestAFailedHealIsTriedAgainAsAHeal has the server refuse what is put back for a while, under an application that has a hook: what
// follows are heals of what differs by then, none of them the whole commit.
func TestAFailedHealIsTriedAgainAsAHeal(t *testing.T) {
	t.Parallel()
	var full atomic.Bool
	w := onOwnStore(t).overLine(whileFull(&full))
	see := w.see()
	w.create("healed-again", newRepository(t, w.play, "healed-again", map[string]string{
		"a.yaml": configMap("a", "one"), "b.yaml": configMap("b", "one"),
		"hook.yaml": strings.Replace(configMap("migrate", "one"), "  name: migrate\n", "  name: migrate\n  annotations: {argocd.argoproj.io/hook: PreSync}\n", 1),
	}), "--sync-policy", "automated", "--self-heal", "--sync-retry-limit", "-1", "--sync-retry-backoff-duration", "1s", "--sync-retry-backoff-factor", "1")
	eventuallySays(t, w.automate(), "healed-again Synced")
	ran := see.get("healed-again", "migrate").UID

	full.Store(true)
	see.edit("healed-again", "a", "by hand")
	eventuallyPrints(w, []string{"exceeded quota", "r3"}, "app", "history", "healed-again")
	see.edit("healed-again", "b", "by hand")
	playtest.Eventually(t, playtest.Patience, "what else differs is put back", func() error { return see.isValue("healed-again", "b", "one") })
	full.Store(false)
	playtest.Eventually(t, playtest.Patience, "it is put back in the end", func() error { return see.isValue("healed-again", "a", "one") })
	playtest.Eventually(t, playtest.Patience, "that is on record", func() error {
		if r := w.records("healed-again")[0]; r.Phase != "Succeeded" || !strings.HasPrefix(r.Why, "self-heal: ConfigMap/healed-again/a") {
			return fmt.Errorf("the newest record is %+v", r)
		}
		return nil
	})
	if see.get("healed-again", "migrate").UID != ran {
		t.Error("the hook has run again")
	}
	records := w.records("healed-again")
	for _, r := range records[:len(records)-1] {
		if !strings.HasPrefix(r.Why, "self-heal: ConfigMap/healed-again/") {
			t.Errorf("%s was done for another reason: %s", r.ID, r.Why)
		}
	}
	if !strings.HasSuffix(records[0].Why, fmt.Sprintf(", retry %d", len(records)-2)) {
		t.Errorf("after %d records, the last is told as %s", len(records)-1, records[0].Why)
	}
}

// asksFor reports whether a Deployment asks for so many replicas.
func (e eyes) asksFor(namespace, name string, want int32) error {
	got, err := e.replicas(namespace, name)
	if err == nil && got != want {
		err = fmt.Errorf("deployment/%s/%s asks for %d replicas, want %d", namespace, name, got, want)
	}
	return err
}

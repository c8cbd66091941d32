package e2e

import (
	"errors"
	"fmt"
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

// asksFor reports whether a Deployment asks for so many replicas.
func (e eyes) asksFor(namespace, name string, want int32) error {
	got, err := e.replicas(namespace, name)
	if err == nil && got != want {
		err = fmt.Errorf("deployment/%s/%s asks for %d replicas, want %d", namespace, name, got, want)
	}
	return err
}

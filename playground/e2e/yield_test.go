package e2e

import (
	"errors"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// synced reports whether a ConfigMap is there with a value.
func (e eyes) synced(namespace, name, value string) error {
	if err := e.find("configmap", namespace, name); err != nil {
		return err
	}
	if got := e.get(namespace, name).Data["value"]; got != value {
		return errors.New("the value is " + got)
	}
	return nil
}

// TestAnAutomaticSyncMakesWay has an automatic sync wait for a wave that never becomes healthy while the repair is in git.
func TestAnAutomaticSyncMakesWay(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	first := inWave("1", deployment("first", 1))
	repo := newRepository(t, w.play, "yielding", map[string]string{
		"first.yaml": strings.Replace(first, "spec:\n", "spec:\n  paused: true\n", 1), "second.yaml": inWave("2", configMap("second", "one")),
	})
	w.create("yielding", repo, "--sync-policy", "automated")
	w.automate()
	see := w.see()
	eventuallyPrints(w, []string{"Running", "Deployment/yielding/first"}, "app", "get", "yielding")
	see.absent("configmap", "yielding", "second")
	repo.push("repair it", map[string]string{"first.yaml": first, "second.yaml": inWave("2", configMap("second", "two"))})
	playtest.Eventually(t, playtest.Patience, "the repair is synced", func() error { return see.synced("yielding", "second", "two") })
	eventuallyPrints(w, []string{"operation terminated for something newer while it waited for Deployment/yielding/first", "Succeeded"}, "app", "history", "yielding")
}

// TestAnAutomaticSyncHasALimit has the hook of an automatic sync never end: a newer commit does not interrupt it, the limit does, and
// then the newer commit is synced.
func TestAnAutomaticSyncHasALimit(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "limited", map[string]string{"hook.yaml": endless, "settings.yaml": configMap("settings", "one")})
	w.create("limited", repo, "--sync-policy", "automated")
	w.automate("--sync-timeout", "20s")
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "the hook runs", func() error { return see.find("job", "limited", "gate") })
	repo.push("without the hook", map[string]string{"hook.yaml": "", "settings.yaml": configMap("settings", "two")})
	playtest.Eventually(t, playtest.Patience, "the newer commit is synced", func() error { return see.synced("limited", "settings", "two") })
	eventuallyPrints(w, []string{"operation terminated after 20s, by --sync-timeout while it waited for Job/limited/gate", "Succeeded"}, "app", "history", "limited")
	see.absent("job", "limited", "gate")
}

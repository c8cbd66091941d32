package e2e

import (
	"errors"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestASyncThatCannotSucceedTakesNothingAway pushes commits of which a part is not valid, not allowed or of no kind that is served.
func TestASyncThatCannotSucceedTakesNothingAway(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	mistaken := strings.Replace(deployment("after", 1), "image:", "imag:", 1)
	t.Run("a Deployment that is renamed with a mistake stays", func(t *testing.T) {
		w := w.in(t)
		repo := newRepository(t, w.play, "mistaken", map[string]string{"web.yaml": deployment("before", 1), "a.yaml": configMap("a", "one")})
		w.create("mistaken", repo)
		w.must("app", "sync", "mistaken")
		repo.push("rename it", map[string]string{"web.yaml": mistaken, "a.yaml": configMap("a", "two"), "gate.yaml": hook("gate", "PostSync")})
		contains(t, w.must("app", "plan", "mistaken", "--prune"), "refused", "a step cannot succeed", "stays")
		contains(t, w.expect(4, "app", "sync", "mistaken", "--prune", "--yes").out, ".imag: field not declared in schema")
		see.present("deployment", "mistaken", "before")
		see.absent("job", "mistaken", "gate")
		if got := see.get("mistaken", "a").Data["value"]; got != "two" {
			t.Errorf("its neighbour is %s", got)
		}
		repo.push("correct it", map[string]string{"web.yaml": deployment("after", 1)})
		w.must("app", "sync", "mistaken", "--prune", "--yes", "--timeout", "120s")
		see.absent("deployment", "mistaken", "before")
		see.present("deployment", "mistaken", "after")
		see.present("job", "mistaken", "gate")
	})
	t.Run("no hook runs before it", func(t *testing.T) {
		w := w.in(t)
		w.create("hooked-in-vain", newRepository(t, w.play, "hooked-in-vain", map[string]string{
			"web.yaml": mistaken, "a.yaml": configMap("a", "one"), "gate.yaml": hook("gate", "PreSync"), "alarm.yaml": hook("alarm", "SyncFail"),
		}))
		contains(t, w.expect(4, "app", "sync", "hooked-in-vain", "--yes").out, "not begun, because Deployment/hooked-in-vain/after cannot succeed")
		if text := w.must("app", "get", "hooked-in-vain", "-o", "json"); strings.Contains(text, `"hookPhase": "Running"`) {
			t.Errorf("a hook that was never begun is said to run:\n%s", text)
		}
		see.absent("job", "hooked-in-vain", "gate")
		see.absent("job", "hooked-in-vain", "alarm")
		see.absent("configmap", "hooked-in-vain", "a")
	})
	t.Run("where a kind is missing nothing is begun", func(t *testing.T) {
		w := w.in(t)
		unknown := "apiVersion: nowhere.example.com/v1\nkind: Gadget\nmetadata: {name: g}\n"
		repo := newRepository(t, w.play, "kindless", map[string]string{"a.yaml": configMap("a", "one"), "b.yaml": configMap("b", "one")})
		w.create("kindless", repo)
		w.must("app", "sync", "kindless")
		repo.push("a kind that is not there", map[string]string{"g.yaml": unknown, "a.yaml": configMap("a", "two"), "b.yaml": ""})
		contains(t, w.expect(4, "app", "sync", "kindless", "--prune", "--yes").out, "Gadget/kindless/g", "install what defines the kind")
		see.present("configmap", "kindless", "b")
		if got := see.get("kindless", "a").Data["value"]; got != "one" {
			t.Errorf("its neighbour is %s", got)
		}
	})
	t.Run("nor does automation delete", func(t *testing.T) {
		w := w.in(t)
		repo := newRepository(t, w.play, "mistaken-alone", map[string]string{"web.yaml": deployment("before", 1), "a.yaml": configMap("a", "one")})
		w.create("mistaken-alone", repo, "--sync-policy", "automated", "--auto-prune")
		w.automate()
		playtest.Eventually(t, playtest.Patience, "it is synced", func() error { return see.find("deployment", "mistaken-alone", "before") })
		repo.push("rename it", map[string]string{"web.yaml": mistaken, "a.yaml": configMap("a", "two")})
		w.must("app", "refresh", "mistaken-alone")
		playtest.Eventually(t, playtest.Patience, "the mistake is told", func() error {
			if out := w.must("app", "get", "mistaken-alone"); !strings.Contains(out, ".imag: field not declared in schema") {
				return errors.New(out)
			}
			return nil
		})
		before, err := see.client.AppsV1().Deployments("mistaken-alone").Get(t.Context(), "before", metav1.GetOptions{})
		if err != nil || before.DeletionTimestamp != nil {
			t.Errorf("the Deployment is deleted, or was: %v, %v", before.DeletionTimestamp, err)
		}
		if got := see.get("mistaken-alone", "a").Data["value"]; got != "two" {
			t.Errorf("its neighbour is %s", got)
		}
	})
}

package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestBreaker has somebody change many applications at once: automation stops putting them back, until it is let go on.
func TestBreaker(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	names, repos := make([]string, 5), make([]*repository, 5)
	for i := range names {
		names[i] = fmt.Sprintf("broken-%d", i)
		repos[i] = newRepository(t, w.play, names[i], map[string]string{"settings.yaml": configMap("settings", "one"), "web.yaml": deployment("web", 1)})
		w.create(names[i], repos[i], "--sync-policy", "automated", "--self-heal")
		w.must("app", "sync", names[i])
	}
	out := w.automate()
	eventuallySays(t, out, names[4]+" Synced Healthy")

	t.Run("two that are changed are put back", func(t *testing.T) {
		for _, name := range names[:2] {
			see.scale(name, "web", 3)
			playtest.Eventually(t, playtest.Patience, "it is put back", func() error { return see.asksFor(name, "web", 1) })
		}
	})
	t.Run("commits to all of them are no drift", func(t *testing.T) {
		w := w.in(t)
		for _, repo := range repos {
			repo.push("change settings", map[string]string{"settings.yaml": configMap("settings", "two")})
		}
		for _, name := range names {
			playtest.Eventually(t, playtest.Patience, "it follows git", func() error {
				if got := see.get(name, "settings").Data["value"]; got != "two" {
					return errors.New("the settings are " + got)
				}
				return nil
			})
		}
		for _, name := range names {
			if text := w.must("app", "get", name); strings.Contains(text, "AutomationPaused") {
				t.Errorf("automation has paused:\n%s", text)
			}
		}
	})
	t.Run("when all are changed within a minute some stay, and say why", func(t *testing.T) {
		w := w.in(t)
		for _, name := range names {
			see.scale(name, "web", 3)
		}
		// Which of them are put back before there are too many is not said.
		stays := ""
		playtest.Eventually(t, playtest.Patience, "automation pauses", func() error {
			for _, name := range names {
				if strings.Contains(w.must("app", "get", name), "AutomationPaused") {
					stays = name
					return nil
				}
			}
			return errors.New("no application says so")
		})
		contains(t, w.must("app", "get", stays), "applications drifted within a minute, without a commit", "wheelhouse cluster resume playground")
		contains(t, w.must("cluster", "list"), "automation is paused")
		if err := see.asksFor(stays, "web", 3); err != nil {
			t.Error(err)
		}
	})
	t.Run("let go on, it puts them back", func(t *testing.T) {
		w := w.in(t)
		contains(t, w.expect(6, "cluster", "resume", "playground", "--read-only").err, "not allowed")
		w.must("cluster", "resume", "playground")
		for _, name := range names {
			playtest.Eventually(t, playtest.Patience, "it is put back", func() error { return see.asksFor(name, "web", 1) })
		}
		w.expect(3, "cluster", "resume", "playground")
	})
}

// TestPause has automation leave an application alone for a time.
func TestPause(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	w.create("paused", newRepository(t, w.play, "paused", map[string]string{"web.yaml": deployment("web", 1)}), "--sync-policy", "automated", "--self-heal")
	w.must("app", "sync", "paused")
	w.must("app", "pause", "paused", "--for", "1h", "--reason", "somebody looks at it")
	contains(t, w.must("app", "get", "paused"), "Paused:", "somebody looks at it, until ")
	w.create("skipped", newRepository(t, w.play, "skipped", map[string]string{"web.yaml": deployment("web", 1)}), "--sync-policy", "automated", "--self-heal")
	w.must("app", "sync", "skipped")
	w.editDocument("skipped", "  name: skipped\n", "  name: skipped\n  annotations: {argocd.argoproj.io/skip-reconcile: \"true\"}\n")
	contains(t, w.must("app", "get", "skipped"), "Paused:", "by the annotation argocd.argoproj.io/skip-reconcile")
	w.create("put-back-too", newRepository(t, w.play, "put-back-too", map[string]string{"web.yaml": deployment("web", 1)}), "--sync-policy", "automated", "--self-heal")
	w.must("app", "sync", "put-back-too")
	out := w.automate()
	for _, name := range []string{"paused", "skipped"} {
		eventuallySays(t, out, name+" Synced")
		see.scale(name, "web", 3)
		eventuallySays(t, out, name+" OutOfSync")
	}
	// By the time that another one is put back, these would have been.
	see.scale("put-back-too", "web", 3)
	playtest.Eventually(t, playtest.Patience, "another one is put back", func() error { return see.asksFor("put-back-too", "web", 1) })
	for _, name := range []string{"paused", "skipped"} {
		if err := see.asksFor(name, "web", 3); err != nil {
			t.Error(err)
		}
	}
	w.must("app", "pause", "paused", "--end")
	playtest.Eventually(t, playtest.Patience, "it is put back", func() error { return see.asksFor("paused", "web", 1) })
	contains(t, w.expect(2, "app", "pause", "paused").err, "for how long? --for 30m")
	if err := see.asksFor("skipped", "web", 3); err != nil {
		t.Error(err)
	}

	t.Run("a pin with an end holds until then", func(t *testing.T) {
		w := w.in(t)
		contains(t, w.expect(2, "app", "pin", "paused").err, "--reason")
		w.must("app", "pin", "paused", "--reason", "sale", "--for", "1h")
		contains(t, w.expect(6, "app", "sync", "paused").err, "pinned at record r", "sale")
		w.must("app", "pin", "paused", "--reason", "sale", "--for", "1s")
		playtest.Eventually(t, playtest.Patience, "the pin ends", func() error {
			if r := w.run("app", "sync", "paused"); r.status != 0 {
				return errors.New(r.err)
			}
			return nil
		})
	})
}

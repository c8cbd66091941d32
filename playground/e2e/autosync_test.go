package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// outOfSync reports whether an application's status has an object, which may be extra, as OutOfSync.
func (p *program) outOfSync(name, object string) error {
	p.t.Helper()
	a := p.get(name)
	for _, r := range a.Status.Resources {
		if r.Kind+"/"+r.Name == object && r.Status == "OutOfSync" && a.Status.Sync.Status == "OutOfSync" {
			return nil
		}
	}
	return fmt.Errorf("%s is not OutOfSync: %+v", object, a.Status)
}

// TestAFailedCommitIsTriedNoMore has automation come to a commit that the server refuses: its retries are all there is, until git or the
// application says something else.
func TestAFailedCommitIsTriedNoMore(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	repo := newRepository(t, w.play, "tried-once", map[string]string{
		"Chart.yaml": "apiVersion: v2\nname: tried\nversion: 1.0.0\n", "values.yaml": "value: \"[no, string]\"\n",
		"templates/a.yaml": configMap("a", "{{ .Values.value }}"), "templates/b.yaml": configMap("b", "one"),
	})
	w.create("tried-once", repo, "--sync-policy", "automated", "--self-heal", "--sync-retry-limit", "1", "--sync-retry-backoff-duration", "100ms")
	w.create("tried-beside", newRepository(t, w.play, "tried-beside", map[string]string{"b.yaml": configMap("b", "one")}), "--sync-policy", "automated", "--self-heal")
	w.automate()
	eventuallyPrints(w, []string{"r2"}, "app", "history", "tried-once")
	eventuallyPrints(w, []string{"Failed last sync attempt to "}, "app", "get", "tried-once")
	playtest.Eventually(t, playtest.Patience, "the neighbour is synced", func() error { return see.isValue("tried-beside", "b", "one") })
	tries := func() int { return len(w.records("tried-once")) }
	if n := tries(); n != 2 {
		t.Fatalf("it was tried %d times, want once and again", n)
	}
	// Who repairs some of it has said nothing about the rest.
	w.must("app", "sync", "tried-once", "--resource", ":ConfigMap:tried-once/b")
	eventuallyPrints(w, []string{"Failed last sync attempt to "}, "app", "get", "tried-once")

	// Drift has automation decide anew about both; by the time that one is put back, so would the other be.
	for range 2 {
		see.edit("tried-once", "b", "by hand")
		playtest.Eventually(t, playtest.Patience, "the drift is seen", func() error { return w.outOfSync("tried-once", "ConfigMap/b") })
		see.edit("tried-beside", "b", "by hand")
		playtest.Eventually(t, playtest.Patience, "the neighbour is put back", func() error { return see.isValue("tried-beside", "b", "one") })
	}
	if n := tries() - 1; n != 2 {
		t.Errorf("the same commit was tried %d times", n)
	}
	if err := see.isValue("tried-once", "b", "by hand"); err != nil {
		t.Error(err)
	}

	w.must("app", "set", "tried-once", "--parameter", "value=fine")
	playtest.Eventually(t, playtest.Patience, "a changed parameter is tried", func() error {
		return errors.Join(see.isValue("tried-once", "a", "fine"), see.isValue("tried-once", "b", "one"))
	})
	eventuallyPrints(w, []string{"r4", "Succeeded"}, "app", "history", "tried-once")
	if got := w.records("tried-once"); got[0].Commits[0].ID != got[3].Commits[0].ID || !strings.HasPrefix(got[0].Why, "the application asks for something else of commit ") {
		t.Errorf("the records are %+v", got)
	}
}

// TestDriftStaysWithoutSelfHeal has somebody change an object of an application that is synced automatically and does not heal itself:
// only the next commit puts it back.
func TestDriftStaysWithoutSelfHeal(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	repo := newRepository(t, w.play, "unhealed", map[string]string{"web.yaml": deployment("web", 1), "a.yaml": configMap("a", "one")})
	w.create("unhealed", repo, "--sync-policy", "automated", "--auto-prune")
	w.create("healed-beside", newRepository(t, w.play, "healed-beside", map[string]string{"web.yaml": deployment("web", 1)}), "--sync-policy", "automated", "--self-heal")
	out := w.automate()
	for _, name := range []string{"unhealed", "healed-beside"} {
		eventuallySays(t, out, name+" Synced")
	}
	see.scale("unhealed", "web", 3)
	see.remove("unhealed", "a")
	playtest.Eventually(t, playtest.Patience, "the drift is seen", func() error {
		return errors.Join(w.outOfSync("unhealed", "Deployment/web"), w.outOfSync("unhealed", "ConfigMap/a"))
	})
	see.scale("healed-beside", "web", 3)
	playtest.Eventually(t, playtest.Patience, "the neighbour is put back", func() error { return see.asksFor("healed-beside", "web", 1) })
	see.absent("configmap", "unhealed", "a")
	if err := see.asksFor("unhealed", "web", 3); err != nil {
		t.Error(err)
	}

	// Who puts back one object leaves the other as it is, and so does automation, now and after the neighbour was put back again.
	w.must("app", "sync", "unhealed", "--resource", ":ConfigMap:unhealed/a")
	see.present("configmap", "unhealed", "a")
	for range 2 {
		see.scale("healed-beside", "web", 3)
		playtest.Eventually(t, playtest.Patience, "the neighbour is put back", func() error { return see.asksFor("healed-beside", "web", 1) })
	}
	if err := errors.Join(see.asksFor("unhealed", "web", 3), w.outOfSync("unhealed", "Deployment/web")); err != nil {
		t.Error(err)
	}
	repo.push("go on", map[string]string{"a.yaml": configMap("a", "two")})
	playtest.Eventually(t, playtest.Patience, "the next commit puts it back", func() error {
		return errors.Join(see.asksFor("unhealed", "web", 1), see.isValue("unhealed", "a", "two"))
	})
	if n := len(w.records("unhealed")); n > 3 {
		t.Errorf("two commits, and one object, were synced %d times", n)
	}
}

// TestExtrasStayWithoutAutoPrune drops an object from git of which automation may not delete: it stays and counts, also while other
// objects are healed, until pruning is switched on.
func TestExtrasStayWithoutAutoPrune(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	repo := newRepository(t, w.play, "unpruned", map[string]string{"a.yaml": configMap("a", "one"), "b.yaml": configMap("b", "one"), "c.yaml": configMap("c", "one")})
	w.create("unpruned", repo, "--sync-policy", "automated", "--self-heal")
	w.automate()
	playtest.Eventually(t, playtest.Patience, "it is synced", func() error { return see.find("configmap", "unpruned", "b") })
	repo.push("drop b", map[string]string{"a.yaml": configMap("a", "two"), "b.yaml": ""})
	playtest.Eventually(t, playtest.Patience, "what is left is synced", func() error { return see.isValue("unpruned", "a", "two") })
	playtest.Eventually(t, playtest.Patience, "the extra object counts", func() error { return w.outOfSync("unpruned", "ConfigMap/b") })
	see.edit("unpruned", "a", "by hand")
	playtest.Eventually(t, playtest.Patience, "what git has is healed", func() error { return see.isValue("unpruned", "a", "two") })
	see.present("configmap", "unpruned", "b")
	eventuallyPrints(w, []string{`"id": "r3"`, `"self-heal: ConfigMap/unpruned/a"`}, "app", "history", "unpruned", "-o", "json")
	healed := read[[]app.Record](t, w.must("app", "history", "unpruned", "-o", "json"))[0].Results
	if len(healed) != 1 || healed[0].Name != "a" {
		t.Errorf("healing wrote %+v, want what differs alone", healed)
	}
	if err := w.outOfSync("unpruned", "ConfigMap/b"); err != nil {
		t.Error(err)
	}
	w.must("app", "set", "unpruned", "--auto-prune")
	playtest.Eventually(t, playtest.Patience, "it is pruned", func() error {
		if see.find("configmap", "unpruned", "b") == nil {
			return errors.New("it is there")
		}
		return nil
	})
	see.present("configmap", "unpruned", "c")
}

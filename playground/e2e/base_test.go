package e2e

import (
	"errors"
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestABaseThatMovedIsSynced has a kustomization name a branch of another repository, which is behind a password.
func TestABaseThatMovedIsSynced(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	base := newRepository(t, w.play, "bases", map[string]string{
		"settings/kustomization.yaml": "resources: [settings.yaml]\n", "settings/settings.yaml": configMap("settings", "one"),
	})
	private := w.play.PrivateGitURL() + "/bases.git"
	repo := newRepository(t, w.play, "based", map[string]string{
		"kustomization.yaml": "namePrefix: our-\nresources: ['" + private + "//settings?ref=main']\n",
	})
	w.create("based", repo)
	contains(t, w.fails("app", "plan", "based").err, "kustomization in . names "+private, "authentication is required", "wheelhouse repo add "+private)
	user, password := w.play.GitCredentials()
	w.must("repo", "add", w.play.PrivateGitURL(), "--username", user, "--password", password)
	contains(t, w.must("app", "plan", "based"), "ConfigMap/based/our-settings")
	w.must("app", "sync", "based")
	w.must("app", "wait", "based", "--timeout", "120s")

	base.push("change the settings", map[string]string{"settings/settings.yaml": configMap("settings", "two")})
	contains(t, w.expect(1, "app", "diff", "based").out, "-  value: one", "+  value: two")
	w.must("app", "sync", "based")
	if got := w.see().get("based", "our-settings").Data["value"]; got != "two" {
		t.Errorf("the settings are %q", got)
	}
}

// TestABaseThatMovedIsSyncedByItself has automation sync what a commit names elsewhere, each content of it once: it does not
// heal.
func TestABaseThatMovedIsSyncedByItself(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	base := newRepository(t, w.play, "moving-base", map[string]string{
		"settings/kustomization.yaml": "resources: [settings.yaml]\n", "settings/settings.yaml": configMap("settings", "one"),
	})
	repo := newRepository(t, w.play, "moved", map[string]string{"kustomization.yaml": "resources: ['" + base.url + "//settings?ref=main']\n"})
	commit := repo.git("rev-parse", "HEAD")
	w.create("moved", repo, "--sync-policy", "automated")
	w.automate()
	see := w.see()
	value := func(want string) {
		t.Helper()
		playtest.Eventually(t, playtest.Patience, "the settings are "+want, func() error { return see.isValue("moved", "settings", want) })
	}
	byHand := func() {
		t.Helper()
		see.edit("moved", "settings", "by hand")
		playtest.Eventually(t, playtest.Patience, "what was changed by hand is seen", func() error {
			if s := w.get("moved").Status.Sync.Status; s != "OutOfSync" {
				return errors.New("it is " + s)
			}
			return nil
		})
	}
	value("one")
	w.eventuallySynced("moved", commit)
	byHand()
	// How old the answer about a base may be is not to be set, so this takes a minute or two, and the test has one such change.
	base.push("change the settings", map[string]string{"settings/settings.yaml": configMap("settings", "two")})
	value("two")
	w.eventuallySynced("moved", commit)
	byHand()
	if err := see.isValue("moved", "settings", "by hand"); err != nil {
		t.Errorf("what was synced once is synced again: %v", err)
	}
	playtest.Eventually(t, playtest.Patience, "two syncs are recorded", func() error {
		records := w.records("moved")
		if len(records) != 2 {
			return fmt.Errorf("the history is %+v", records)
		}
		r := records[0]
		if want := "what commit " + commit[:7] + " names elsewhere has changed"; r.Why != want || r.Commits[0].ID != commit {
			return fmt.Errorf("a record says %q of commit %s, want %q", r.Why, r.Commits[0].ID, want)
		}
		return nil
	})
}

// edit changes the value of a ConfigMap by hand.
func (e eyes) edit(namespace, name, value string) {
	e.t.Helper()
	cm := e.get(namespace, name)
	cm.Data["value"] = value
	if _, err := e.client.CoreV1().ConfigMaps(namespace).Update(e.t.Context(), cm, metav1.UpdateOptions{}); err != nil {
		e.t.Fatal(err)
	}
}

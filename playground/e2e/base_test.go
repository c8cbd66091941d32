package e2e

import "testing"

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

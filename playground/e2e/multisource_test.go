package e2e

import (
	"regexp"
	"testing"
)

// TestSeveralSources takes a chart from one source and its values from another, and lets the last of two sources win.
func TestSeveralSources(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	chart := newRepository(t, w.play, "several-chart", map[string]string{
		"web/Chart.yaml":              "apiVersion: v2\nname: web\nversion: 1.0.0\n",
		"web/values.yaml":             "value: chart\n",
		"web/templates/settings.yaml": configMap("settings", "{{ .Values.value }}"),
		"extra/extra.yaml":            configMap("extra", "one"),
		"extra/again.yaml":            configMap("extra-again", "one"),
	})
	values := newRepository(t, w.play, "several-values", map[string]string{
		"prod/values.yaml": "value: production\n",
		"more/again.yaml":  configMap("extra-again", "two"),
	})
	drop(t, w.store, "several.yaml", `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: several}
spec:
  destination: {name: playground, namespace: several}
  syncPolicy: {syncOptions: [CreateNamespace=true]}
  sources:
    - repoURL: `+values.url+`
      targetRevision: main
      ref: values
    - repoURL: `+chart.url+`
      targetRevision: main
      path: web
      helm: {valueFiles: [$values/prod/values.yaml]}
    - {repoURL: `+chart.url+`, targetRevision: main, path: extra}
    - {repoURL: `+values.url+`, targetRevision: main, path: more}
`)
	w.must("app", "sync", "several")
	see := w.see()
	for name, want := range map[string]string{"settings": "production", "extra": "one", "extra-again": "two"} {
		if got := see.get("several", name).Data["value"]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	said := w.must("app", "get", "several", "--refresh")
	contains(t, said, "Synced", "Helm (the source has options of Helm)", "none (it only serves the values of other sources)", "Directory (no Chart.yaml and no kustomization.yaml in extra)",
		"RepeatedResourceWarning", "extra-again")
	if !regexp.MustCompile(`(?m)^Sync: +Synced [0-9a-f]{7}(, [0-9a-f]{7}){3}$`).MatchString(said) {
		t.Errorf("the commits that it was compared with are not told:\n%s", said)
	}
	values.push("another value", map[string]string{"prod/values.yaml": "value: changed\n"})
	contains(t, w.expect(1, "app", "diff", "several").out, "-  value: production", "+  value: changed")
}

func TestASourceThatGivesNothingIsSaid(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "nothing", map[string]string{"web/README.md": "manifests follow\n"})
	w.must("app", "create", "nothing", "--repo", repo.url, "--revision", "main", "--path", "web",
		"--dest-name", "playground", "--dest-namespace", "nothing")
	contains(t, w.must("app", "get", "nothing", "--refresh"), "RenderWarning", "nothing is rendered from web: it has no manifests")
}

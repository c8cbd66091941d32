package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

func TestLoginsAreHiddenInURLs(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]struct{ shown, hidden string }{
		"https://h/y":                   {"https://h/y", "https://h/y"},
		"https://u:canary@h/y":          {"https://h/y", "https://HIDDEN@h/y"},
		"https://canary@h:8443/y?a=b":   {"https://h:8443/y?a=b", "https://HIDDEN@h:8443/y?a=b"},
		"https://u:canary%zz@h/y":       {"https://h/y", "https://HIDDEN@h/y"},
		"https://u:can/ary@h/y":         {"https://h/y", "https://HIDDEN@h/y"},
		"https://u:c@canary@h/y":        {"https://h/y", "https://HIDDEN@h/y"},
		"oci://u:canary@h/y":            {"oci://h/y", "oci://HIDDEN@h/y"},
		"ssh://git@h/y":                 {"ssh://git@h/y", "ssh://git@h/y"},
		"ssh://git:canary@h/y":          {"ssh://git@h/y", "ssh://git:HIDDEN@h/y"},
		"git@h:team/y.git":              {"git@h:team/y.git", "git@h:team/y.git"},
		"git:canary@h:team/y.git":       {"git@h:team/y.git", "git:HIDDEN@h:team/y.git"},
		"/srv/git/a@b/shop.git":         {"/srv/git/a@b/shop.git", "/srv/git/a@b/shop.git"},
		"ghcr.io/org/charts":            {"ghcr.io/org/charts", "ghcr.io/org/charts"},
		"https://h/y@v1":                {"https://h/y@v1", "https://h/y@v1"},
		"https://us%65r:canary@h/a%20b": {"https://h/a%20b", "https://HIDDEN@h/a%20b"},
	} {
		if got := app.ShownURL(raw); got != want.shown {
			t.Errorf("%s is shown as %s, want %s", raw, got, want.shown)
		}
		hidden := app.HideLogin(raw)
		if hidden != want.hidden {
			t.Errorf("%s is hidden as %s, want %s", raw, hidden, want.hidden)
		}
		if again := app.HideLogin(hidden); again != hidden {
			t.Errorf("hidden twice, %s is %s", hidden, again)
		}
	}
}

const loginsEverywhere = `{
	"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
	"metadata": {"name": "web", "annotations": {"kubectl": "{\"repoURL\": \"https://u:canary@h/a\"}", "mail": "ada@example.com"}},
	"spec": {
		"sourceHydrator": {"drySource": {"repoURL": "https://u:canary@h/dry", "path": "p"}},
		"destination": {"name": "c", "namespace": "n"},
		"source": {"repoURL": "https://u:canary@h/a", "path": "a", "helm": {
			"values": "db: postgres://db:kept@db/x\n", "valueFiles": ["https://u:canary@h/v.yaml", "envs/a:b@c.yaml"],
			"fileParameters": [{"name": "f", "path": "https://u:canary@h/f"}]
		}, "kustomize": {"components": ["https://u:canary@h/c//parts?ref=v1", "../a@b"]}},
		"sources": [{"repoURL": "https://u:canary@h/a", "path": "a"}, {"repoURL": "https://h/b", "path": "b", "x": {"repoURL": "https://u:canary@h/x"}}]
	},
	"operation": {"sync": {"source": {"repoURL": "https://u:canary@h/a"}}},
	"status": {
		"sync": {"status": "Synced", "comparedTo": {"source": {"repoURL": "https://u:canary@h/a"}, "destination": {}}},
		"conditions": [{"type": "ComparisonError", "message": "fetch https://u:canary@h/a: no"}],
		"operationState": {
			"operation": {"sync": {"sources": [{"repoURL": "https://u:canary@h/a"}]}}, "phase": "Failed", "startedAt": "2026-01-01T00:00:00Z",
			"message": "fetch https://u:canary@h/a: no", "syncResult": {"source": {"repoURL": "https://u:canary@h/a"}}
		},
		"attempted": {
			"operation": {}, "phase": "Failed", "startedAt": "2026-01-01T00:00:00Z",
			"message": "fetch https://u:canary@h/a: no", "syncResult": {"source": {"repoURL": "https://u:canary@h/a"}}
		},
		"history": [{"id": 1, "source": {"repoURL": "https://u:canary@h/a"}}]
	}
}`

func TestAnApplicationIsShownWithoutLogins(t *testing.T) {
	t.Parallel()
	a := parse(t, loginsEverywhere)
	shown := a.WithoutLogins()
	text, err := json.Marshal(shown)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "canary") || strings.Count(string(text), "HIDDEN@") != strings.Count(loginsEverywhere, "canary") {
		t.Errorf("it is shown as %s", text)
	}
	if !strings.Contains(string(text), "postgres://db:kept@db/x") || !strings.Contains(string(text), "ada@example.com") ||
		!strings.Contains(string(text), "envs/a:b@c.yaml") {
		t.Errorf("what is no repository's login is hidden: %s", text)
	}
	if diff := cmp.Diff(document(t, parse(t, loginsEverywhere)), document(t, a)); diff != "" {
		t.Errorf("the application itself has changed:\n%s", diff)
	}
	for _, src := range app.HideLogins(a.Spec.AllSources()) {
		if text, err := json.Marshal(src); err != nil || strings.Contains(string(text), "canary") {
			t.Errorf("a source is shown as %s, %v", text, err)
		}
	}
	if diff := cmp.Diff(document(t, parse(t, loginsEverywhere)), document(t, a)); diff != "" {
		t.Errorf("showing the sources has changed the application:\n%s", diff)
	}
	if shown.HoldsLogins() {
		t.Error("there is still something to hide")
	}
	shown.KeepLogins(&a)
	if got := shown.Spec.Sources[0].RepoURL; got != a.Spec.Sources[0].RepoURL {
		t.Errorf("written back, the source is of %s", got)
	}
	if diff := cmp.Diff(a.Spec.Source.Helm, shown.Spec.Source.Helm); diff != "" {
		t.Errorf("written back, the options of Helm differ:\n%s", diff)
	}
	if diff := cmp.Diff(a.Metadata.Annotations, shown.Metadata.Annotations); diff != "" {
		t.Errorf("written back, the annotations differ:\n%s", diff)
	}
}

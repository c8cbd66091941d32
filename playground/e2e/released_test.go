package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestReleased takes an application's file away and brings it back: neither deletes anything.
func TestReleased(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "released", map[string]string{"deployment.yaml": deployment("web", 1), "settings.yaml": configMap("settings", "one")})
	w.create("released", repo)
	w.create("other", repo, "--dest-namespace", "released-other")
	w.must("app", "sync", "released")
	file := filepath.Join(w.store, "released.yaml")
	document, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	t.Run("an application whose file is gone is listed as released", func(t *testing.T) {
		contains(t, lineOf(t, w.in(t).must("app", "list"), "released"), "Released")
	})
	t.Run("nothing is deleted, and nothing can be synced", func(t *testing.T) {
		w := w.in(t)
		contains(t, w.expect(6, "app", "sync", "released").err, "released", "app delete released")
		w.must("app", "list", "--refresh")
		w.see().present("deployment", "released", "web")
		w.see().present("configmap", "released", "settings")
	})
	t.Run("the file returns and the application is as before", func(t *testing.T) {
		w := w.in(t)
		drop(t, w.store, "released.yaml", string(document))
		contains(t, lineOf(t, w.must("app", "list", "--refresh"), "released"), "Synced")
	})
	t.Run("a cascade deletes what the application owned and nothing else", func(t *testing.T) {
		w := w.in(t)
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		w.see().configMap("released", "by-hand", nil, map[string]string{"value": "mine"})
		w.must("app", "delete", "released", "--cascade", "--yes")
		see := w.see()
		see.absent("deployment", "released", "web")
		see.absent("configmap", "released", "settings")
		see.present("configmap", "released", "by-hand")
		see.present("namespace", "", "released")
		if list := w.must("app", "list", "-o", "name"); strings.Contains(list, "released") {
			t.Errorf("it is still listed:\n%s", list)
		}
	})
}

// TestDrop drops a document into the store's folder, as a copy or an editor would.
func TestDrop(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "put-in", map[string]string{"settings.yaml": configMap("settings", "one")})
	document := func(name string) string {
		return strings.NewReplacer("NAME", name, "REPOSITORY", repo.url).Replace(`apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: NAME
spec:
  project: default
  destination: {namespace: NAME, name: playground}
  source: {repoURL: REPOSITORY, path: ., targetRevision: main}
  syncPolicy:
    automated: {}
    syncOptions: [CreateNamespace=true]
`)
	}
	out := w.automate()
	t.Run("a running automation takes it up and syncs it", func(t *testing.T) {
		w := w.in(t)
		drop(t, w.store, "put-in.yaml", document("put-in"))
		playtest.Eventually(t, playtest.Patience, "the application is synced", func() error {
			return w.see().find("configmap", "put-in", "settings")
		})
		contains(t, lineOf(t, w.must("app", "list"), "put-in"), "put-in")
	})
	t.Run("a running automation leaves its objects when the file goes away", func(t *testing.T) {
		w := w.in(t)
		drop(t, w.store, "kept.yaml", document("kept"))
		if err := os.Remove(filepath.Join(w.store, "put-in.yaml")); err != nil {
			t.Fatal(err)
		}
		eventuallySays(t, out, "kept Synced")
		eventuallySays(t, out, "put-in Released")
		contains(t, lineOf(t, w.must("app", "list"), "put-in"), "Released")
		w.see().present("configmap", "put-in", "settings")
	})
}

// drop writes a file into the store at once, as mv does.
func drop(t *testing.T, store, name, text string) {
	t.Helper()
	draft := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(draft, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(draft, filepath.Join(store, name)); err != nil {
		t.Fatal(err)
	}
}

// lineOf returns the line of a list that begins with a name.
func lineOf(t *testing.T, list, name string) string {
	t.Helper()
	return lineWith(t, list, name, strings.HasPrefix)
}

// rowOf returns the line of a table that tells of an object.
func rowOf(t *testing.T, table, object string) string {
	t.Helper()
	return lineWith(t, table, object, strings.Contains)
}

func lineWith(t *testing.T, text, word string, has func(line, word string) bool) string {
	t.Helper()
	for line := range strings.Lines(text) {
		if has(line, word+" ") {
			return line
		}
	}
	t.Fatalf("no line tells of %s in:\n%s", word, text)
	return ""
}

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// badService is refused by the API server: it has a port that there is not.
const badService = "apiVersion: v1\nkind: Service\nmetadata:\n  name: front\nspec:\n  ports: [{port: 99999}]\n"

// TestHooksOfADeletion deletes an application that was never synced as a whole: its hooks run all the same, also when git is gone.
func TestHooksOfADeletion(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "unfinished", map[string]string{
		"settings.yaml": configMap("settings", "one"), "front.yaml": inWave("1", badService), "drain.yaml": hook("drain", "PreDelete"),
	})
	w.create("unfinished", repo)
	w.expect(4, "app", "sync", "unfinished")
	see := w.see()
	see.present("configmap", "unfinished", "settings")
	t.Run("they are those that git has, synced or not", func(t *testing.T) {
		w := w.in(t)
		repo.push("a hook for after", map[string]string{"bye.yaml": hook("bye", "PostDelete")})
		inOrder(t, w.must("app", "delete", "unfinished", "--dry-run"), "PreDelete", "Job/unfinished/drain", "ConfigMap/unfinished/settings", "PostDelete", "Job/unfinished/bye")
	})
	t.Run("without git they are those of the last sync, which failed", func(t *testing.T) {
		w := w.in(t)
		served := filepath.Join(w.play.Dir(), "git", strings.TrimSuffix(filepath.Base(repo.url), ".git")+".git")
		if err := os.Rename(served, served+".away"); err != nil {
			t.Fatal(err)
		}
		out := w.must("app", "delete", "unfinished", "--dry-run")
		contains(t, out, "Job/unfinished/drain", "the hooks are those of r1: what git has cannot be rendered")
		if strings.Contains(out, "Job/unfinished/bye") {
			t.Errorf("the deletion is\n%s", out)
		}
		w.must("app", "delete", "unfinished", "--yes", "--timeout", "120s")
		see.present("job", "unfinished", "drain")
		see.absent("configmap", "unfinished", "settings")
	})
}

package e2e

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestWhatASyncKeeps takes objects from git and syncs without prune: they are part of what the application consists of, until
// something deletes them.
func TestWhatASyncKeeps(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "keeping", map[string]string{
		"a.yaml": configMap("a", "one"), "z.yaml": configMap("z", "one"), "token.yaml": secret,
	})
	w.create("keeping", repo)
	w.must("app", "sync", "keeping")
	repo.push("without z and token", map[string]string{"z.yaml": "", "token.yaml": ""})
	contains(t, w.must("app", "sync", "keeping"), "prune is off")
	repo.push("another a", map[string]string{"a.yaml": configMap("a", "two"), "b.yaml": configMap("b", "two")})
	w.must("app", "sync", "keeping")
	see := w.see()

	t.Run("the records of it differ in nothing that is still there", func(t *testing.T) {
		w := w.in(t)
		if out := w.must("app", "history", "keeping", "--diff", "r1,r2"); out != "" {
			t.Errorf("r1 and r2 differ in\n%s", out)
		}
		if out := w.expect(1, "app", "history", "keeping", "--diff", "r2,r3").out; strings.Contains(out, "/z") {
			t.Errorf("r2 and r3 differ in\n%s", out)
		}
	})
	t.Run("a rollback without prune leaves what is newer", func(t *testing.T) {
		w := w.in(t)
		contains(t, w.must("app", "rollback", "keeping", "r1", "--prune=false", "--yes"), "ConfigMap/keeping/b", "prune is off")
		if err := see.isValue("keeping", "a", "one"); err != nil {
			t.Error(err)
		}
		see.present("configmap", "keeping", "b")
		w.must("app", "unpin", "keeping")
	})
	t.Run("a rollback to such a record deletes nothing that was there then", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "rollback", "keeping", "r2", "--yes")
		if err := see.isValue("keeping", "a", "one"); err != nil {
			t.Error(err)
		}
		see.absent("configmap", "keeping", "b")
		see.present("configmap", "keeping", "z")
		if _, err := see.client.CoreV1().Secrets("keeping").Get(t.Context(), "token", metav1.GetOptions{}); err != nil {
			t.Error(err)
		}
		w.must("app", "unpin", "keeping")
	})
	t.Run("git is still not asked for it", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "sync", "keeping")
		out := w.must("app", "rollback", "keeping", "r2", "--commit", "--dry-run")
		contains(t, out, "the application follows git, and is not pinned")
		if strings.Contains(out, "git would still not ask") {
			t.Errorf("the rollback is\n%s", out)
		}
	})
	t.Run("the undo of its deletion makes it again", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "sync", "keeping", "--prune")
		see.absent("configmap", "keeping", "z")
		w.must("app", "undo", "keeping", "--yes")
		if err := see.isValue("keeping", "z", "one"); err != nil {
			t.Error(err)
		}
	})
}

package e2e

import (
	"maps"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestRollback goes back to the state before a commit without git, and stays there. It takes the git server down and
// therefore runs alone.
func TestRollback(t *testing.T) {
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "rolled-back", map[string]string{"deployment.yaml": deployment("web", 1)})
	first := repo.git("rev-parse", "HEAD")
	w.create("rolled-back", repo)
	w.must("app", "sync", "rolled-back")
	second := repo.push("raise web to three", map[string]string{"deployment.yaml": deployment("web", 3), "settings.yaml": configMap("settings", "two")})
	w.must("app", "sync", "rolled-back")
	t.Run("the history shows both commits", func(t *testing.T) {
		w := w.in(t)
		w.see().replicasAre("rolled-back", "web", 3)
		inOrder(t, w.must("app", "history", "rolled-back"), "r2", second[:7], "raise web to three", "r1", first[:7], "begin")
	})
	w.play.StopGit()
	t.Cleanup(w.startGit)
	t.Run("the first state comes back while git is down, and is pinned", func(t *testing.T) {
		w := w.in(t)
		contains(t, w.expect(2, "app", "rollback", "rolled-back", "r1", "--for", "-1h").err, "--for")
		before := time.Now()
		out := w.must("app", "rollback", "rolled-back", "r1", "--yes", "--reason", "orders are lost", "--for", "72h", "--wait", "--timeout", "120s")
		contains(t, out, "rolled-back: as of r1, Healthy")
		w.see().replicasAre("rolled-back", "web", 1)
		contains(t, w.must("app", "get", "rolled-back"), "inned", "rolled back to r1", "orders are lost")
		a := w.get("rolled-back").Metadata.Annotations
		until, err := time.Parse(time.RFC3339, a["wheelhouse.dev/pin-until"])
		if a["wheelhouse.dev/pin"] == "" || err != nil || until.Before(before.Add(72*time.Hour-time.Second)) || until.After(time.Now().Add(72*time.Hour)) {
			t.Errorf("the application carries %v (%v)", a, err)
		}
	})
	t.Run("what the first state did not have is gone", func(t *testing.T) {
		w.in(t).see().absent("configmap", "rolled-back", "settings")
	})
	t.Run("nothing syncs what is pinned, with or without git", func(t *testing.T) {
		w := w.in(t)
		contains(t, w.expect(6, "app", "sync", "rolled-back").err, "pinned", "app unpin rolled-back")
		if err := w.play.StartGit(); err != nil {
			t.Fatal(err)
		}
		contains(t, w.expect(6, "app", "sync", "rolled-back").err, "pinned", "app unpin rolled-back")
		w.see().replicasAre("rolled-back", "web", 1)
	})
	t.Run("automation leaves what is pinned alone", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "set", "rolled-back", "--sync-policy", "automated", "--self-heal")
		out := w.automate()
		eventuallySays(t, out, "rolled-back OutOfSync")
		// By the time that another application of the same commit is synced, this one would have been.
		w.create("rolled-beside", repo, "--sync-policy", "automated", "--self-heal")
		see := w.see()
		playtest.Eventually(t, playtest.Patience, "another one is synced", func() error { return see.asksFor("rolled-beside", "web", 3) })
		see.replicasAre("rolled-back", "web", 1)
	})
	t.Run("unpinned, it follows git again", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "unpin", "rolled-back")
		w.must("app", "sync", "rolled-back")
		w.see().replicasAre("rolled-back", "web", 3)
	})
}

// replicasAre fails the test unless a Deployment asks for so many replicas.
func (e eyes) replicasAre(namespace, name string, want int32) {
	e.t.Helper()
	if err := e.asksFor(namespace, name, want); err != nil {
		e.t.Error(err)
	}
}

// TestRollbackAdopts goes back to what git has no more and somebody has taken the mark off: the application's again, it is not forgotten.
func TestRollbackAdopts(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "regained", map[string]string{"a.yaml": configMap("a", "one"), "b.yaml": configMap("b", "one")})
	w.create("regained", repo)
	w.must("app", "sync", "regained")
	repo.push("without b", map[string]string{"b.yaml": ""})
	w.must("app", "sync", "regained", "--prune")
	w.must("app", "rollback", "regained", "r1", "--yes")
	see := w.see()
	unmark := []byte(`{"metadata":{"annotations":{"argocd.argoproj.io/tracking-id":null}}}`)
	if _, err := see.client.CoreV1().ConfigMaps("regained").Patch(t.Context(), "b", types.MergePatchType, unmark, metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	w.must("app", "get", "regained", "--refresh")
	contains(t, w.must("app", "rollback", "regained", "r1", "--yes"), "ConfigMap/regained/b")
	w.must("app", "unpin", "regained")
	w.must("app", "sync", "regained", "--prune", "--yes")
	see.absent("configmap", "regained", "b")
	see.present("configmap", "regained", "a")
}

// TestARollbackThatFailsStays ends a rollback half-way: nobody brings the application to what git says before somebody has looked.
func TestARollbackThatFailsStays(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "half-back", map[string]string{
		"edge.yaml": inWave("1", edgeService), "settings.yaml": inWave("2", configMap("settings", "one")),
	})
	w.create("half-back", repo)
	see := w.see()
	first := w.begin("app", "sync", "half-back", "--timeout", "120s")
	playtest.Eventually(t, playtest.Patience, "the first wave is there", func() error { return see.find("service", "half-back", "edge") })
	see.address("half-back", "edge")
	if err := first.Wait(); err != nil {
		t.Fatal(err)
	}
	repo.push("without the edge", map[string]string{"edge.yaml": "", "settings.yaml": inWave("2", configMap("settings", "two"))})
	w.must("app", "sync", "half-back", "--prune", "--timeout", "120s")
	w.expect(5, "app", "rollback", "half-back", "r1", "--yes", "--timeout", "4s")
	see.present("service", "half-back", "edge")
	if at := w.pinned("half-back"); at != "r1" {
		t.Errorf("it is pinned at %q", at)
	}
	contains(t, w.must("app", "get", "half-back"), "the rollback by", "has not succeeded")
	contains(t, w.expect(6, "app", "sync", "half-back").err, "pinned at record r1", "app unpin half-back")
	contains(t, w.must("app", "undo", "half-back", "--yes"), "undoes the rollback", "follows git again")
	see.absent("service", "half-back", "edge")
	if at := w.pinned("half-back"); at != "" {
		t.Errorf("undone, it is pinned at %q", at)
	}
	w.must("app", "pin", "half-back", "--reason", "no changes until Monday", "--for", "72h")
	before := w.get("half-back").Metadata.Annotations
	w.expect(5, "app", "rollback", "half-back", "r1", "--yes", "--timeout", "4s")
	if a := w.get("half-back").Metadata.Annotations; a["wheelhouse.dev/pin"] != "r1" || a["wheelhouse.dev/pin-until"] != "" {
		t.Errorf("half-way it is pinned by %v, which was %v", a, before)
	}
	contains(t, w.must("app", "undo", "half-back", "--yes"), "pinned as before, until")
	if after := w.get("half-back").Metadata.Annotations; !maps.Equal(before, after) {
		t.Errorf("undone, it is pinned by %v, and was by %v", after, before)
	}
	t.Run("what somebody pins meanwhile stays", func(t *testing.T) {
		w := w.in(t)
		cmd, said := w.begun("app", "rollback", "half-back", "r1", "--yes", "--timeout", "120s")
		playtest.Eventually(t, playtest.Patience, "the first wave is there", func() error { return w.see().find("service", "half-back", "edge") })
		w.must("app", "pin", "half-back", "--reason", "look into it first")
		w.see().address("half-back", "edge")
		if err := cmd.Wait(); err != nil {
			t.Errorf("roll back: %v", err)
		}
		contains(t, said.String(), "somebody has pinned or unpinned it meanwhile")
		contains(t, w.must("app", "get", "half-back"), "look into it first")
	})
}

package e2e

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

const secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: token\nstringData:\n  value: canary-of-undo\n"

// TestUndo takes a sync back, and takes that back too.
func TestUndo(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "undone", map[string]string{
		"web.yaml": deployment("web", 1), "old.yaml": configMap("old", "one"), "token.yaml": secret,
	})
	w.create("undone", repo)
	w.must("app", "sync", "undone")
	repo.push("replace old by new", map[string]string{"web.yaml": deployment("web", 3), "old.yaml": "", "new.yaml": configMap("new", "two")})
	w.must("app", "sync", "undone", "--prune")
	see := w.see()
	see.absent("configmap", "undone", "old")

	t.Run("what was changed, pruned and created is as before", func(t *testing.T) {
		w := w.in(t)
		out := w.must("app", "undo", "undone", "--yes")
		contains(t, out, "undoes the sync r2", "back to r1", "Secret/undone/token is kept as it is live")
		see.replicasAre("undone", "web", 1)
		see.present("configmap", "undone", "old")
		see.absent("configmap", "undone", "new")
		if strings.Contains(out, "canary-of-undo") {
			t.Error("the output has the data of a Secret")
		}
		contains(t, w.must("app", "history", "undone"), "r3", "undo")
	})
	t.Run("any two records can be compared", func(t *testing.T) {
		w := w.in(t)
		out := w.expect(1, "app", "history", "undone", "--diff", "r1,r2").out
		contains(t, out, "Deployment/undone/web", "-  replicas: 1", "+  replicas: 3", "ConfigMap/undone/new", "ConfigMap/undone/old")
		contains(t, w.expect(0, "app", "history", "undone", "--diff", "r1,r3").err, "the data of Secret/undone/token is not compared")
		names := w.expect(1, "app", "history", "undone", "--diff", "r1,r2", "-o", "name").out
		if want := "ConfigMap/undone/new\nDeployment/undone/web\nConfigMap/undone/old\n"; names != want {
			t.Errorf("the objects that differ are\n%swant\n%s", names, want)
		}
		if diffs := read[[]any](t, w.expect(1, "app", "history", "undone", "--diff", "r1,r2", "-o", "json").out); len(diffs) != 3 {
			t.Errorf("%d objects differ, want 3", len(diffs))
		}
		if same := w.must("app", "history", "undone", "--diff", "r1,r3", "-o", "json"); same != "[]\n" {
			t.Errorf("of equal records JSON has %q", same)
		}
		w.expect(2, "app", "history", "undone", "--diff", "r1")
		w.expect(2, "app", "history", "undone", "r1", "--diff", "r1,r2")
		w.expect(3, "app", "history", "undone", "--diff", "r1,r99")
	})
	t.Run("a record says what became of each object, and how long it took", func(t *testing.T) {
		w := w.in(t)
		inOrder(t, w.must("app", "history", "undone", "r2"), "r2 sync Succeeded in ", "PHASE", "RESULT", "OBJECT", "TOOK")
		record := read[app.Record](t, w.must("app", "history", "undone", "r2", "-o", "json"))
		if len(record.Results) < 3 {
			t.Errorf("the results are %+v", record.Results)
		}
		for _, r := range record.Results {
			if took, known := r.Took(); !known || took < 0 || r.StartedAt.Before(record.StartedAt.Add(-time.Second)) || r.FinishedAt.After(record.FinishedAt.Add(time.Second)) {
				t.Errorf("%s took %s (%t), from %s", r.Ref(), took, known, r.StartedAt)
			}
		}
		contains(t, w.must("app", "history", "undone", "r2", "-o", "name"), "Deployment/undone/web")
		contains(t, w.expect(3, "app", "history", "undone", "r99").err, "r99", "app history undone")
	})
	t.Run("it stays so until it is unpinned", func(t *testing.T) {
		contains(t, w.in(t).expect(6, "app", "sync", "undone").err, "pinned at record r1")
	})
	t.Run("undone again it follows git as it did", func(t *testing.T) {
		w := w.in(t)
		contains(t, w.must("app", "undo", "undone", "--yes"), "follows git again")
		see.replicasAre("undone", "web", 3)
		see.absent("configmap", "undone", "old")
		see.present("configmap", "undone", "new")
		contains(t, w.must("app", "sync", "undone"), "nothing to do")
	})
	t.Run("the first sync is undone without what was there before it", func(t *testing.T) {
		w := w.in(t)
		see.namespace("first")
		see.configMap("first", "settings", nil, map[string]string{"value": "zero"})
		repo := newRepository(t, w.play, "first", map[string]string{"settings.yaml": configMap("settings", "one"), "made.yaml": configMap("made", "one")})
		w.create("first", repo)
		w.must("app", "sync", "first")
		contains(t, w.must("app", "undo", "first", "--yes"), "before which there was nothing", "prune", "ConfigMap/first/made")
		see.absent("configmap", "first", "made")
		see.present("configmap", "first", "settings")
	})
	t.Run("a selective sync is undone alone", func(t *testing.T) {
		w := w.in(t)
		repo.push("both", map[string]string{"web.yaml": deployment("web", 2), "new.yaml": configMap("new", "three")})
		w.must("app", "sync", "undone", "--resource", ":ConfigMap:undone/new")
		w.must("app", "undo", "undone", "--yes")
		if v := see.get("undone", "new").Data["value"]; v != "two" {
			t.Errorf("new is %s", v)
		}
		see.replicasAre("undone", "web", 3)
	})
	t.Run("without anything done there is nothing to undo", func(t *testing.T) {
		w := w.in(t)
		w.create("untouched", repo)
		contains(t, w.expect(3, "app", "undo", "untouched").err, "nothing has been done")
	})
}

// TestUndoTakesAllAttemptsBack undoes a sync that was tried again: what its first attempt did is taken back too.
func TestUndoTakesAllAttemptsBack(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "tried-again", map[string]string{"a.yaml": configMap("a", "one")})
	w.create("tried-again", repo)
	w.must("app", "sync", "tried-again")
	repo.push("a mistake", map[string]string{"new.yaml": inWave("-1", configMap("new", "two")), "a.yaml": configMap("a", "[no, string]")})
	cmd, said := w.resting("tried-again")
	w.see().present("configmap", "tried-again", "new")
	repo.push("mend it", map[string]string{"a.yaml": configMap("a", "two")})
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	contains(t, w.must("app", "rollback", "tried-again", "--dry-run", "--prune"), "prune", "ConfigMap/tried-again/new")
	contains(t, w.must("app", "undo", "tried-again", "--yes"), "undoes the sync r3 and its attempts before", "back to r1")
	w.see().absent("configmap", "tried-again", "new")
	if v := w.see().get("tried-again", "a").Data["value"]; v != "one" {
		t.Errorf("a is %s", v)
	}
	if at := w.pinned("tried-again"); at != "r1" {
		t.Errorf("it is pinned at %q", at)
	}
}

// TestUndoTakesBackWhatWasInterruptedBefore undoes a sync that settled an interrupted one: what only that one made goes as well.
func TestUndoTakesBackWhatWasInterruptedBefore(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "undone-twice", map[string]string{"a.yaml": configMap("a", "one")})
	w.create("undone-twice", repo)
	w.must("app", "sync", "undone-twice")
	repo.push("more", map[string]string{"new.yaml": configMap("new", "two"), "edge.yaml": edgeService, "last.yaml": inWave("1", configMap("last", "two"))})
	cmd := w.begin("app", "sync", "undone-twice", "--yes")
	playtest.Eventually(t, playtest.Patience, "the first wave is there", func() error {
		return errors.Join(w.see().find("service", "undone-twice", "edge"), w.see().find("configmap", "undone-twice", "new"))
	})
	kill(t, cmd)
	repo.push("without the edge", map[string]string{"edge.yaml": "", "a.yaml": configMap("a", "two")})
	w.must("app", "sync", "undone-twice", "--prune", "--timeout", "120s")
	w.see().present("configmap", "undone-twice", "last")
	contains(t, w.must("app", "undo", "undone-twice", "--yes"), "back to r1")
	for _, name := range []string{"new", "last"} {
		w.see().absent("configmap", "undone-twice", name)
	}
	if v := w.see().get("undone-twice", "a").Data["value"]; v != "one" {
		t.Errorf("a is %s", v)
	}
}

// TestUndoPutsThePinBack undoes a rollback of an application that was pinned: it is pinned as it was, for the same time.
func TestUndoPutsThePinBack(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "repinned", map[string]string{"a.yaml": configMap("a", "one")})
	w.create("repinned", repo)
	w.must("app", "sync", "repinned")
	repo.push("two", map[string]string{"a.yaml": configMap("a", "two")})
	w.must("app", "sync", "repinned")
	w.must("app", "pin", "repinned", "--reason", "no changes until Monday", "--for", "72h")
	before := w.get("repinned").Metadata.Annotations
	w.must("app", "rollback", "repinned", "r1", "--yes")
	contains(t, w.must("app", "undo", "repinned", "--yes"), "pinned as before, until", "no changes until Monday")
	if after := w.get("repinned").Metadata.Annotations; !maps.Equal(before, after) || before["wheelhouse.dev/pin-until"] == "" {
		t.Errorf("it was pinned by %v, and is by %v", before, after)
	}
	if v := w.see().get("repinned", "a").Data["value"]; v != "two" {
		t.Errorf("a is %s", v)
	}
}

// TestUndoOfWhatWasRecordedAndNotEnded has a process die between the record of its sync and the end of its journal, by putting back the
// journal of before.
func TestUndoOfWhatWasRecordedAndNotEnded(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "nearly-ended", map[string]string{"a.yaml": configMap("a", "one")})
	w.create("nearly-ended", repo)
	w.must("app", "sync", "nearly-ended")
	repo.push("two", map[string]string{"a.yaml": configMap("a", "two"), "b.yaml": inWave("-1", configMap("b", "two")), "gate.yaml": strings.Replace(endless, "PreSync", "PostSync", 1)})
	cmd := w.begin("app", "sync", "nearly-ended")
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "the hook runs", func() error { return see.find("job", "nearly-ended", "gate") })
	journals, err := filepath.Glob(filepath.Join(w.store, ".wheelhouse", "journal", "nearly-ended", "*.jsonl"))
	if err != nil || len(journals) != 1 {
		t.Fatalf("the journals are %v, %v", journals, err)
	}
	journal, err := os.ReadFile(journals[0])
	if err != nil {
		t.Fatal(err)
	}
	see.letGo("nearly-ended")
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(journals[0], journal, 0o600); err != nil {
		t.Fatal(err)
	}
	contains(t, w.must("app", "undo", "nearly-ended", "--yes"), "undoes the sync that was interrupted", "back to r1")
	see.absent("configmap", "nearly-ended", "b")
	if v := see.get("nearly-ended", "a").Data["value"]; v != "one" {
		t.Errorf("a is %s", v)
	}
}

// TestUndoAfterADeletion makes an application anew that was deleted: what is undone from then on leads to nothing that was before.
func TestUndoAfterADeletion(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "reborn", map[string]string{"a.yaml": configMap("a", "one"), "b.yaml": configMap("b", "one"), "before.yaml": hook("before", "PreDelete")})
	w.create("reborn", repo)
	w.must("app", "sync", "reborn")
	w.must("app", "delete", "reborn", "--yes", "--timeout", "120s")
	repo.push("c for b", map[string]string{"b.yaml": "", "before.yaml": "", "c.yaml": configMap("c", "two")})
	w.create("reborn", repo)
	see := w.see()
	t.Run("a deletion runs no hook of before", func(t *testing.T) {
		if out := w.in(t).must("app", "delete", "reborn", "--dry-run"); strings.Contains(out, "hook") {
			t.Errorf("the deletion is\n%s", out)
		}
	})
	t.Run("the second of two syncs leads back to the first", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "sync", "reborn", "--resource", ":ConfigMap:a")
		w.must("app", "sync", "reborn")
		see.present("configmap", "reborn", "c")
		w.must("app", "undo", "reborn", "--yes")
		see.present("configmap", "reborn", "a")
		see.absent("configmap", "reborn", "b")
		see.absent("configmap", "reborn", "c")
	})
	t.Run("the first sync leads back to nothing", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "delete", "reborn", "--yes")
		w.create("reborn", repo)
		w.must("app", "sync", "reborn")
		contains(t, w.must("app", "undo", "reborn", "--yes"), "before which there was nothing")
		for _, name := range []string{"a", "b", "c"} {
			see.absent("configmap", "reborn", name)
		}
	})
	t.Run("the deletion itself leads back to what it deleted", func(t *testing.T) {
		w := w.in(t)
		w.must("app", "unpin", "reborn")
		w.must("app", "sync", "reborn")
		w.must("app", "delete", "reborn", "--yes")
		w.create("reborn", repo)
		w.must("app", "undo", "reborn", "--yes")
		see.present("configmap", "reborn", "a")
		see.present("configmap", "reborn", "c")
	})
}

package e2e

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// begin starts the program and does not wait for it; the test ends it if nobody has.
func (p *program) begin(args ...string) *exec.Cmd {
	p.t.Helper()
	cmd, _ := p.begun(args...)
	return cmd
}

// begun does the same, and returns what it prints as well: all of it when the program has ended.
func (p *program) begun(args ...string) (*exec.Cmd, *bytes.Buffer) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(p.t.Context()))
	cmd := p.command(ctx, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
	})
	return cmd, &out
}

// kill ends a program as a crash does, and returns when it has ended.
func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
}

// killedInHook has a sync of the application killed while its hook, the Job gate, runs.
func (p *program) killedInHook(name string) {
	p.t.Helper()
	see := p.see()
	if see.find("job", name, "gate") == nil {
		see.removeJob(name, "gate")
	}
	cmd := p.begin("app", "sync", name, "--yes")
	playtest.Eventually(p.t, playtest.Patience, "the hook runs", func() error { return see.find("job", name, "gate") })
	kill(p.t, cmd)
}

// letGo lets the hook end: its Job was held before its Pod.
func (e eyes) letGo(namespace string) {
	e.t.Helper()
	_, err := e.client.BatchV1().Jobs(namespace).Patch(e.t.Context(), "gate", types.MergePatchType, []byte(`{"spec":{"suspend":false}}`), metav1.PatchOptions{})
	if err != nil {
		e.t.Fatal(err)
	}
}

func (e eyes) jobUID(namespace, name string) types.UID {
	e.t.Helper()
	j, err := e.client.BatchV1().Jobs(namespace).Get(e.t.Context(), name, metav1.GetOptions{})
	if err != nil {
		e.t.Fatal(err)
	}
	return j.UID
}

func (e eyes) removeJob(namespace, name string) {
	e.t.Helper()
	background := metav1.DeletePropagationBackground
	if err := e.client.BatchV1().Jobs(namespace).Delete(e.t.Context(), name, metav1.DeleteOptions{PropagationPolicy: &background}); err != nil {
		e.t.Fatal(err)
	}
	playtest.Eventually(e.t, playtest.Patience, "the Job is gone", func() error {
		if e.find("job", namespace, name) == nil {
			return errors.New("it is there")
		}
		return nil
	})
}

// TestInterrupted kills a sync while a hook runs, and goes on in every way that there is.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "cut-short", map[string]string{"hook.yaml": endless, "settings.yaml": configMap("settings", "one")})
	w.create("cut-short", repo)
	see := w.see()

	t.Run("it is found and reported", func(t *testing.T) {
		w := w.in(t)
		w.killedInHook("cut-short")
		contains(t, w.must("app", "get", "cut-short", "--refresh"), "OperationInterrupted", "app resume cut-short", "Job/cut-short/gate is not known")
		history := w.expect(0, "app", "history", "cut-short").err
		contains(t, history, "not in the history yet: the sync that", "was interrupted", "app resume cut-short")
		if strings.Contains(history, "nothing has been done") {
			t.Errorf("the history says %s", history)
		}
	})
	t.Run("a new sync asks before it runs the hook again", func(t *testing.T) {
		w := w.in(t)
		contains(t, w.expect(6, "app", "sync", "cut-short", "--yes").err, "hook:Job/cut-short/gate", "still runs")
	})
	t.Run("resumed, it waits for the hook that it had begun, and does the rest", func(t *testing.T) {
		w := w.in(t)
		before := see.jobUID("cut-short", "gate")
		cmd := w.begin("app", "resume", "cut-short", "--yes")
		see.letGo("cut-short")
		if err := cmd.Wait(); err != nil {
			t.Fatalf("resume: %v", err)
		}
		if after := see.jobUID("cut-short", "gate"); after != before {
			t.Errorf("the hook ran as %s and again as %s", before, after)
		}
		see.present("configmap", "cut-short", "settings")
		contains(t, w.must("app", "history", "cut-short"), "r1", "Succeeded")
		if strings.Contains(w.must("app", "get", "cut-short"), "OperationInterrupted") {
			t.Error("it is still called interrupted")
		}
		contains(t, w.expect(3, "app", "resume", "cut-short").err, "none of its operations was interrupted")
	})
	t.Run("a hook that has vanished is asked about", func(t *testing.T) {
		w := w.in(t)
		repo.push("two", map[string]string{"settings.yaml": configMap("settings", "two")})
		w.killedInHook("cut-short")
		see.removeJob("cut-short", "gate")
		contains(t, w.expect(6, "app", "resume", "cut-short", "--yes").err, "hook:Job/cut-short/gate", "confirm to run it again")
		contains(t, w.expect(6, "app", "sync", "cut-short", "--yes").err, "hook:Job/cut-short/gate")
		w.must("app", "resume", "cut-short", "--yes", "--skip", "hook:Job/cut-short/gate")
		see.absent("job", "cut-short", "gate")
		if v := see.get("cut-short", "settings").Data["value"]; v != "two" {
			t.Errorf("the settings are %s", v)
		}
	})
	t.Run("settled as it is, it is in the history", func(t *testing.T) {
		w := w.in(t)
		repo.push("three", map[string]string{"settings.yaml": configMap("settings", "three")})
		w.killedInHook("cut-short")
		contains(t, w.expect(2, "app", "resume", "cut-short", "--discard", "--dry-run").err, "--discard", "--dry-run")
		contains(t, w.must("app", "resume", "cut-short", "--discard"), "settled")
		if v := see.get("cut-short", "settings").Data["value"]; v != "two" {
			t.Errorf("the settings are %s", v)
		}
		contains(t, w.must("app", "history", "cut-short"), "Error", "interrupted: its process ended or stood still")
	})
	t.Run("a rollback asks about its hook, and ends it", func(t *testing.T) {
		w := w.in(t)
		w.killedInHook("cut-short")
		contains(t, w.expect(6, "app", "rollback", "cut-short", "r2", "--yes").err, "hook:Job/cut-short/gate", "still runs", "the next sync runs it again")
		w.must("app", "rollback", "cut-short", "r2", "--yes", "--confirm", "hook:Job/cut-short/gate", "--timeout", "60s")
		see.absent("job", "cut-short", "gate")
		if strings.Contains(w.must("app", "get", "cut-short"), "OperationInterrupted") {
			t.Error("it is still called interrupted")
		}
		w.must("app", "unpin", "cut-short")
	})
	t.Run("undone, it is as before", func(t *testing.T) {
		w := w.in(t)
		w.killedInHook("cut-short")
		contains(t, w.expect(6, "app", "undo", "cut-short", "--yes").err, "hook:Job/cut-short/gate", "still runs", "the next sync runs it again")
		w.must("app", "undo", "cut-short", "--yes", "--confirm", "hook:Job/cut-short/gate", "--timeout", "60s")
		see.absent("job", "cut-short", "gate")
		if v := see.get("cut-short", "settings").Data["value"]; v != "two" {
			t.Errorf("the settings are %s", v)
		}
		if strings.Contains(w.must("app", "get", "cut-short"), "OperationInterrupted") {
			t.Error("it is still called interrupted")
		}
	})
}

// TestAutomationLeavesWhatWasSettled settles a sync as its interruption left it: automation, which the hook had held back, does not
// begin it anew, and goes on with the next commit.
func TestAutomationLeavesWhatWasSettled(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "left-so", map[string]string{"hook.yaml": endless, "settings.yaml": configMap("settings", "one")})
	w.create("left-so", repo, "--sync-policy", "automated")
	w.killedInHook("left-so")
	see := w.see()
	begun := see.jobUID("left-so", "gate")
	w.automate()
	eventuallyPrints(w, []string{"automatic sync refused", "hook:Job/left-so/gate"}, "app", "get", "left-so")
	w.must("app", "resume", "left-so", "--discard")
	eventuallyPrints(w, []string{"Failed last sync attempt to", "it was interrupted, and is left as it is"}, "app", "get", "left-so")
	if now := see.jobUID("left-so", "gate"); now != begun {
		t.Errorf("the hook ran as %s and again as %s", begun, now)
	}
	see.absent("configmap", "left-so", "settings")
	repo.push("without the hook", map[string]string{"hook.yaml": "", "settings.yaml": configMap("settings", "two")})
	playtest.Eventually(t, playtest.Patience, "the next commit is synced", func() error { return see.synced("left-so", "settings", "two") })
}

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestRetryAsTheApplicationSays has a sync that a person began follow the application's own policy, as Argo CD's server does, and what
// is asked for on the command line before it.
func TestRetryAsTheApplicationSays(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "retry-policy", map[string]string{"a.yaml": configMap("a", "[no, string]")})
	w.create("retry-policy", repo, "--sync-retry-limit", "1", "--sync-retry-backoff-duration", "100ms", "--sync-retry-backoff-factor", "2")
	for name, c := range map[string]struct {
		flags []string
		says  []string
		not   string
	}{
		"without a flag":       {nil, []string{"retry 1 in 100ms, as spec.syncPolicy.retry says", "--retry-limit 0"}, "retry 2"},
		"with another pause":   {[]string{"--retry-backoff-duration", "150ms"}, []string{"retry 1 in 150ms"}, "retry 2"},
		"with another limit":   {[]string{"--retry-limit", "2", "--retry-backoff-duration", "50ms"}, []string{"retry 1 in 50ms\n", "retry 2 in 100ms\n"}, "spec.syncPolicy.retry"},
		"when it may not":      {[]string{"--retry-limit", "0"}, nil, "retry"},
		"as a dry run":         {[]string{"--dry-run"}, nil, "retry"},
		"of some objects only": {[]string{"--resource", ":ConfigMap:a"}, []string{"retry 1 in 100ms"}, "retry 2"},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.in(t).expect(4, append([]string{"app", "sync", "retry-policy"}, c.flags...)...)
			contains(t, r.err, c.says...)
			if strings.Contains(r.err, c.not) {
				t.Errorf("%q is said:\n%s", c.not, r.err)
			}
		})
	}
	contains(t, w.must("app", "plan", "retry-policy"), "a sync that fails is tried again, at most once")
}

// TestAFailedPostSyncIsTriedAgain has the last hook of an automatic sync fail: all is applied by then and nothing differs, and the sync is
// tried again all the same, as often as the policy says.
func TestAFailedPostSyncIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "retry-last", map[string]string{"a.yaml": configMap("a", "one"), "check.yaml": failing(hook("check", "PostSync"))})
	w.create("retry-last", repo, "--sync-policy", "automated", "--sync-retry-limit", "2", "--sync-retry-backoff-duration", "100ms", "--sync-retry-backoff-factor", "1")
	w.automate()
	playtest.Eventually(t, playtest.Patience, "it is tried three times", func() error {
		if n := len(w.records("retry-last")); n != 3 {
			return fmt.Errorf("there are %d records", n)
		}
		return nil
	})
	if r := w.records("retry-last")[0]; r.Phase != "Failed" || !strings.HasPrefix(r.Why, "retry 2 of commit") {
		t.Errorf("the last one is %+v", r)
	}
	playtest.Eventually(t, playtest.Patience, "it is said that no other follows", func() error {
		for _, c := range w.get("retry-last").Status.Conditions {
			if c.Type == "SyncError" && strings.Contains(c.Message, "Failed last sync attempt") {
				return nil
			}
		}
		return errors.New("there is no such condition")
	})
	repo.push("mend it", map[string]string{"a.yaml": configMap("a", "two"), "check.yaml": ""})
	playtest.Eventually(t, playtest.Patience, "the next commit is synced", func() error {
		if r := w.records("retry-last")[0]; r.Phase != "Succeeded" {
			return fmt.Errorf("the last record is %+v", r)
		}
		return nil
	})
}

// TestAFailedSyncOfWhichAllIsThereComesToItsEnd has a wave be Degraded in an automatic sync that has nothing more to write: it is tried
// again until that wave is well, or the policy's limit is reached, and what became of it is on record.
func TestAFailedSyncOfWhichAllIsThereComesToItsEnd(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "retry-empty", map[string]string{
		"web.yaml": inWave("0", deployment("web", 1)), "settings.yaml": inWave("1", configMap("settings", "one")),
	})
	w.create("retry-empty", repo, "--sync-retry-limit", "2", "--sync-retry-backoff-duration", "100ms", "--sync-retry-backoff-factor", "1")
	w.must("app", "sync", "retry-empty", "--timeout", "120s")
	repo.push("crash", map[string]string{"web.yaml": inWave("0", crashing(deployment("web", 1)))})
	w.must("app", "set", "retry-empty", "--sync-policy", "automated")
	w.automate()
	playtest.Eventually(t, playtest.Patience, "it comes to its end", func() error {
		if r := w.records("retry-empty")[0]; r.Phase != "Succeeded" && !strings.HasPrefix(r.Why, "retry 2 of commit") {
			return fmt.Errorf("the last record is %+v", r)
		}
		if n := len(w.records("retry-empty")); n < 3 {
			return fmt.Errorf("there are %d records", n)
		}
		return nil
	})
}

// TestATerminatedSyncIsNotRetried ends a sync that may be retried without end: whoever ends it wants no other.
func TestATerminatedSyncIsNotRetried(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("retry-ended", newRepository(t, w.play, "retry-ended", map[string]string{"hook.yaml": endless}))
	cmd := w.command(t.Context(), "app", "sync", "retry-ended", "--retry-limit", "-1", "--retry-backoff-duration", "100ms", "--timeout", "60s")
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "the hook runs", func() error { return see.find("job", "retry-ended", "gate") })
	w.must("app", "terminate", "retry-ended", "--timeout", "60s")
	err := cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != 4 || strings.Contains(said.String(), "retry 1") {
		t.Errorf("it ends with %v:\n%s", err, said.String())
	}
}

// resting begins a sync that fails and waits ten minutes for its retry, and returns when its status says so.
func (p *program) resting(name string, flags ...string) (*exec.Cmd, *bytes.Buffer) {
	p.t.Helper()
	args := append([]string{"app", "sync", name, "--retry-limit", "5", "--retry-backoff-duration", "10m", "--retry-backoff-max-duration", "10m"}, flags...)
	cmd, said := p.begun(args...)
	playtest.Eventually(p.t, playtest.Patience, "it waits for its retry", func() error {
		if state := p.operationState(name); state["retrying"] == nil || state["phase"] != "Running" {
			return fmt.Errorf("%v", state)
		}
		return nil
	})
	return cmd, said
}

// TestAPauseBeforeARetryIsTheOperations looks from other processes at a sync that waits for its retry, and ends it.
func TestAPauseBeforeARetryIsTheOperations(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("retry-pause", newRepository(t, w.play, "retry-pause", map[string]string{"a.yaml": configMap("a", "[no, string]")}))
	cmd, said := w.resting("retry-pause")
	contains(t, w.must("app", "get", "retry-pause"), "sync Running", "Retrying attempt #1 at")
	contains(t, w.expect(6, "app", "sync", "retry-pause").err, "it has failed and waits for retry 1 of 5 at", "app terminate retry-pause")
	waited := w.expect(5, "app", "wait", "retry-pause", "--operation", "--timeout", "3s").err
	contains(t, waited, "retry-pause: the sync failed and waits for retry 1 of 5 at", "the time is up: the sync failed and waits for retry 1")
	contains(t, w.must("app", "terminate", "retry-pause", "--timeout", "30s"), "has ended")
	if exit, ok := errors.AsType[*exec.ExitError](cmd.Wait()); !ok || exit.ExitCode() != 4 {
		t.Errorf("it ended with %v", exit)
	}
	contains(t, said.String(), "retry 1 in 10m0s", "Failed: operation terminated by", "while it waited for retry 1 of 5", "it had failed: ")
	state := w.operationState("retry-pause")
	if state["phase"] != "Failed" || state["retrying"] != nil || state["finishedAt"] == nil {
		t.Errorf("the status says %v", state)
	}
	if records := w.records("retry-pause"); len(records) != 1 {
		t.Errorf("one attempt left %d records", len(records))
	}
	contains(t, w.expect(3, "app", "terminate", "retry-pause").err, "none is running")
	cmd, said = w.resting("retry-pause")
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if exit, ok := errors.AsType[*exec.ExitError](cmd.Wait()); !ok || exit.ExitCode() != 4 {
		t.Errorf("interrupted it ended with %v", exit)
	}
	contains(t, said.String(), "sync of retry-pause: interrupted: operation terminated while it waited for retry 1 of 5")
	contains(t, w.expect(5, "app", "sync", "retry-pause", "--retry-limit", "-1", "--retry-backoff-duration", "10m", "--retry-backoff-max-duration", "10m", "--timeout", "5s").err,
		"the time is up: operation terminated while it waited for retry 1 at")
}

// TestANewerCommitEndsThePauseBeforeARetry repairs in git what a sync failed for, and has automation elsewhere leave it to that sync.
func TestANewerCommitEndsThePauseBeforeARetry(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "retry-moved", map[string]string{"a.yaml": configMap("a", "[no, string]")})
	w.create("retry-moved", repo)
	cmd, said := w.resting("retry-moved")
	w.must("app", "set", "retry-moved", "--sync-policy", "automated")
	w.automate()
	repo.push("mend it", map[string]string{"a.yaml": configMap("a", "one")})
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	contains(t, said.String(), "git has moved on: retry 1 now", "Succeeded")
	w.see().present("configmap", "retry-moved", "a")
	records := w.records("retry-moved")
	if len(records) != 2 || records[0].Why != "app sync, retry 1" {
		t.Errorf("the records are %+v", records)
	}
	if state := w.operationState("retry-moved"); state["retryCount"] != 1.0 || state["retrying"] != nil {
		t.Errorf("the status says %v", state)
	}
}

// TestAKilledPauseLeavesNothing kills the process that waits for a retry: nothing was under way, so there is nothing to go on with.
func TestAKilledPauseLeavesNothing(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "retry-killed", map[string]string{"a.yaml": configMap("a", "[no, string]")})
	w.create("retry-killed", repo)
	cmd, _ := w.resting("retry-killed")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if cmd.Wait() == nil {
		t.Error("it ended by itself")
	}
	w.must("app", "wait", "retry-killed", "--operation", "--timeout", "60s")
	state := w.operationState("retry-killed")
	if state["phase"] != "Failed" || state["retrying"] != nil {
		t.Errorf("the status says %v", state)
	}
	contains(t, fmt.Sprint(state["message"]), "not tried again: the process that waited for retry 1 of 5", "it had failed: ")
	for _, c := range w.get("retry-killed").Status.Conditions {
		if c.Type == "OperationInterrupted" || strings.Contains(c.Message, "app resume") {
			t.Errorf("%s: %s", c.Type, c.Message)
		}
	}
	repo.push("mend it", map[string]string{"a.yaml": configMap("a", "one")})
	w.must("app", "sync", "retry-killed")
}

// TestARetryIsGuarded has the newer commit ask for something that nobody confirmed.
func TestARetryIsGuarded(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	claim := "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
	repo := newRepository(t, w.play, "retry-guarded", map[string]string{"a.yaml": configMap("a", "one"), "data.yaml": claim})
	w.create("retry-guarded", repo)
	w.must("app", "sync", "retry-guarded")
	repo.push("break it", map[string]string{"a.yaml": configMap("a", "[no, string]")})
	cmd, said := w.resting("retry-guarded", "--prune", "--yes")
	repo.push("mend it, without the data", map[string]string{"a.yaml": configMap("a", "two"), "data.yaml": ""})
	if exit, ok := errors.AsType[*exec.ExitError](cmd.Wait()); !ok || exit.ExitCode() != 6 {
		t.Errorf("it ended with %v", exit)
	}
	contains(t, said.String(), "retry 1 of retry-guarded: the plan is guarded", "prune:PersistentVolumeClaim/retry-guarded/data", "--confirm")
	contains(t, fmt.Sprint(w.operationState("retry-guarded")["message"]), "not tried again: retry 1 of retry-guarded: the plan is guarded")
	see := w.see()
	if _, err := see.client.CoreV1().PersistentVolumeClaims("retry-guarded").Get(t.Context(), "data", metav1.GetOptions{}); err != nil {
		t.Errorf("the claim: %v", err)
	}
	if got := see.get("retry-guarded", "a").Data["value"]; got != "one" {
		t.Errorf("its neighbour is %s", got)
	}
}

// TestARetryThatCannotBePlanned has git hold what cannot be rendered when a retry is to begin: that retry has failed, and the next
// one is planned anew.
func TestARetryThatCannotBePlanned(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	repo := newRepository(t, w.play, "retry-unplanned", map[string]string{"a.yaml": configMap("a", "[no, string]")})
	w.create("retry-unplanned", repo)
	cmd, said := w.begun("app", "sync", "retry-unplanned", "--retry-limit", "-1", "--retry-backoff-duration", "1s", "--retry-backoff-factor", "1")
	unplanned := ""
	for _, step := range []struct{ text, says string }{{configMap("a", "[no, string]"), "expected string"}, {"kind: [\n", " of retry-unplanned: plan sync of retry-unplanned: "}} {
		repo.push("go on", map[string]string{"a.yaml": step.text, "note.txt": step.says})
		playtest.Eventually(t, playtest.Patience, "it waits for another retry", func() error {
			state := w.operationState("retry-unplanned")
			if unplanned = fmt.Sprint(state["message"]); state["retrying"] == nil || !strings.Contains(unplanned, step.says) {
				return fmt.Errorf("%v", state)
			}
			return nil
		})
	}
	contains(t, unplanned, "a.yaml", "Retrying attempt #")
	repo.push("mend it", map[string]string{"a.yaml": configMap("a", "one")})
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	contains(t, said.String(), "Succeeded")
	w.see().present("configmap", "retry-unplanned", "a")
	records := w.records("retry-unplanned")
	if last := records[0]; !strings.HasPrefix(last.Why, "app sync, retry ") || last.Phase != "Succeeded" {
		t.Errorf("the last record is %+v", last)
	}
}

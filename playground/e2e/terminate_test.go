package e2e

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// endless is a hook that never ends.
const endless = `apiVersion: batch/v1
kind: Job
metadata:
  name: gate
  annotations: {argocd.argoproj.io/hook: PreSync}
spec:
  suspend: true
  template:
    spec:
      restartPolicy: Never
      containers: [{name: gate, image: gate}]
`

// TestTerminate ends an operation that waits, from another process.
func TestTerminate(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("slow", newRepository(t, w.play, "slow", map[string]string{"hook.yaml": endless, "settings.yaml": configMap("settings", "one")}))
	contains(t, w.expect(3, "app", "terminate", "slow").err, "slow", "none is running")
	w.must("app", "sync", "slow", "--async")
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "the hook runs", func() error { return see.find("job", "slow", "gate") })
	contains(t, w.must("app", "terminate", "slow", "--timeout", "120s"), "has ended")
	contains(t, w.must("app", "history", "slow"), "Failed", "operation terminated by ")
	playtest.Eventually(t, playtest.Patience, "the hook is deleted", func() error {
		if see.find("job", "slow", "gate") == nil {
			return errors.New("it is there")
		}
		return nil
	})
	see.absent("configmap", "slow", "settings")
}

// TestSyncsThatEndEarlySayWhy has the time of a sync be up, and somebody interrupt one.
func TestSyncsThatEndEarlySayWhy(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("timed-out", newRepository(t, w.play, "timed-out", map[string]string{"hook.yaml": endless}))
	contains(t, w.expect(5, "app", "sync", "timed-out", "--timeout", "10s").err, "sync of timed-out: the time is up: operation terminated while it waited for Job/timed-out/gate")
	cmd, said := w.begun("app", "sync", "timed-out")
	playtest.Eventually(t, playtest.Patience, "the hook runs", func() error { return w.see().find("job", "timed-out", "gate") })
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if exit, ok := errors.AsType[*exec.ExitError](cmd.Wait()); !ok || exit.ExitCode() != 4 {
		t.Errorf("it ended with %v", exit)
	}
	contains(t, said.String(), "sync of timed-out: interrupted: operation terminated")
}

// TestTerminateLeavesTheHookOfAnother has somebody make the running hook anew while the sync that waits for it cannot ask for it, and
// then terminates that sync: the new one is not its to delete.
func TestTerminateLeavesTheHookOfAnother(t *testing.T) {
	t.Parallel()
	var blocked atomic.Bool
	w := onOwnStore(t).overLine(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if blocked.Load() && r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/jobs/gate") {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
	w.create("replaced-hook", newRepository(t, w.play, "replaced-hook", map[string]string{"hook.yaml": endless}))
	cmd := w.begin("app", "sync", "replaced-hook", "--yes")
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "the hook runs", func() error { return see.find("job", "replaced-hook", "gate") })
	jobs := see.client.BatchV1().Jobs("replaced-hook")
	mine, err := jobs.Get(t.Context(), "gate", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	blocked.Store(true)
	see.removeJob("replaced-hook", "gate")
	theirs := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "gate"}, Spec: mine.Spec}
	theirs.Spec.Selector, theirs.Spec.Template.Labels = nil, nil
	theirs, err = jobs.Create(t.Context(), theirs, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	blocked.Store(false)
	w.must("app", "terminate", "replaced-hook", "--timeout", "120s")
	if err := cmd.Wait(); err == nil {
		t.Error("the sync was not terminated")
	}
	got, err := jobs.Get(t.Context(), "gate", metav1.GetOptions{})
	if err != nil || got.UID != theirs.UID || got.DeletionTimestamp != nil {
		t.Errorf("the Job that somebody made is gone or going: %v, %v", got, err)
	}
}

// TestTerminateWhileAnObjectIsReplaced ends a sync whose old object does not go: the process itself ends, says what is left, and the
// next sync goes on when the object has gone.
func TestTerminateWhileAnObjectIsReplaced(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	fixed := func(value string) string {
		return strings.Replace(held(configMap("fixed", value)), "  finalizers:", "  annotations: {argocd.argoproj.io/sync-options: \"Replace=true,Force=true\"}\n  finalizers:", 1) + "immutable: true\n"
	}
	repo := newRepository(t, w.play, "fixed", map[string]string{"a.yaml": fixed("one")})
	w.create("fixed", repo)
	w.must("app", "sync", "fixed")
	repo.push("two", map[string]string{"a.yaml": fixed("two")})
	r := w.expect(5, "app", "sync", "fixed", "--timeout", "3s")
	contains(t, r.err, "operation terminated while it waited for ConfigMap/fixed/fixed to be deleted (finalizers [example.com/held])", "nothing is made in its place")
	contains(t, w.must("app", "history", "fixed"), "to be deleted (finalizers [example.com/held])")
	see := w.see()
	see.release("fixed", "fixed")
	w.must("app", "sync", "fixed", "--timeout", "60s")
	if got := see.get("fixed", "fixed").Data["value"]; got != "two" {
		t.Errorf("the value is %q", got)
	}
}

// TestTerminateWhileAnEarlierHookIsDeleted ends a sync whose hook cannot be made before the earlier one has gone.
func TestTerminateWhileAnEarlierHookIsDeleted(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("held-hook", newRepository(t, w.play, "held-hook", map[string]string{"hook.yaml": held(hook("gate", "PreSync")), "a.yaml": configMap("a", "one")}))
	w.must("app", "sync", "held-hook", "--timeout", "60s")
	see := w.see()
	see.remove("held-hook", "a")
	before := see.jobUID("held-hook", "gate")
	r := w.expect(5, "app", "sync", "held-hook", "--timeout", "3s")
	contains(t, r.err, "operation terminated while it waited for Job/held-hook/gate to be deleted", "nothing is made in its place")
	see.absent("configmap", "held-hook", "a")
	if after := see.jobUID("held-hook", "gate"); after != before {
		t.Errorf("the hook was made anew: %s, %s", before, after)
	}
	see.releaseJob("held-hook", "gate")
	w.must("app", "sync", "held-hook", "--timeout", "60s")
	see.present("configmap", "held-hook", "a")
	see.releaseJob("held-hook", "gate")
}

// releaseJob removes the finalizers of a Job.
func (e eyes) releaseJob(namespace, name string) {
	e.t.Helper()
	_, err := e.client.BatchV1().Jobs(namespace).Patch(e.t.Context(), name, types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
	if err != nil {
		e.t.Fatal(err)
	}
}

// TestTerminateWhileAWriteIsNotAnswered ends a sync whose write the server never answers: it is awaited for some seconds, and what
// became of it is not known. Another process may end it too.
func TestTerminateWhileAWriteIsNotAnswered(t *testing.T) {
	t.Parallel()
	var writes atomic.Int32
	w := onOwnStore(t).overLine(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodPatch && strings.Contains(r.URL.Path, "/configmaps/") && r.URL.Query().Get("dryRun") == "" {
			writes.Add(1)
			<-r.Context().Done()
			return
		}
		next.ServeHTTP(w, r)
	})
	w.create("unanswered", newRepository(t, w.play, "unanswered", map[string]string{"a.yaml": configMap("a", "one")}))
	r := w.expect(5, "app", "sync", "unanswered", "--timeout", "3s")
	contains(t, r.err, "operation terminated", "ConfigMap/unanswered/a", "what became of the write is not known")
	sent := writes.Load()
	cmd := w.begin("app", "sync", "unanswered", "--yes")
	playtest.Eventually(t, playtest.Patience, "it writes", func() error {
		if writes.Load() == sent {
			return errors.New("it does not")
		}
		return nil
	})
	contains(t, w.must("app", "terminate", "unanswered", "--timeout", "60s"), "has ended")
	if err := cmd.Wait(); err == nil {
		t.Error("a sync that was terminated succeeded")
	}
	contains(t, w.must("app", "history", "unanswered"), "operation terminated by ", "what became of the write is not known")
}

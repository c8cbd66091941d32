package e2e

import (
	"errors"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

var errEarlier = errors.New("it is the earlier one")

// TestSkipHook has a sync, in another process, go on without the end of a hook that never ends.
func TestSkipHook(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("let-be", newRepository(t, w.play, "let-be", map[string]string{"hook.yaml": endless, "settings.yaml": configMap("settings", "one")}))
	skip := []string{"app", "skip-hook", "let-be", "gate", "--timeout", "120s", "--reason", "done by hand"}
	contains(t, w.expect(3, skip...).err, "no operation of let-be is running")
	w.must("app", "sync", "let-be", "--async")
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "the hook runs", func() error { return see.find("job", "let-be", "gate") })
	hook := see.jobUID("let-be", "gate")
	eventuallyPrints(w, []string{"hooks that run: Job/let-be/gate"}, "app", "skip-hook", "let-be", "Job/let-be/seed", "--reason", "x")
	contains(t, w.expect(2, skip[:6]...).err, "--reason")
	contains(t, w.expect(6, append([]string{"--read-only"}, skip...)...).err, "skip a running hook")
	contains(t, w.must(skip...), "Job/let-be/gate is not waited for any more")
	w.must("app", "wait", "let-be", "--operation", "--timeout", "120s")
	see.present("configmap", "let-be", "settings")
	if after := see.jobUID("let-be", "gate"); after != hook {
		t.Errorf("the hook is another one: %s, %s", hook, after)
	}
	contains(t, w.must("app", "history", "let-be"), "Succeeded", "Job/let-be/gate was skipped by ", " while it ran: done by hand")
	contains(t, w.must("app", "history", "let-be", "-o", "json"), `"hookPhase": "Running"`, `"message": "skipped by `)
	t.Run("the next sync runs it again", func(t *testing.T) {
		w := w.in(t)
		see := w.see()
		see.remove("let-be", "settings")
		w.must("app", "sync", "let-be", "--async")
		playtest.Eventually(t, playtest.Patience, "the hook runs again", func() error {
			if err := see.find("job", "let-be", "gate"); err != nil {
				return err
			}
			if see.jobUID("let-be", "gate") == hook {
				return errEarlier
			}
			return nil
		})
		w.must("app", "terminate", "let-be", "--timeout", "120s")
	})
}

// TestSkipHookThatIsDeletedHoweverItEnds skips a hook whose policy deletes it in any case.
func TestSkipHookThatIsDeletedHoweverItEnds(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	swept := strings.Replace(endless, "hook: PreSync", "hook: PreSync, argocd.argoproj.io/hook-delete-policy: \"HookSucceeded,HookFailed\"", 1)
	w.create("swept", newRepository(t, w.play, "swept", map[string]string{"hook.yaml": swept, "settings.yaml": configMap("settings", "one")}))
	w.must("app", "sync", "swept", "--async")
	see := w.see()
	eventuallyPrints(w, []string{"Job/swept/gate is not waited for any more"}, "app", "skip-hook", "swept", "gate", "--timeout", "120s", "--reason", "done by hand")
	w.must("app", "wait", "swept", "--operation", "--timeout", "120s")
	see.present("configmap", "swept", "settings")
	playtest.Eventually(t, playtest.Patience, "the hook is deleted", func() error {
		if see.find("job", "swept", "gate") == nil {
			return errors.New("it is there")
		}
		return nil
	})
}

// TestSkipHookOfAnotherProcessInTheConsole skips a hook of a sync that another process carries out, and ends the next such sync.
func TestSkipHookOfAnotherProcessInTheConsole(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("let-go", newRepository(t, w.play, "let-go", map[string]string{"hook.yaml": endless, "settings.yaml": configMap("settings", "one")}))
	w.must("app", "sync", "let-go", "--async")
	see := w.see()
	playtest.Eventually(t, playtest.Patience, "the hook runs", func() error { return see.find("job", "let-go", "gate") })
	x := w.console(120, 40)
	x.shows("another process works on it").press("Enter").shows("Resources").press("H").shows("Skip hook Job/let-go/gate?")
	x.write("done by hand").shows("done by hand").enter("▌[ skip ]").press("Enter")
	w.must("app", "wait", "let-go", "--operation", "--timeout", "120s")
	see.present("configmap", "let-go", "settings")
	contains(t, w.must("app", "history", "let-go"), "Succeeded", "Job/let-go/gate was skipped by ", " while it ran: done by hand")
	hook := see.jobUID("let-go", "gate")
	see.remove("let-go", "settings")
	w.must("app", "sync", "let-go", "--async")
	playtest.Eventually(t, playtest.Patience, "the hook runs again", func() error {
		again, err := see.client.BatchV1().Jobs("let-go").Get(t.Context(), "gate", metav1.GetOptions{})
		if err == nil && again.UID == hook {
			err = errEarlier
		}
		return err
	})
	x.shows("worked on by").press("X").shows("Terminate the operation of let-go?").press("Right", "Enter")
	w.must("app", "wait", "let-go", "--operation", "--timeout", "120s")
	contains(t, w.must("app", "history", "let-go"), "terminated")
}

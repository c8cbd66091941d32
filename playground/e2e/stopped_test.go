package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestStopped stops a process in the middle of a sync for longer than its lock allows, while writes are under way and others wait for
// their turn, and lets it go on: what was sent before is answered, and nothing more is sent.
func TestStopped(t *testing.T) {
	t.Parallel()
	// More are not sent at once; the rest waits behind them.
	const objects, underWay = 80, 64
	var sent atomic.Int32
	answer := make(chan struct{})
	w := onOwnStore(t)
	lined := w.overLine(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if applies(r) && strings.Contains(r.URL.Path, "/configmaps/") {
			sent.Add(1)
			<-answer
		}
		next.ServeHTTP(rw, r)
	})
	files := map[string]string{}
	for i := range objects {
		name := fmt.Sprintf("settings-%02d", i)
		files[name+".yaml"] = configMap(name, "one")
	}
	w.create("stopped", newRepository(t, w.play, "stopped", files))
	cmd, said := lined.begun("app", "sync", "stopped", "--yes")
	playtest.Eventually(t, playtest.Patience, "writes are under way", func() error {
		if n := sent.Load(); n != underWay {
			return fmt.Errorf("%d are", n)
		}
		return nil
	})
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	contains(t, w.expect(6, "app", "sync", "stopped", "--yes").err, "held by", "app sync")
	contains(t, w.expect(6, "app", "undo", "stopped", "--yes").err, "held by")
	playtest.Eventually(t, playtest.Patience, "others see that it stands still", func() error {
		if r := w.expect(6, "app", "resume", "stopped", "--yes"); !strings.Contains(r.err, "stands still since") {
			return errors.New(r.err)
		}
		return nil
	})
	pid := fmt.Sprint(cmd.Process.Pid)
	contains(t, w.expect(6, "app", "sync", "stopped", "--yes").err, "stands still since", "kill -CONT "+pid, "kill -KILL "+pid)
	close(answer)
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 4 {
		t.Errorf("continued, the sync ended with %v", err)
	}
	contains(t, said.String(), "interrupted: this process stood still for ", "app resume stopped", "app undo stopped")
	if n := sent.Load(); n != underWay {
		t.Errorf("%d writes were sent before it was stopped, and %d after", underWay, n-underWay)
	}
	contains(t, w.must("app", "get", "stopped", "--refresh"), "OperationInterrupted", "stood still", "app resume stopped")
	lined.must("app", "resume", "stopped", "--yes")
	w.see().allThere("stopped", objects)
	if n := sent.Load(); n != objects {
		t.Errorf("%d objects were written %d times", objects, n)
	}
	contains(t, w.must("app", "history", "stopped"), "r1", "Succeeded")
	if strings.Contains(w.must("app", "get", "stopped"), "OperationInterrupted") {
		t.Error("it is still called interrupted")
	}
}

// TestStoppedForAMoment stops a process that waits for a hook, and lets it go on before others could think it dead.
func TestStoppedForAMoment(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	w.create("halted", newRepository(t, w.play, "halted", map[string]string{"hook.yaml": endless, "settings.yaml": configMap("settings", "one")}))
	see := w.see()
	cmd := w.begin("app", "sync", "halted", "--yes")
	playtest.Eventually(t, playtest.Patience, "the hook runs", func() error { return see.find("job", "halted", "gate") })
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	see.letGo("halted")
	// It stands still for as long as its hook needs, and finds its end when it goes on.
	playtest.Eventually(t, playtest.Patience, "the hook has ended", func() error {
		job, err := see.client.BatchV1().Jobs("halted").Get(t.Context(), "gate", metav1.GetOptions{})
		if err == nil && job.Status.CompletionTime == nil {
			err = errors.New("it runs")
		}
		return err
	})
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("continued, the sync ended with %v", err)
	}
	see.present("configmap", "halted", "settings")

	t.Run("stopped and then killed it is like killed", func(t *testing.T) {
		w := w.in(t)
		see.removeJob("halted", "gate")
		cmd := w.begin("app", "sync", "halted", "--yes", "--resource", ":ConfigMap:halted/settings")
		_ = cmd.Process.Signal(syscall.SIGSTOP)
		kill(t, cmd)
		playtest.Eventually(t, playtest.Patience, "the lock is free", func() error {
			if r := w.run("app", "sync", "halted", "--yes", "--resource", ":ConfigMap:halted/settings"); r.status != 0 {
				return errors.New(r.err)
			}
			return nil
		})
	})
}

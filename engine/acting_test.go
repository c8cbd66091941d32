package engine

import (
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// acting returns an engine whose application has a running operation of some steps.
func acting(t *testing.T, steps int) (*Engine, *operation) {
	t.Helper()
	e := New(Ports{}, Options{})
	t.Cleanup(e.Close)
	e.running = true
	key := app.Key{Name: "web"}
	op := &operation{engine: e, plan: plan.Plan{App: key}, run: &Run{done: make(chan struct{})}}
	op.run.progress.Steps = make([]StepState, steps)
	en := e.entry(key)
	en.run = op.run
	op.show()
	return e, op
}

func TestAViewKeepsTheProgressItWasMadeOf(t *testing.T) {
	t.Parallel()
	e, op := acting(t, 2)
	before, _ := e.View(op.plan.App)
	op.step(0, StepDone, "created")
	after, _ := e.View(op.plan.App)
	if before.Progress.Steps[0].State != StepPending || after.Progress.Steps[0].State != StepDone {
		t.Errorf("the step is %s before and %s after its end", before.Progress.Steps[0].State, after.Progress.Steps[0].State)
	}
	if before.Version == after.Version {
		t.Error("views of different progress have one version")
	}
	if again, _ := e.View(op.plan.App); again.Progress != after.Progress {
		t.Error("the progress is copied for every look")
	}
}

func TestALiveChangeWaitsForTheOperation(t *testing.T) {
	t.Parallel()
	e, op := acting(t, 1)
	en := e.entry(op.plan.App)
	w := &watchedCluster{keys: map[string]app.Key{"web": op.plan.App}}
	change := object.Event{App: "web"}

	e.objectChanged(w, change)
	if n := e.queue.Len(); n != 0 {
		t.Errorf("while the operation writes, %d comparisons are due", n)
	}
	if en.acting() != pauseWhileWriting {
		t.Errorf("it waits %s while the operation writes", en.acting())
	}
	op.waiting("Deployment/web/web to be healthy")
	if en.acting() != pauseWhileWaiting {
		t.Errorf("it waits %s while the operation waits", en.acting())
	}
	en.last = &examination{stages: []Stage{{Took: time.Second}, {Took: 2 * time.Second}}}
	if en.acting() != 30*time.Second {
		t.Errorf("it waits %s where a comparison takes 3 s", en.acting())
	}
	close(op.run.done)
	e.objectChanged(w, change)
	if n := e.queue.Len(); n != 1 {
		t.Errorf("after the operation %d comparisons are due", n)
	}
}

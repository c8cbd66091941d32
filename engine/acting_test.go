package engine

import (
	"context"
	"testing"
	"testing/synctest"
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

func TestAStepThatHasWaitedSaysWhatItDid(t *testing.T) {
	t.Parallel()
	_, op := acting(t, 1)
	said := func(want string) {
		t.Helper()
		if got := op.run.Progress().Steps[0].Message; got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
	op.step(0, StepDone, "created")
	op.step(0, StepWaiting, "0 of 2 replicas updated")
	said("0 of 2 replicas updated")
	op.step(0, StepDone, "")
	said("created")
}

func TestALiveChangeWaitsForTheOperation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e, op := acting(t, 1)
		en := e.entry(op.plan.App)
		w := &watchedCluster{keys: map[string]app.Key{"web": op.plan.App}}
		change := object.Event{App: "web"}
		op.run.progress.Started = time.Now()
		due := func(after time.Duration, want int) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			if n := e.queue.Len(); n != want {
				t.Errorf("%d comparisons are due, not %d", n, want)
			}
		}

		e.objectChanged(w, change)
		due(pauseWhileWriting-time.Millisecond, 0)
		due(2*time.Millisecond, 1)
		if pause := en.acting(time.Now()); pause != 0 {
			t.Errorf("what was put off waits for another %s", pause)
		}
		e.queue.Done(first(e.queue.Get()))

		en.last = &examination{at: time.Now(), stages: []Stage{{Took: 100 * time.Millisecond}, {Took: 200 * time.Millisecond}}}
		time.Sleep(300 * time.Millisecond)
		if pause := en.acting(time.Now()); pause != pauseWhileWriting {
			t.Errorf("it waits %s after a comparison while the operation writes", pause)
		}
		op.waiting("Deployment/web/web to be healthy")
		due(pauseWhileWaiting-time.Millisecond, 0)
		due(2*time.Millisecond, 1)
		if pause := en.acting(time.Now()); pause != 3*time.Second-pauseWhileWaiting-time.Millisecond {
			t.Errorf("it waits %s where a comparison takes 300 ms", pause)
		}
		e.queue.Done(first(e.queue.Get()))
		close(op.run.done)
		e.objectChanged(w, change)
		if n := e.queue.Len(); n != 1 {
			t.Errorf("after the operation %d comparisons are due", n)
		}
	})
}

func TestNobodyLooksIntoTheMidstOfAnOperationUnasked(t *testing.T) {
	t.Parallel()
	for what, asked := range map[string]level{"by itself": levelNone, "as somebody asked": levelCompare} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			store := &countingStore{}
			e := New(Ports{Store: store}, Options{})
			t.Cleanup(e.Close)
			key := app.Key{Name: "web"}
			en := e.entry(key)
			en.change(func(*View) {})
			en.ask(asked)
			en.run = &Run{done: make(chan struct{})}
			en.run.progress.Started = time.Now()

			e.tend(t.Context(), key)
			if looked := store.loads > 0; looked != (asked > levelNone) {
				t.Errorf("it looked: %t", looked)
			}
			close(en.run.done)
			e.tend(t.Context(), key)
			if store.loads == 0 {
				t.Error("after the operation it did not look")
			}
		})
	}
}

// countingStore counts how often a document was asked for, and has none.
type countingStore struct {
	Store
	loads int
}

func (s *countingStore) Load(context.Context, app.Key) (app.Application, error) {
	s.loads++
	return app.Application{}, app.ErrEmptied
}

func first[T any](v T, _ bool) T { return v }

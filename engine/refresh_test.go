package engine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// TestADocumentThatCannotBeReadIsLookedAtAtItsPace has an editor leave a document as nothing that can be read, while it is followed.
func TestADocumentThatCannotBeReadIsLookedAtAtItsPace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		// onScreen has somebody look at the application all the time.
		onScreen    bool
		least, most int
	}{
		"one that nobody watches": {least: 9, most: 11},
		"one on a screen":         {onScreen: true, least: 110, most: 121},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := &countingStore{}
				e := New(Ports{Store: store}, Options{Interval: 5 * time.Second})
				t.Cleanup(e.Close)
				e.running = true
				key := app.Key{Name: "web"}
				e.entry(key).change(func(*View) {})
				go func() { _ = e.handOut(t.Context()) }()

				e.enqueue(key, levelResolve)
				for range 60 {
					if c.onScreen {
						e.Attend(key)
					}
					time.Sleep(10 * time.Second)
				}
				synctest.Wait()
				if store.loads < c.least || store.loads > c.most {
					t.Errorf("within ten minutes it is looked at %d times, not %d to %d", store.loads, c.least, c.most)
				}
				// As a change of the document has it.
				before := store.loads
				e.enqueue(key, levelResolve)
				synctest.Wait()
				if store.loads != before+1 {
					t.Errorf("when somebody asks it is looked at %d times", store.loads-before)
				}
			})
		})
	}
}

// startingNow are a lock that is free when it is first asked about, and the status of an operation that has taken it since.
type startingNow struct {
	statusStore
	Locks
	asked   int
	started bool
}

func (*startingNow) Installation() string { return "here" }

func (s *startingNow) Holder(context.Context, app.Key) (app.Holder, bool, error) {
	s.asked++
	return app.Holder{}, s.started && s.asked > 1, nil
}

// oneJournal is the journal of what its status says that runs.
type oneJournal struct {
	Journals
	of *statusStore
}

func (s oneJournal) Open(context.Context, app.Key, string) ([]app.Journal, error) {
	if s.of.status.OperationState == nil {
		return nil, nil
	}
	return []app.Journal{journal()}, nil
}

// TestAnOperationThatBeginsWhileItsApplicationIsLookedAtIsNotInterrupted publishes what was found while another process begins.
func TestAnOperationThatBeginsWhileItsApplicationIsLookedAtIsNotInterrupted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		state   *app.OperationState
		started bool
		asks    int
		want    app.OperationPhase
	}{
		"it has begun":                {&app.OperationState{Phase: app.OperationRunning}, true, 2, app.OperationRunning},
		"its process has died":        {&app.OperationState{Phase: app.OperationRunning}, false, 2, app.OperationError},
		"nothing is done, nor was":    {nil, false, 1, ""},
		"nothing was done, it begins": {nil, true, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &startingNow{statusStore: statusStore{status: app.Status{OperationState: c.state}}, started: c.started}
			e := New(Ports{Store: s, Locks: s, Journals: oneJournal{of: &s.statusStore}}, Options{})
			t.Cleanup(e.Close)
			var a app.Application
			a.Metadata.Name = "web"
			e.publish(t.Context(), e.entry(a.Key()), &examination{app: a, at: began}, errors.New("git is away"))
			phase := app.OperationPhase("")
			if op := s.status.OperationState; op != nil {
				phase = op.Phase
			}
			told := false
			for _, condition := range s.status.Conditions {
				told = told || condition.Type == app.ConditionInterrupted
			}
			if phase != c.want || told != (c.want == app.OperationError) {
				t.Errorf("the operation is %q, and it is told to be interrupted: %t", phase, told)
			}
			if s.asked != c.asks {
				t.Errorf("the lock was asked about %d times, want %d", s.asked, c.asks)
			}
		})
	}
}

package engine

import (
	"time"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// newQueue returns the queue of the applications that are due, or will be after a while.
func newQueue(c Clock) workqueue.TypedDelayingInterface[app.Key] {
	return workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[app.Key]{Clock: queueClock{c}})
}

// queueClock is a Clock as a queue wants it. It makes no ticker tick: a queue would wake every ten seconds, to find nothing that its
// timer had not told.
type queueClock struct{ Clock }

var _ clock.WithTicker = queueClock{}

// Since is the time that has passed.
func (c queueClock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// Sleep waits.
func (c queueClock) Sleep(d time.Duration) { <-c.After(d) }

// NewTimer returns a timer.
func (c queueClock) NewTimer(d time.Duration) clock.Timer {
	return &queueTimer{clock: c, due: c.After(d)}
}

// Tick never ticks.
func (queueClock) Tick(time.Duration) <-chan time.Time { return nil }

// NewTicker returns one that never ticks.
func (queueClock) NewTicker(time.Duration) clock.Ticker { return noTicker{} }

// queueTimer is a timer of a Clock. Nobody waits any more for one that was stopped.
type queueTimer struct {
	clock Clock
	due   <-chan time.Time
}

// C is where it tells that it is due.
func (t *queueTimer) C() <-chan time.Time { return t.due }

// Stop has it never tell.
func (t *queueTimer) Stop() bool {
	waited := t.due != nil
	t.due = nil
	return waited
}

// Reset has it tell after another time.
func (t *queueTimer) Reset(d time.Duration) bool {
	waited := t.Stop()
	t.due = t.clock.After(d)
	return waited
}

// noTicker is a ticker that never ticks.
type noTicker struct{}

// C is where it would.
func (noTicker) C() <-chan time.Time { return nil }

// Stop has nothing to end.
func (noTicker) Stop() {}

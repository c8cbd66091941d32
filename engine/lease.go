package engine

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// An operation keeps its lock by showing that it runs. A process that was stopped, or slept with its laptop, still has the lock
// when it goes on, but what it was about to write was approved long ago: it writes nothing more, and ends as interrupted.

// errStoodStill is the end of an operation whose process stood still for longer than its lock allows.
var errStoodStill = errors.New("this process stood still")

// lease is the lock of an operation, which is lost for writing when nobody has looked at it for longer than [app.LeaseTime].
type lease struct {
	Lock
	clock Clock
	stop  func()

	mu    sync.Mutex
	begun time.Time
	last  instant
	lost  error

	// looking guards what the last glance saw, and when.
	looking sync.Mutex
	seen    time.Time
	saw     error
}

// instant is a moment since the beginning of a lease by two clocks: one stands still while the machine sleeps, the other may be
// set by somebody.
type instant struct{ running, wall time.Duration }

// until is the time between two moments by the clock that says more.
func (a instant) until(b instant) time.Duration { return max(b.running-a.running, b.wall-a.wall) }

// hold keeps a lock until it is released: it looks at it at each pause, and calls end when nothing more may be
// begun under it.
func hold(lock Lock, clock Clock, end func()) *lease {
	l := &lease{Lock: lock, clock: clock, begun: clock.Now()}
	quit, done := make(chan struct{}), make(chan struct{})
	l.stop = sync.OnceFunc(func() {
		close(quit)
		<-done
	})
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			case <-clock.After(lockPause):
			}
			if over(l.Check()) {
				end()
			}
		}
	}()
	return l
}

// over reports whether an error of a lock ends the operation at once, whatever it waits for.
func over(err error) bool { return errors.Is(err, app.ErrTerminated) || errors.Is(err, errStoodStill) }

// beat notes that the process runs. It returns an error, from then on always, when it has not for too long.
func (l *lease) beat() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	at := instant{running: now.Sub(l.begun), wall: now.Round(0).Sub(l.begun.Round(0))}
	if still := l.last.until(at); l.lost == nil && still > app.LeaseTime {
		l.lost = fmt.Errorf("%w for %s (stopped, or its machine asleep)", errStoodStill, still.Round(time.Second))
	}
	l.last = at
	return l.lost
}

// Check is that of the lock, for a process that has not stood still.
func (l *lease) Check() error {
	if err := l.beat(); err != nil {
		return err
	}
	return l.Lock.Check()
}

// glancePause is the least time between two looks at the files of a lock by those who begin many things one after another.
const glancePause = 10 * time.Millisecond

// glance is Check for those: it looks at the lock unless it was looked at just now.
func (l *lease) glance() error {
	if err := l.beat(); err != nil {
		return err
	}
	l.looking.Lock()
	defer l.looking.Unlock()
	if now := l.clock.Now(); l.seen.IsZero() || now.Sub(l.seen) >= glancePause {
		l.seen, l.saw = now, l.Lock.Check()
	}
	return l.saw
}

// Release gives the lock up.
func (l *lease) Release() error {
	l.stop()
	return l.Lock.Release()
}

package engine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// TestTheClockThatSaysMoreCounts measures how long a process stood still.
func TestTheClockThatSaysMoreCounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ a, b, want instant }{
		"stopped, both clocks go on":              {b: instant{running: time.Minute, wall: time.Minute}, want: instant{wall: time.Minute}},
		"asleep, only the wall clock goes on":     {b: instant{running: time.Second, wall: time.Hour}, want: instant{wall: time.Hour}},
		"a clock that was set back hides no stop": {b: instant{running: time.Minute, wall: -time.Hour}, want: instant{wall: time.Minute}},
	} {
		if got := c.a.until(c.b); got != c.want.wall {
			t.Errorf("%s: it stood still for %s, want %s", name, got, c.want.wall)
		}
	}
}

// stoppable is a clock whose alarms do not ring while its process is stopped.
type stoppable struct {
	wall
	turn chan struct{}
}

func newStoppable() stoppable { return stoppable{turn: make(chan struct{}, 1)} }

func (s stoppable) After(d time.Duration) <-chan time.Time {
	out := make(chan time.Time, 1)
	go func() {
		at := <-time.After(d)
		s.turn <- struct{}{}
		out <- at
		<-s.turn
	}()
	return out
}

// stop is the process stopped for a while.
func (s stoppable) stop(d time.Duration) {
	s.turn <- struct{}{}
	time.Sleep(d)
	<-s.turn
}

// free is a lock that nobody disputes.
type free struct{}

func (free) Check() error                   { return nil }
func (free) Skips() ([]app.HookSkip, error) { return nil, nil }
func (free) Release() error                 { return nil }

// TestALeaseIsLostByStandingStill holds a lock in a process that is stopped for a while.
func TestALeaseIsLostByStandingStill(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stopped time.Duration
		lost    bool
	}{
		"a process that runs keeps it":            {},
		"a loaded machine is slow and may be":     {stopped: app.LeaseTime - lockPause - time.Second},
		"one that stood still for longer may not": {stopped: app.LeaseTime + time.Second, lost: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				clock := newStoppable()
				ctx, end := context.WithCancel(t.Context())
				l := hold(free{}, clock, end)
				time.Sleep(time.Hour)
				if err := l.Check(); err != nil {
					t.Fatalf("after an hour of work: %v", err)
				}
				clock.stop(c.stopped)
				if err := l.beat(); errors.Is(err, errStoodStill) != c.lost {
					t.Errorf("after %s it says %v", c.stopped, err)
				}
				time.Sleep(2 * lockPause)
				if err := l.Check(); errors.Is(err, errStoodStill) != c.lost {
					t.Errorf("later it says %v", err)
				}
				if ended := ctx.Err() != nil; ended != c.lost {
					t.Errorf("the operation was ended: %v", ended)
				}
				if err := errors.Join(l.Release(), l.Release()); err != nil {
					t.Error(err)
				}
				time.Sleep(lockPause) // the last alarm
			})
		})
	}
}

// TestNothingIsWrittenAfterStandingStill sends a write from a process that was stopped.
func TestNothingIsWrittenAfterStandingStill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock := newStoppable()
		ctx, end := context.WithCancel(t.Context())
		op := &operation{engine: &Engine{opts: Options{Clock: clock}}, lease: hold(free{}, clock, end)}
		clock.stop(2 * app.LeaseTime)
		for _, when := range []string{"before", "after"} {
			err := op.write(ctx, func(context.Context) error {
				t.Errorf("%s the lock was looked at, it is sent", when)
				return nil
			})
			if !errors.Is(err, errStoodStill) || errors.Is(err, app.ErrTerminated) {
				t.Errorf("%s the lock was looked at, the write ends with %v", when, err)
			}
			time.Sleep(2 * lockPause)
		}
		op.lease.stop()
		time.Sleep(lockPause) // the last alarm
	})
}

// endable is a lock that counts who looks at it, and whose holder may be asked to end.
type endable struct {
	free
	looks int
	ended error
}

func (e *endable) Check() error {
	e.looks++
	return e.ended
}

// TestGlancesLookOnce begins many things at once under a lock.
func TestGlancesLookOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lock := &endable{}
		l := hold(lock, newStoppable(), func() {})
		glances := func(what string, looks int, want error) {
			t.Helper()
			lock.looks = 0
			for range 100 {
				if err := l.glance(); !errors.Is(err, want) {
					t.Fatalf("%s: %v", what, err)
				}
			}
			if lock.looks != looks {
				t.Errorf("%s it is looked at %d times, want %d", what, lock.looks, looks)
			}
		}
		glances("at first", 1, nil)
		lock.ended = app.ErrTerminated
		glances("at once", 0, nil)
		time.Sleep(glancePause)
		glances("a little later", 1, app.ErrTerminated)
		if err := l.Release(); err != nil {
			t.Error(err)
		}
		time.Sleep(lockPause) // the last alarm
	})
}

package render

import (
	"context"
	"time"
)

// stopwatch ends a context with context.DeadlineExceeded as its cause, after a time that does not run while it is held: what a
// rendering waits for is not its own doing. One goroutine holds it at a time.
type stopwatch struct {
	timer *time.Timer
	left  time.Duration
	since time.Time
}

// timed returns a context of which the stopwatch bounds the time. Whoever has it calls end.
func timed(ctx context.Context, limit time.Duration) (_ context.Context, s *stopwatch, end func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	s = &stopwatch{left: limit, since: time.Now()}
	s.timer = time.AfterFunc(limit, func() { cancel(context.DeadlineExceeded) })
	return ctx, s, func() {
		s.timer.Stop()
		cancel(nil)
	}
}

// hold lets no time run until the returned function is called.
func (s *stopwatch) hold() (goOn func()) {
	if !s.timer.Stop() {
		return func() {}
	}
	s.left -= time.Since(s.since)
	return func() {
		s.since = time.Now()
		s.timer.Reset(s.left)
	}
}

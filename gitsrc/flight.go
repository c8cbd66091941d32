package gitsrc

import (
	"context"
	"sync"
)

// flights is work that several may wait for at a time. The zero flights has none.
type flights struct {
	mu     sync.Mutex
	flying map[string]*flight
}

// flight is one such work.
type flight struct {
	// waiting is how many wait; the lock of the flights guards it.
	waiting int
	end     context.CancelFunc
	done    chan struct{}
	value   any
	err     error
}

// do has work done, once for all who ask for the same at a time. Who gives up does not fail the others; when all have, the context of
// the work ends, and who asks then has it begun anew.
func (f *flights) do(ctx context.Context, what string, work func(context.Context) (any, error)) (any, error) {
	one := f.join(ctx, what, work)
	select {
	case <-ctx.Done():
		f.leave(what, one)
		return nil, ctx.Err()
	case <-one.done:
		return one.value, one.err
	}
}

// join returns the flight of a work, which begins where there is none.
func (f *flights) join(ctx context.Context, what string, work func(context.Context) (any, error)) *flight {
	f.mu.Lock()
	defer f.mu.Unlock()
	if one, ok := f.flying[what]; ok {
		one.waiting++
		return one
	}
	ctx, end := context.WithCancel(context.WithoutCancel(ctx))
	one := &flight{waiting: 1, end: end, done: make(chan struct{})}
	if f.flying == nil {
		f.flying = map[string]*flight{}
	}
	f.flying[what] = one
	go func() {
		defer end()
		one.value, one.err = work(ctx)
		f.mu.Lock()
		f.forgetLocked(what, one)
		f.mu.Unlock()
		close(one.done)
	}()
	return one
}

// leave takes note that somebody waits no longer.
func (f *flights) leave(what string, one *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if one.waiting--; one.waiting == 0 {
		f.forgetLocked(what, one)
		one.end()
	}
}

func (f *flights) forgetLocked(what string, one *flight) {
	if f.flying[what] == one {
		delete(f.flying, what)
	}
}

package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// Subscription hears of changed Views. Changes are coalesced: a slow reader finds each application once, however often
// it changed, and reads its newest View.
type Subscription struct {
	engine *Engine
	wake   chan struct{}

	mu      sync.Mutex
	changed map[app.Key]struct{}
}

// Subscribe starts to collect changes. The caller closes the Subscription.
func (e *Engine) Subscribe() *Subscription {
	s := &Subscription{engine: e, wake: make(chan struct{}, 1), changed: map[app.Key]struct{}{}}
	e.mu.Lock()
	e.subs[s] = struct{}{}
	e.mu.Unlock()
	return s
}

// Next waits until something has changed and returns the keys, sorted. The zero Key stands for the store as a whole:
// applications that came or went, and the automation.
func (s *Subscription) Next(ctx context.Context) ([]app.Key, error) {
	for {
		if keys := s.take(); len(keys) > 0 {
			return keys, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for changes: %w", ctx.Err())
		case <-s.wake:
		}
	}
}

// Close ends the Subscription. A Next that waits goes on until its context ends.
func (s *Subscription) Close() {
	s.engine.mu.Lock()
	delete(s.engine.subs, s)
	s.engine.mu.Unlock()
}

func (s *Subscription) take() []app.Key {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := make([]app.Key, 0, len(s.changed))
	for k := range s.changed {
		keys = append(keys, k)
	}
	clear(s.changed)
	slices.SortFunc(keys, compareKeys)
	return keys
}

func (s *Subscription) add(key app.Key) {
	s.mu.Lock()
	s.changed[key] = struct{}{}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// notify tells all subscriptions that an application changed.
func (e *Engine) notify(key app.Key) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for s := range e.subs {
		s.add(key)
	}
}

package storetest

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// patience bounds the wait for something that does happen.
const patience = 20 * time.Second

// Watcher collects the events of a store while a test runs.
type Watcher struct {
	events chan app.StoreEvent
}

// StartWatch watches a store from now on until the test ends. It lists the store first: what changes after that is
// told.
func StartWatch(t *testing.T, s Store) *Watcher {
	t.Helper()
	if _, _, err := s.List(t.Context()); err != nil {
		t.Fatalf("list before the watch: %v", err)
	}
	w := &Watcher{events: make(chan app.StoreEvent, 1000)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	var calls atomic.Int32
	go func() {
		done <- s.Watch(ctx, func(e app.StoreEvent) {
			if calls.Add(1) > 1 {
				t.Error("two calls of sink at a time")
			}
			w.events <- e
			calls.Add(-1)
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the watch ended with %v", err)
		}
	})
	return w
}

// Expect waits for an event that is as wanted and passes over others; it fails the test when none comes.
func (w *Watcher) Expect(t *testing.T, what string, wanted func(app.StoreEvent) bool) app.StoreEvent {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e := <-w.events:
			if wanted(e) {
				return e
			}
		case <-deadline:
			t.Fatalf("no event: %s", what)
		}
	}
}

func watch(t *testing.T, p Place) {
	s := p.created(t, "web")
	w := StartWatch(t, s.Store)
	other := p.Open(t).Store
	written := func(name string) func(app.StoreEvent) bool {
		return func(e app.StoreEvent) bool { return e.Key == p.key(name) && !e.Removed && e.Err == nil }
	}
	if err := other.Create(t.Context(), p.sample(t, "api")); err != nil {
		t.Fatal(err)
	}
	w.Expect(t, "api was created by another", written("api"))
	if _, err := other.Update(t.Context(), p.key("web"), func(a *app.Application) error {
		a.Spec.Project = "shop"
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	w.Expect(t, "web was updated by another", written("web"))
	if err := s.Store.Create(t.Context(), p.sample(t, "db")); err != nil {
		t.Fatal(err)
	}
	w.Expect(t, "db was created by the watcher itself", written("db"))
	if err := other.Remove(t.Context(), p.key("api")); err != nil {
		t.Fatal(err)
	}
	w.Expect(t, "api was removed", func(e app.StoreEvent) bool { return e.Key == p.key("api") && e.Removed })
}

func watchEnds(t *testing.T, p Place) {
	s := p.created(t, "web")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Store.Watch(ctx, func(app.StoreEvent) {}); err != nil {
		t.Errorf("watch gave %v", err)
	}
}

package clustertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/kube"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// told is what a watch has told so far.
type told struct {
	t    *testing.T
	end  context.CancelFunc
	over chan error

	mu     sync.Mutex
	events []object.Event
}

// watch watches a cluster until the test ends, and returns when memory answers.
func watch(t *testing.T, k *kube.Cluster) *told {
	t.Helper()
	return watchWithin(t.Context(), t, k)
}

// watchWithin is watch where memory has to answer before a context ends.
func watchWithin(within context.Context, t *testing.T, k *kube.Cluster) *told {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &told{t: t, end: cancel, over: make(chan error, 1)}
	go func() { w.over <- k.Watch(ctx, w.take) }()
	t.Cleanup(func() {
		cancel()
		if err := <-w.over; !errors.Is(err, context.Canceled) {
			t.Errorf("the watch ended with %v", err)
		}
	})
	playtest.Eventually(t, playtest.Patience, "the watch begins", func() error {
		if before := time.Now(); k.Knowledge().AsOf.Before(before) {
			return errors.New("the cluster is not known as of now")
		}
		return nil
	})
	if _, err := k.Live(within, object.LiveQuery{}); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *told) take(ev object.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, ev)
}

// forget drops what was told so far.
func (w *told) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = nil
}

// hears waits for an event.
func (w *told) hears(want object.Event) {
	w.t.Helper()
	playtest.Eventually(w.t, playtest.Patience, fmt.Sprintf("%+v is told", want), func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if slices.Contains(w.events, want) {
			return nil
		}
		return errors.New("it was not")
	})
}

// stop ends the watch and waits for it.
func (w *told) stop() {
	w.t.Helper()
	w.end()
	err := <-w.over
	if !errors.Is(err, context.Canceled) {
		w.t.Errorf("the watch ended with %v", err)
	}
	w.over <- err
}

package engine

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
)

// TestWhoeverWaitsInVainIsToldTheAttempt gives up waiting while the operation begins its next attempt.
func TestWhoeverWaitsInVainIsToldTheAttempt(t *testing.T) {
	t.Parallel()
	r := &Run{id: newOperationID(), done: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var both sync.WaitGroup
	both.Go(func() {
		for range 100 {
			r.renew()
		}
	})
	both.Go(func() {
		for range 100 {
			if _, err := r.Wait(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("it ends with %v", err)
			}
		}
	})
	both.Wait()
	if _, err := r.Wait(ctx); err == nil || !strings.Contains(err.Error(), "wait for operation "+r.ID()+": ") {
		t.Errorf("it says %v", err)
	}
}

package gitsrc

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func TestFlights(t *testing.T) {
	t.Parallel()
	failure := errors.New("it failed")
	t.Run("work is done once for all who ask at a time", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var f flights
			var begun, answered atomic.Int32
			end := make(chan struct{})
			for range 3 {
				go func() {
					v, err := f.do(t.Context(), "a", func(context.Context) (any, error) {
						begun.Add(1)
						<-end
						return 7, failure
					})
					if v == 7 && errors.Is(err, failure) {
						answered.Add(1)
					}
				}()
			}
			synctest.Wait()
			if v, err := f.do(t.Context(), "b", func(context.Context) (any, error) { return 8, nil }); v != 8 || err != nil {
				t.Errorf("another work gave %v, %v", v, err)
			}
			close(end)
			synctest.Wait()
			if begun.Load() != 1 || answered.Load() != 3 {
				t.Errorf("it was begun %d times and answered %d of 3", begun.Load(), answered.Load())
			}
			if v, err := f.do(t.Context(), "a", func(context.Context) (any, error) { return 9, nil }); v != 9 || err != nil {
				t.Errorf("who asks later has %v, %v", v, err)
			}
		})
	})
	t.Run("it goes on while somebody waits, and ends with the last", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var f flights
			ended := false
			work := func(ctx context.Context) (any, error) {
				<-ctx.Done()
				ended = true
				return nil, ctx.Err()
			}
			first, leaveFirst := context.WithCancel(t.Context())
			second, leaveSecond := context.WithCancel(t.Context())
			results := make(chan error, 2)
			for _, ctx := range []context.Context{first, second} {
				go func() {
					_, err := f.do(ctx, "a", work)
					results <- err
				}()
			}
			synctest.Wait()
			leaveFirst()
			if err := <-results; !errors.Is(err, context.Canceled) {
				t.Errorf("who gave up has %v", err)
			}
			synctest.Wait()
			if ended {
				t.Error("it ended though somebody waits")
			}
			leaveSecond()
			if err := <-results; !errors.Is(err, context.Canceled) {
				t.Errorf("the last who gave up has %v", err)
			}
			synctest.Wait()
			if !ended {
				t.Error("it goes on though nobody waits")
			}
			if v, err := f.do(t.Context(), "a", func(context.Context) (any, error) { return 9, nil }); v != 9 || err != nil {
				t.Errorf("who asks later has %v, %v", v, err)
			}
		})
	})
}

package engine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// wall is the time of a synctest bubble.
type wall struct{}

func (wall) Now() time.Time                         { return time.Now() }
func (wall) After(d time.Duration) <-chan time.Time { return time.After(d) }

// TestAWriteIsAwaitedForAWhile ends an operation while a write is under way.
func TestAWriteIsAwaitedForAWhile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		// answers is how long the server takes, and ended when the operation is told to end.
		answers, ended time.Duration
		want           error
		took           time.Duration
	}{
		"an answer in time counts":               {answers: 4 * time.Second, ended: time.Second, took: 4 * time.Second},
		"one that is late is not waited for":     {answers: time.Hour, ended: time.Second, want: errCut, took: time.Second + lastWords},
		"without an end it is waited for":        {answers: time.Hour, ended: 2 * time.Hour, took: time.Hour},
		"nothing is sent when it has ended once": {answers: time.Second, want: app.ErrTerminated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				op := &operation{engine: &Engine{opts: Options{Clock: wall{}}}}
				op.lease = hold(free{}, wall{}, func() {})
				defer op.lease.stop()
				ctx, cancel := context.WithTimeout(t.Context(), c.ended)
				defer cancel()
				begun := time.Now()
				err := op.write(ctx, func(ctx context.Context) error {
					select {
					case <-ctx.Done():
						return ctx.Err()
					case <-time.After(c.answers):
						return nil
					}
				})
				if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
					t.Errorf("it ends with %v, want %v", err, c.want)
				}
				if took := time.Since(begun); took != c.took {
					t.Errorf("it took %s, want %s", took, c.took)
				}
			})
		})
	}
}

// TestWhatAnEndLeavesIsTold takes out of an outcome what somebody has to look after.
func TestWhatAnEndLeavesIsTold(t *testing.T) {
	t.Parallel()
	outcome := errors.Join(errors.Join(errLeft, errors.New("refused")), app.ErrTerminated, errCut)
	if got := lefts(outcome); len(got) != 2 || !errors.Is(got[0], errLeft) || !errors.Is(got[1], errCut) {
		t.Errorf("it leaves %v", got)
	}
	if got := lefts(app.ErrTerminated); len(got) != 0 {
		t.Errorf("it leaves %v", got)
	}
}

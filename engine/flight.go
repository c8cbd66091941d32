package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
)

// Waits end at once when an operation is told to end; a write that was sent is awaited, since what became of it must be known, but
// not for ever: a server may never answer.

// lastWords is how long the answer to a write is awaited after that.
const lastWords = 5 * time.Second

// errCut is the end of a write whose answer nobody waited for any more.
var errCut = fmt.Errorf("%w before the server had answered: what became of the write is not known", app.ErrTerminated)

// write sends something that changes the cluster, and once more when the server was not there to take it.
func (op *operation) write(ctx context.Context, send func(context.Context) error) error {
	for tries := 1; ; tries++ {
		err := op.send(ctx, send)
		if !unsent(err) || tries == writeTries {
			return err
		}
		if err := op.outlast(ctx, err); err != nil {
			return err
		}
	}
}

// send sends something that changes the cluster. Nothing is sent any more once ctx has ended, or by a process that has stood still;
// what was sent before is awaited.
func (op *operation) send(ctx context.Context, send func(context.Context) error) error {
	if err := op.lease.beat(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return app.ErrTerminated
	}
	flight, land := op.outlive(ctx)
	defer land()
	err := send(flight)
	switch {
	case errors.Is(err, errStoodStill):
		return op.lease.beat()
	case err != nil && flight.Err() != nil:
		return errCut
	}
	return err
}

// outlive returns a context that ends a little later than another one. Whoever calls it calls land.
func (op *operation) outlive(ctx context.Context) (flight context.Context, land func()) {
	flight, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		select {
		case <-flight.Done():
		case <-op.engine.opts.Clock.After(lastWords):
			cancel()
		}
	})
	return flight, func() {
		cancel()
		if !stop() {
			<-done
		}
	}
}

package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// Waits for objects outlast an outage of the API server however long it is; writes outlast a short one: see fate.go. All writes of
// an operation wait for one return, which one of them looks out for.

const (
	// outageTime is how long writes wait for the server. Then the operation ends, and somebody may resume it.
	outageTime = 30 * time.Second
	// probeTime bounds one look for the server; firstProbe and longestProbe are the pauses between two.
	probeTime                = 5 * time.Second
	firstProbe, longestProbe = 250 * time.Millisecond, 3 * time.Second
	// deniedTime is how long a server may refuse to say whether it is ready: one that has just begun knows nobody's rights, and one
	// that never says it has to be taken at its word.
	deniedTime = 5 * time.Second
)

// errAway is the end of an operation whose server did not come back in time.
var errAway = errors.New("the API server stayed away")

// outages is what an operation knows of its server.
type outages struct {
	mu      sync.Mutex
	current *outage
	// lost is why nothing more is sent.
	lost error
}

// outage is one time without the server; err is how it ended, once ended is closed.
type outage struct {
	ended chan struct{}
	err   error
}

// end returns why nothing more is sent, nil as long as something may be.
func (o *outages) end() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lost
}

// join returns the outage that there is, and whether the caller is the first in it, who then calls leave.
func (o *outages) join() (current *outage, first bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.current == nil {
		o.current, first = &outage{ended: make(chan struct{})}, true
	}
	return o.current, first
}

// leave ends the outage.
func (o *outages) leave(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if errors.Is(err, errAway) || errors.Is(err, ErrClusterChanged) {
		o.lost = err
	}
	o.current.err = err
	close(o.current.ended)
	o.current = nil
}

// outlast waits until the server that has not answered is ready. It returns an error when it is not in time, when another one
// answers in its place, and when the operation is ended meanwhile.
func (op *operation) outlast(ctx context.Context, cause error) error {
	if err := op.outages.end(); err != nil {
		return err
	}
	o, first := op.outages.join()
	if first {
		op.outages.leave(op.lookOut(ctx, cause))
	}
	select {
	case <-o.ended:
		return o.err
	case <-ctx.Done():
		return app.ErrTerminated
	}
}

// lookOut asks for the server again and again, after pauses that many who lost it do not share. An operation that is ended
// meanwhile goes on saying what it waited for.
func (op *operation) lookOut(ctx context.Context, cause error) error {
	clock := op.engine.opts.Clock
	last := cause
	var denied time.Time
	for begun, pause := clock.Now(), firstProbe; clock.Now().Sub(begun) < outageTime; pause = min(pause*8/5, longestProbe) {
		op.waiting("the API server to answer: " + withoutRequest(last))
		select {
		case <-ctx.Done():
			return app.ErrTerminated
		case <-clock.After(pause + rand.N(pause/4)):
		}
		if err := op.lease.Check(); err != nil {
			return err
		}
		err := op.reach(ctx)
		switch {
		case errors.Is(err, ErrClusterChanged):
			return err
		case err == nil, apierrors.IsForbidden(err) && !denied.IsZero() && clock.Now().Sub(denied) >= deniedTime:
			op.waiting("")
			return nil
		case !apierrors.IsForbidden(err):
			denied = time.Time{}
		case denied.IsZero():
			denied = clock.Now()
		}
		last = err
	}
	return hint.With(fmt.Errorf("%w for %s: %s", errAway, outageTime, withoutRequest(last)), hint.Of(last))
}

// reach makes sure that the server is ready, and that it is the one that the plan was made for.
func (op *operation) reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	if err := op.cluster.Ready(ctx); err != nil {
		return err
	}
	_, id, err := op.engine.boundCluster(ctx, op.plan.Destination)
	if err == nil && id != op.plan.Cluster {
		err = fmt.Errorf("%w: the plan was made for %s", ErrClusterChanged, op.plan.Cluster)
	}
	return err
}

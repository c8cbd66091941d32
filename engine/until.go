package engine

import (
	"context"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Awaited objects are looked at when the watch of the cluster tells that one of them has changed. Where nobody would tell,
// as in a command that watches nothing, or of a kind that may not be watched, they are looked at after pauses that grow
// while nothing happens.
const (
	// firstPause and longestPause bound the pauses between two looks where nobody tells of changes.
	firstPause, longestPause = 200 * time.Millisecond, time.Second
	// heardPause is the longest time without a look although changes are told: a watch may be dead without knowing it.
	heardPause = 30 * time.Second
	// lockPause is the pause between two looks at the operation's own lock, by which another process ends it.
	lockPause = time.Second
)

// until looks at objects whenever they may have changed, until the look says that it is done. A server that cannot be reached
// for a while is asked again; the operation goes on when it answers.
func (op *operation) until(
	ctx context.Context, awaited func() []object.Ref, look func(context.Context) (done bool, waiting string, err error),
) error {
	for pause, last := firstPause, ""; ; pause = min(pause*3/2, longestPause) {
		done, err := op.lookOnce(ctx, awaited(), look, pause)
		if done || err != nil {
			return err
		}
		if now := op.run.Progress().Waiting; now != last {
			pause, last = firstPause, now
		}
	}
}

// lookOnce looks, and waits for the next reason to look again. What changes after the look began is such a reason.
func (op *operation) lookOnce(
	ctx context.Context, refs []object.Ref, look func(context.Context) (done bool, waiting string, err error), pause time.Duration,
) (bool, error) {
	waitCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	changed, told := op.cluster.Changed(waitCtx, refs)
	done, waiting, err := look(ctx)
	if done && err == nil {
		op.waiting("")
		return true, nil
	}
	if err != nil && !unanswered(err) {
		return false, err
	}
	if err != nil {
		waiting = "the cluster to answer: " + err.Error()
	}
	op.waiting(waiting)
	if told && err == nil {
		pause = heardPause
	}
	return false, op.pause(ctx, changed, pause)
}

// pause waits for a change, as long as the operation may go on and no longer than d.
func (op *operation) pause(ctx context.Context, changed <-chan struct{}, d time.Duration) error {
	for ; d > 0; d -= lockPause {
		if err := op.lock.Check(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return app.ErrTerminated
		case <-changed:
			return nil
		case <-op.engine.opts.Clock.After(min(d, lockPause)):
		}
	}
	return nil
}

// one is the list of one awaited object.
func one(ref object.Ref) func() []object.Ref {
	return func() []object.Ref { return []object.Ref{ref} }
}

package engine

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Awaited objects are looked at when the watch of the cluster tells that one of them has changed, or, in a command that watches
// no cluster, the watches of their kinds. Where nobody would tell, as of a kind that may not be watched, they are looked at after
// pauses that grow while nothing happens.
const (
	// firstPause and longestPause bound the pauses between two looks where nobody tells of changes.
	firstPause, longestPause = 200 * time.Millisecond, time.Second
	// leastPause is the shortest time between two looks that ask the server.
	leastPause = 100 * time.Millisecond
	// heardPause is the longest time without a look although changes are told: a watch may be dead without knowing it.
	heardPause = 30 * time.Second
	// lockPause is the pause between two looks at the operation's own lock, by which another process ends it.
	lockPause = time.Second
)

// until looks at objects whenever they may have changed, until the look says that it is done. A server that cannot be reached
// for a while, or that fails itself as it does while its store has no leader, is asked again; the operation goes on when it answers.
// Where nobody would tell of changes they are followed from the second look on: most waits are over by then.
func (op *operation) until(
	ctx context.Context, awaited func() []object.Ref, look func(context.Context) (done bool, waiting string, err error),
) error {
	var following *follower
	defer func() { following.stop() }()
	for pause, last, looks := firstPause, "", 0; ; pause, looks = min(pause*3/2, longestPause), looks+1 {
		refs := awaited()
		done, told, err := op.lookOnce(ctx, refs, look, pause, following)
		if done || err != nil {
			return err
		}
		if now := op.run.Progress().Waiting; now != last {
			pause, last = firstPause, now
		}
		if !told && following == nil && looks > 0 && len(refs) > 0 {
			following = follow(ctx, op.cluster, refs)
		}
	}
}

// lookOnce looks, and waits for the next reason to look again. What changes after the look began is such a reason.
func (op *operation) lookOnce(
	ctx context.Context, refs []object.Ref, look func(context.Context) (done bool, waiting string, err error), pause time.Duration,
	following *follower,
) (done, told bool, err error) {
	waitCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	changed, told := op.cluster.Changed(waitCtx, refs)
	if !told {
		changed, told = following.news(), following.hears()
	}
	begun := op.engine.opts.Clock.Now()
	asked, _ := op.asked()
	done, waiting, err := look(ctx)
	took := op.engine.opts.Clock.Now().Sub(begun)
	if done && err == nil {
		op.waiting("")
		return true, told, nil
	}
	if ctx.Err() != nil && err != nil && !done {
		// The look was ended with the operation: what it waited for stays as it was told last.
		return false, told, app.ErrTerminated
	}
	if err != nil && !unanswered(err) {
		return false, told, err
	}
	if err != nil {
		waiting = "the cluster to answer: " + err.Error()
	}
	op.waiting(waiting)
	if told && err == nil {
		pause = heardPause
	}
	if following.hears() {
		// A look asks the server, and many objects may change many times while they come to be.
		if err := op.pause(ctx, nil, max(leastPause, took), len(asked)); err != nil {
			return false, told, err
		}
	}
	return false, told, op.pause(ctx, changed, pause, len(asked))
}

// unanswered reports whether the error of a look says nothing about the objects: the server was not asked, or failed itself.
func unanswered(err error) bool { return diff.Unanswered(err) || apierrors.IsInternalError(err) }

// pause waits for a change, or for somebody to ask for more than was asked, as long as the operation may go on and no longer than d.
func (op *operation) pause(ctx context.Context, changed <-chan struct{}, d time.Duration, asked int) error {
	for ; d > 0; d -= lockPause {
		if err := op.lease.Check(); err != nil {
			return err
		}
		if skips, err := op.asked(); err == nil && len(skips) > asked {
			return nil
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

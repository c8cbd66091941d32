package engine

import (
	"context"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// follower hears of changes of some objects where no watch of the whole cluster runs, as in a command. A nil follower hears of
// nothing.
type follower struct {
	changed chan struct{}
	ended   chan struct{}
	cancel  context.CancelFunc
}

// follow begins to hear of changes; whoever calls it stops the follower.
func follow(ctx context.Context, cluster Cluster, refs []object.Ref) *follower {
	ctx, cancel := context.WithCancel(ctx)
	f := &follower{changed: make(chan struct{}, 1), ended: make(chan struct{}), cancel: cancel}
	go func() {
		defer close(f.ended)
		// What cannot be followed is looked at now and then, as if nobody had tried.
		_ = cluster.Follow(ctx, refs, f.tell)
	}()
	return f
}

func (f *follower) tell() {
	select {
	case f.changed <- struct{}{}:
	default:
		// Nobody has looked since the last one.
	}
}

// news is a channel that holds something after a change.
func (f *follower) news() <-chan struct{} {
	if f == nil {
		return nil
	}
	return f.changed
}

// hears reports whether a change would be told.
func (f *follower) hears() bool {
	if f == nil {
		return false
	}
	select {
	case <-f.ended:
		return false
	default:
		return true
	}
}

// stop ends the following and waits for it.
func (f *follower) stop() {
	if f != nil {
		f.cancel()
		<-f.ended
	}
}

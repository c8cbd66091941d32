package engine

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/compare"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// writeTries bounds how often a write is sent again because only the version of its object has moved.
const writeTries = 5

const lookAgain = "look at a new plan and approve that"

// epoch returns what the outcome of an apply depends on beside the objects. It is asked before the apply is sent, for the same operation
// may write, or anybody else, what would change the object at the next one. One that cannot be found out is empty, as in a comparison.
func (op *operation) epoch(ctx context.Context, want *unstructured.Unstructured) object.Epoch {
	if op.plan.Options.DryRun {
		return object.Epoch{}
	}
	epoch, err := op.cluster.Epoch(ctx, want.GroupVersionKind())
	if err != nil {
		return object.Epoch{}
	}
	return epoch
}

// learn has the answer of an apply serve as the verdict of the comparison that follows, which then asks nobody unless the epoch of
// the apply is over.
func (op *operation) learn(want *unstructured.Unstructured, answer object.Answer, epoch object.Epoch) {
	if !op.plan.Options.DryRun {
		op.engine.entry(op.plan.App).memo.Learn(want, answer, epoch, op.engine.opts.Clock.Now())
	}
}

// bounded is a write that names the version of the object that it was approved for.
type bounded struct {
	// same reports whether two readings of the object are alike in all that the approval was about.
	same func(a, b *unstructured.Unstructured) bool
	// send makes the write over a live object, which is nil when there is to be none.
	send func(ctx context.Context, live *unstructured.Unstructured) error
	// made reports of a write over live that was not answered whether it was done, by the newest object, nil when there is none. An
	// error says that this cannot be known.
	made func(ctx context.Context, live, newest *unstructured.Unstructured) (bool, error)
	// once is true for what must not be done twice.
	once bool
}

// apply writes an object over the live one that the plan was made of. The request carries the version that was
// compared; when the server says that it has moved, the newest object is compared by content: the same content is
// written over with its new version, other content is not what was approved. What the step takes over from other managers
// becomes ours first.
func (op *operation) apply(ctx context.Context, s *plan.Step, want, live *unstructured.Unstructured) error {
	return op.bound(ctx, object.Of(want), live, op.applying(s, want))
}

// applying is the apply of an object.
func (op *operation) applying(s *plan.Step, want *unstructured.Unstructured) bounded {
	request := func(live *unstructured.Unstructured) object.ApplyRequest {
		u := want
		if live != nil {
			u = object.At(want, live.GetUID(), live.GetResourceVersion())
		}
		return object.ApplyRequest{Object: u, DryRun: op.plan.Options.DryRun, Lenient: s.Lenient, Takes: s.Diff.Takes, Unread: true}
	}
	return bounded{
		same: compare.SameContent,
		send: func(ctx context.Context, live *unstructured.Unstructured) error {
			epoch := op.epoch(ctx, want)
			answer, err := op.cluster.Apply(ctx, request(live))
			if err == nil {
				op.learn(want, answer, epoch)
			}
			return err
		},
		// One that was done comes to nothing when it is done again.
		made: func(ctx context.Context, live, newest *unstructured.Unstructured) (bool, error) {
			if live == nil || newest == nil || newest.GetUID() != live.GetUID() || newest.GetResourceVersion() == live.GetResourceVersion() {
				return false, nil
			}
			again := request(newest)
			again.DryRun = true
			epoch := op.epoch(ctx, want)
			var answer object.Answer
			err := op.write(ctx, func(ctx context.Context) (err error) {
				answer, err = op.cluster.Apply(ctx, again)
				return err
			})
			if err != nil {
				return false, err
			}
			newest, err = op.inVersionOf(ctx, newest, answer.Object)
			if err != nil || !compare.Unchanged(answer.Object, newest) {
				return false, err
			}
			op.learn(want, object.Answer{Object: newest}, epoch)
			return true, nil
		},
	}
}

// delete deletes the object that was planned for, and no other of its name, as long as all that its deletion was decided
// upon is as it was.
func (op *operation) delete(
	ctx context.Context, s *plan.Step, propagation string, same func(a, b *unstructured.Unstructured) bool,
) error {
	err := op.bound(ctx, s.Ref, s.Live, bounded{
		same: same,
		send: func(ctx context.Context, live *unstructured.Unstructured) error {
			req := object.DeleteRequest{Ref: s.Ref, Propagation: title(propagation), DryRun: op.plan.Options.DryRun}
			if live != nil {
				req.UID, req.ResourceVersion = live.GetUID(), live.GetResourceVersion()
			}
			return op.cluster.Delete(ctx, req)
		},
		made: func(_ context.Context, live, newest *unstructured.Unstructured) (bool, error) {
			return newest == nil || live != nil && newest.GetUID() != live.GetUID() || newest.GetDeletionTimestamp() != nil, nil
		},
	})
	if apierrors.IsNotFound(err) || errors.Is(err, app.ErrNotFound) {
		return nil
	}
	return err
}

// bound makes a write that names the version of the object that it was approved for. When that has moved, or when nobody knows
// whether the write was done, the newest one is read: the write is sent again where both are the same in what counts, and is not
// what was approved otherwise.
func (op *operation) bound(ctx context.Context, ref object.Ref, live *unstructured.Unstructured, w bounded) error {
	var open error // why it is not known whether it was done
	for range writeTries {
		err := op.write(ctx, func(ctx context.Context) error { return w.send(ctx, live) })
		switch {
		case unknown(err):
			open = err
			if err := op.outlast(ctx, err); err != nil {
				return fateOf(err)
			}
		case err == nil || live == nil || !apierrors.IsConflict(err):
			return err
		}
		newest, readErr := op.read(ctx, ref)
		if readErr == nil && live != nil {
			newest, readErr = op.inVersionOf(ctx, newest, live)
		}
		if open != nil {
			made, err := wasMade(ctx, live, newest, readErr, w)
			if err != nil {
				return undecided(open, err, w.once)
			}
			if made {
				return nil
			}
		}
		switch {
		case live == nil:
			continue
		case readErr != nil:
			return errors.Join(err, readErr)
		case newest.GetUID() != live.GetUID():
			return hint.With(fmt.Errorf("%w: somebody made it anew in the meantime", ErrMoved), lookAgain)
		case !w.same(live, newest):
			return hint.With(fmt.Errorf("%w: somebody changed it in the meantime", ErrMoved), lookAgain)
		}
		live = newest
	}
	if open != nil {
		return undecided(open, nil, w.once)
	}
	return fmt.Errorf("%w: its version moves faster than it can be written", ErrMoved)
}

// inVersionOf returns an object in the version that another reading of it is of: only so their contents compare.
func (op *operation) inVersionOf(ctx context.Context, u, other *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	if u.GroupVersionKind() == other.GroupVersionKind() {
		return u, nil
	}
	return op.cluster.ReadAs(ctx, other.GroupVersionKind(), object.Of(u))
}

// wasMade reports whether a write was done that was not answered, by what was read after it.
func wasMade(ctx context.Context, live, newest *unstructured.Unstructured, readErr error, w bounded) (bool, error) {
	if readErr != nil && !errors.Is(readErr, app.ErrNotFound) {
		return false, readErr
	}
	return w.made(ctx, live, newest)
}

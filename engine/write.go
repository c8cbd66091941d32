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

// learn has the answer of an apply serve as the verdict of the comparison that follows, which then asks nobody.
func (op *operation) learn(want *unstructured.Unstructured, answer object.Answer) {
	if !op.plan.Options.DryRun {
		op.engine.entry(op.plan.App).memo.Learn(want, answer, op.engine.opts.Clock.Now())
	}
}

// apply writes an object over the live one that the plan was made of. The request carries the version that was
// compared; when the server says that it has moved, the newest object is compared by content: the same content is
// written over with its new version, other content is not what was approved. What the step takes over from other managers
// becomes ours first.
func (op *operation) apply(ctx context.Context, s *plan.Step, want, live *unstructured.Unstructured) error {
	return op.bound(ctx, live, compare.SameContent, func(ctx context.Context, live *unstructured.Unstructured) error {
		u := want.DeepCopy()
		if live != nil {
			u.SetUID(live.GetUID())
			u.SetResourceVersion(live.GetResourceVersion())
		}
		answer, err := op.cluster.Apply(ctx, object.ApplyRequest{
			Object: u, DryRun: op.plan.Options.DryRun, Lenient: s.Lenient, Takes: s.Diff.Takes, Unread: true,
		})
		if err == nil {
			op.learn(want, answer)
		}
		return err
	})
}

// delete deletes the object that was planned for, and no other of its name, as long as all that its deletion was decided
// upon is as it was.
func (op *operation) delete(
	ctx context.Context, s *plan.Step, propagation string, same func(a, b *unstructured.Unstructured) bool,
) error {
	err := op.bound(ctx, s.Live, same, func(ctx context.Context, live *unstructured.Unstructured) error {
		req := object.DeleteRequest{Ref: s.Ref, Propagation: title(propagation), DryRun: op.plan.Options.DryRun}
		if live != nil {
			req.UID, req.ResourceVersion = live.GetUID(), live.GetResourceVersion()
		}
		return op.cluster.Delete(ctx, req)
	})
	if apierrors.IsNotFound(err) || errors.Is(err, app.ErrNotFound) {
		return nil
	}
	return err
}

// bound makes a write that names the version of the object that it was approved for. When that has moved, the newest one is
// read: the write is sent again where both are the same in what counts, and is not what was approved otherwise.
func (op *operation) bound(
	ctx context.Context, live *unstructured.Unstructured, same func(a, b *unstructured.Unstructured) bool,
	write func(ctx context.Context, live *unstructured.Unstructured) error,
) error {
	for range writeTries {
		err := op.write(ctx, func(ctx context.Context) error { return write(ctx, live) })
		if err == nil || live == nil || !apierrors.IsConflict(err) {
			return err
		}
		newest, readErr := op.cluster.Read(ctx, object.Of(live))
		if readErr != nil {
			return errors.Join(err, readErr)
		}
		if newest.GetUID() != live.GetUID() {
			return hint.With(fmt.Errorf("%w: somebody made it anew in the meantime", ErrMoved), lookAgain)
		}
		if !same(live, newest) {
			return hint.With(fmt.Errorf("%w: somebody changed it in the meantime", ErrMoved), lookAgain)
		}
		live = newest
	}
	return fmt.Errorf("%w: its version moves faster than it can be written", ErrMoved)
}

package engine

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// A hook may need another one: the Job of a chart needs its ServiceAccount, which is a hook too and has succeeded as soon as it is there.
// What is deleted because it succeeded is therefore deleted when the work of the operation is done. Argo CD does so where the operation
// succeeded, and otherwise leaves it in the way of the next one; here it is deleted then as well.

// sweep deletes the hooks that have succeeded and that their policy has deleted then, and waits until they are gone. An operation that was
// ended deletes them with the hooks that it leaves running, and one that is to be resumed leaves them to its rest.
func (op *operation) sweep(ctx context.Context, outcome error) error {
	if op.plan.Options.DryRun || op.terminated(ctx) != nil || op.unsettled(outcome) != nil {
		return nil
	}
	going := map[object.Ref]*unstructured.Unstructured{}
	var errs []error
	for i := range op.plan.Steps {
		s := &op.plan.Steps[i]
		if !op.due(i) {
			continue
		}
		ref := op.writtenBy(s)
		live, err := op.ownHook(ctx, s, op.read)
		switch {
		case err != nil || live == nil:
		case s.Verb == plan.Delete:
			going[ref], err = live, op.perform(ctx, i)
		default:
			going[ref], err = live, op.deleteHook(ctx, ref, live)
		}
		errs = append(errs, notDeleted(ref, err))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for ref, live := range going {
		err := op.gone(ctx, ref, live)
		if errors.Is(err, errLeft) {
			// Nothing was to be made in its place.
			err = app.ErrTerminated
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// due reports whether the hook of a step has succeeded, and is deleted for that.
func (op *operation) due(i int) bool {
	s := &op.plan.Steps[i]
	if s.Verb == plan.RunHook {
		return s.Hook.OnSuccess && op.stateOf(i) == StepDone
	}
	return s.EndsHook() && !s.Left && op.stateOf(i) == StepPending
}

// ownHook reads the hook that a step made, or deletes; nil when there is none, or one of its name that something else made.
func (op *operation) ownHook(
	ctx context.Context, s *plan.Step, read func(context.Context, object.Ref) (*unstructured.Unstructured, error),
) (*unstructured.Unstructured, error) {
	u, err := read(ctx, op.writtenBy(s))
	switch {
	case errors.Is(err, app.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case s.Verb == plan.Delete && u.GetUID() == s.Live.GetUID(), s.Verb == plan.RunHook && op.ran(u, s):
		return u, nil
	}
	return nil, nil
}

// deleteOwnHook deletes the hook that a step made, and no other one of its name, after the end of its operation.
func (op *operation) deleteOwnHook(ctx context.Context, s *plan.Step) error {
	u, err := op.ownHook(ctx, s, op.cluster.Read)
	if err == nil && u != nil {
		err = op.cluster.Delete(ctx, object.DeleteRequest{Ref: op.writtenBy(s), UID: u.GetUID(), Propagation: hookPropagation})
	}
	if apierrors.IsNotFound(err) {
		return nil
	}
	return notDeleted(op.writtenBy(s), err)
}

// notDeleted says which hook could not be deleted; nil when it was.
func notDeleted(ref object.Ref, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("delete hook %s: %w", ref, err)
}

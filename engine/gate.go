package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// gatePause is the pause between two looks at objects that are awaited. Each look asks the server for the objects that
// are still awaited, and for no others.
const gatePause = 300 * time.Millisecond

// await waits until everything that a group wrote is healthy, pruned or has ended. An object that turns out Degraded
// ends the operation; kinds without health, or with a generic one only, are ready once they are written.
func (op *operation) await(ctx context.Context, g plan.Group) error {
	var failures []error
	pending := map[int]bool{}
	for _, i := range g.Steps {
		if s := &op.plan.Steps[i]; !s.Left && s.Verb != plan.Keep && op.stateOf(i) != StepFailed {
			pending[i] = true
		}
	}
	err := op.until(ctx, func(ctx context.Context) (bool, string, error) {
		waiting := ""
		for _, i := range g.Steps {
			if !pending[i] {
				continue
			}
			done, what, err := op.ready(ctx, i)
			if err != nil && unanswered(err) && !done {
				return false, "", err
			}
			if err != nil {
				failures = append(failures, err)
			}
			if done {
				delete(pending, i)
			} else if waiting == "" {
				waiting = what
			}
		}
		return len(pending) == 0, waiting, nil
	})
	return errors.Join(append(failures, err)...)
}

// ready looks at one awaited object.
func (op *operation) ready(ctx context.Context, i int) (done bool, waiting string, err error) {
	s := &op.plan.Steps[i]
	switch s.Verb {
	case plan.RunHook:
		return op.checkHook(ctx, i)
	case plan.Delete:
		return op.checkDeleted(ctx, s)
	case plan.Keep:
		return true, "", nil
	case plan.Create, plan.Change, plan.Own, plan.Replace:
		return op.checkHealth(ctx, i)
	}
	return true, "", nil
}

func (op *operation) checkDeleted(ctx context.Context, s *plan.Step) (bool, string, error) {
	u, err := op.cluster.Read(ctx, s.Ref)
	switch {
	case errors.Is(err, app.ErrNotFound):
		return true, "", nil
	case err != nil:
		return false, "", err
	case s.Live != nil && u.GetUID() != s.Live.GetUID():
		return true, "", nil
	}
	what := s.Ref.String() + " to be deleted"
	if f := u.GetFinalizers(); len(f) > 0 {
		what += fmt.Sprintf(" (finalizers %v)", f)
	}
	return false, what, nil
}

func (op *operation) checkHealth(ctx context.Context, i int) (bool, string, error) {
	s := &op.plan.Steps[i]
	u, err := op.cluster.Read(ctx, s.Ref)
	if errors.Is(err, app.ErrNotFound) {
		err = fmt.Errorf("%s was deleted while its health was awaited", s.Ref)
		op.step(i, StepFailed, err.Error())
		return true, "", err
	}
	if err != nil {
		return false, "", err
	}
	h := health.Assess(u)
	switch {
	case !observed(u):
		return false, s.Ref.String() + ": waiting for its controller", nil
	case !health.Gates(u) || h.Status == "" || h.Status == app.Healthy || h.Status == app.Suspended:
		op.step(i, StepDone, "")
		return true, "", nil
	case h.Status == app.Degraded:
		op.step(i, StepFailed, h.Message)
		return true, "", fmt.Errorf("%s is degraded: %s", s.Ref, h.Message)
	}
	op.step(i, StepWaiting, h.Message)
	return false, s.Ref.String() + ": " + h.Message, nil
}

// observed reports whether a controller has seen the newest spec of an object: its status speaks of this generation.
func observed(u *unstructured.Unstructured) bool {
	seen, found, err := unstructured.NestedInt64(u.Object, "status", "observedGeneration")
	return err != nil || !found || seen >= u.GetGeneration()
}

// until looks again and again, with a pause, until the look says that it is done. A server that cannot be reached for
// a while is asked again; the operation goes on when it answers.
func (op *operation) until(ctx context.Context, look func(context.Context) (done bool, waiting string, err error)) error {
	for {
		done, waiting, err := look(ctx)
		if done && err == nil {
			op.waiting("")
			return nil
		}
		if err != nil && !unanswered(err) {
			return err
		}
		if err != nil {
			waiting = "the cluster to answer: " + err.Error()
		}
		op.waiting(waiting)
		if lost := op.lock.Check(); lost != nil {
			return lost
		}
		select {
		case <-ctx.Done():
			return errTerminated
		case <-op.engine.opts.Clock.After(gatePause):
		}
	}
}

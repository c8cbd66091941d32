package engine

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// await waits until what a group did by some verbs is healthy, pruned or has ended. An object that turns out Degraded
// ends the operation; kinds without health, or with a generic one only, are ready once they are written.
func (op *operation) await(ctx context.Context, g plan.Group, verbs func(plan.Verb) bool) error {
	pending := map[int]bool{}
	for _, i := range g.Steps {
		if s := &op.plan.Steps[i]; verbs(s.Verb) && !s.Left && s.Verb != plan.Keep && op.stateOf(i) != StepFailed {
			pending[i] = true
		}
	}
	if len(pending) == 0 {
		return nil
	}
	return op.awaitSteps(ctx, g, pending)
}

// awaitBegunHooks waits for the end of the hooks that a group has begun although it failed elsewhere: what became of them is told,
// their policies are heeded, and the next sync finds none of them at work. Those of an operation that was ended are deleted instead, and
// those of one whose server stayed away are found again when it is resumed.
func (op *operation) awaitBegunHooks(ctx context.Context, g plan.Group) error {
	pending := map[int]bool{}
	for _, i := range g.Steps {
		if op.plan.Steps[i].Verb == plan.RunHook && op.stateOf(i) == StepWaiting {
			pending[i] = true
		}
	}
	if len(pending) == 0 || op.terminated(ctx) != nil || op.outages.end() != nil {
		return nil
	}
	return op.awaitSteps(ctx, g, pending)
}

// awaitSteps waits for these steps of a group.
func (op *operation) awaitSteps(ctx context.Context, g plan.Group, pending map[int]bool) error {
	var failures []error
	awaited := func() []object.Ref {
		var refs []object.Ref
		for i := range pending {
			refs = append(refs, op.writtenBy(&op.plan.Steps[i]))
		}
		return refs
	}
	err := op.until(ctx, awaited, func(ctx context.Context) (bool, string, error) {
		live, err := op.look(ctx, pending)
		if err != nil {
			return false, "", err
		}
		waiting := ""
		for _, i := range g.Steps {
			if !pending[i] {
				continue
			}
			done, what, err := op.ready(ctx, i, live[op.plan.Steps[i].Ref])
			if err != nil && !done {
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
		op.yields(!op.hooksAmong(pending))
		return len(pending) == 0, waiting, nil
	})
	op.yields(false)
	return errors.Join(append(failures, err)...)
}

// hooksAmong reports whether any of these steps runs a hook.
func (op *operation) hooksAmong(steps map[int]bool) bool {
	for i := range steps {
		if op.plan.Steps[i].Verb == plan.RunHook {
			return true
		}
	}
	return false
}

// writtenBy is the object that a step writes, deletes or creates as a hook.
func (op *operation) writtenBy(s *plan.Step) object.Ref {
	if s.Verb == plan.RunHook {
		return op.hookRef(s)
	}
	return s.Ref
}

// look reads the awaited objects at once. Hooks are not among them: one of the same name may have run before, and only
// the server knows which of the two there is.
func (op *operation) look(ctx context.Context, pending map[int]bool) (map[object.Ref]*unstructured.Unstructured, error) {
	var refs []object.Ref
	for i := range pending {
		if s := &op.plan.Steps[i]; s.Verb != plan.RunHook {
			refs = append(refs, s.Ref)
		}
	}
	if len(refs) == 0 {
		return nil, nil
	}
	set, err := op.cluster.Live(ctx, object.LiveQuery{Refs: refs})
	return set.Objects, err
}

// ready decides about one awaited object, which was just read; nil was not found.
func (op *operation) ready(ctx context.Context, i int, live *unstructured.Unstructured) (done bool, waiting string, err error) {
	s := &op.plan.Steps[i]
	switch s.Verb {
	case plan.RunHook:
		return op.checkHook(ctx, i)
	case plan.Delete:
		return op.checkDeleted(ctx, s, live)
	case plan.Keep, plan.HandBack:
		return true, "", nil
	case plan.Create, plan.Change, plan.Own, plan.Replace:
		return op.checkHealth(ctx, i, live)
	}
	return true, "", nil
}

func (op *operation) checkDeleted(ctx context.Context, s *plan.Step, u *unstructured.Unstructured) (bool, string, error) {
	if u == nil {
		_, err := op.cluster.Read(ctx, s.Ref)
		return errors.Is(err, app.ErrNotFound), s.Ref.String() + " to be deleted", unlessNotFound(err)
	}
	if s.Live != nil && u.GetUID() != s.Live.GetUID() {
		return true, "", nil
	}
	return false, toBeDeleted(s.Ref, u), nil
}

// toBeDeleted says what the end of an object waits for.
func toBeDeleted(ref object.Ref, u *unstructured.Unstructured) string {
	what := ref.String() + " to be deleted"
	if f := u.GetFinalizers(); len(f) > 0 {
		what += fmt.Sprintf(" (finalizers %v)", f)
	}
	return what
}

func (op *operation) checkHealth(ctx context.Context, i int, u *unstructured.Unstructured) (bool, string, error) {
	s := &op.plan.Steps[i]
	var err error
	if u == nil || s.Verb == plan.Replace {
		// What the watch tells may be of the object that was replaced.
		u, err = op.cluster.Read(ctx, s.Ref)
	}
	if errors.Is(err, app.ErrNotFound) {
		err = fmt.Errorf("%s was deleted while its health was awaited", s.Ref)
		op.step(i, StepFailed, err.Error())
		return true, "", err
	}
	if err != nil {
		return false, "", err
	}
	done, message, degraded := settledHealth(op.engine.opts.Checks, u)
	switch {
	case degraded:
		op.step(i, StepFailed, message)
		return true, "", fmt.Errorf("%s is degraded: %s", s.Ref, message)
	case done:
		op.step(i, StepDone, "")
		return true, "", nil
	}
	op.step(i, StepWaiting, message)
	return false, s.Ref.String() + ": " + message, nil
}

// unlessNotFound drops the error that says that something is not there.
func unlessNotFound(err error) error {
	if errors.Is(err, app.ErrNotFound) {
		return nil
	}
	return err
}

// observed reports whether a controller has seen the newest spec of an object: its status speaks of this generation.
func observed(u *unstructured.Unstructured) bool {
	seen, found, err := unstructured.NestedInt64(u.Object, "status", "observedGeneration")
	return err != nil || !found || seen >= u.GetGeneration()
}

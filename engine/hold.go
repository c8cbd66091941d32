package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// An operation of which the plan shows that it cannot succeed does nothing that the next one could not make good: objects are
// applied, as one that is refused does not stop its neighbours, but no hook is begun and nothing is deleted, and where a kind is
// missing nothing is begun at all, as in Argo CD.

// unbegun ends an operation before anything of it was begun: there is nothing for the hooks of a failure to put right.
type unbegun struct{ error }

// Unwrap returns why.
func (u unbegun) Unwrap() error { return u.error }

func isUnbegun(err error) bool {
	_, ok := errors.AsType[unbegun](err)
	return ok
}

// goesOn reports whether the operation is the rest of one that had begun.
func (op *operation) goesOn() bool { return op.plan.Resumes != nil && op.plan.Resumes.Entries > 0 }

// unserved refuses to begin where nobody serves the kind of an object, nor does anything announce it. A dry run tells of every step, and
// a deletion has nothing to apply. Automation looks once more. The rest of an operation that had begun fails where it comes to the object,
// so that the hooks of before are seen to their end.
func (op *operation) unserved(ctx context.Context) error {
	if op.plan.Options.DryRun || op.plan.Kind == app.KindDelete || op.goesOn() {
		return nil
	}
	var missing []error
	for i := range op.plan.Steps {
		s := &op.plan.Steps[i]
		if s.Diff.Verdict != diff.MissingKind || !s.Fails() {
			continue
		}
		if op.principal.Automated {
			if _, err := op.cluster.Resource(ctx, s.Desired.GroupVersionKind()); !errors.Is(err, object.ErrNoKind) {
				continue
			}
		}
		missing = append(missing, op.refuse(i, hint.With(errors.New(s.Refused), remedyOf(s))))
	}
	if len(missing) == 0 {
		return nil
	}
	return unbegun{errors.Join(missing...)}
}

// held refuses to begin the hooks of a group while the plan has a step that fails whatever they do.
func (op *operation) held(g plan.Group) error {
	if op.plan.Options.DryRun || op.plan.Kind == app.KindDelete {
		return nil
	}
	// Where automation has begun without a kind, that is served by now.
	failing := slices.IndexFunc(op.plan.Steps, func(s plan.Step) bool {
		return s.Fails() && (s.Diff.Verdict != diff.MissingKind || op.goesOn())
	})
	if failing < 0 {
		return nil
	}
	f := &op.plan.Steps[failing]
	why := hint.With(fmt.Errorf("not begun, because %s cannot succeed: %s", f.Ref, f.Refused), remedyOf(f))
	var hooks []error
	for _, i := range g.Steps {
		if s := &op.plan.Steps[i]; s.Verb == plan.RunHook && !s.Begun {
			hooks = append(hooks, op.refuse(i, why))
		}
	}
	if len(hooks) == 0 {
		return nil
	}
	if !op.wrote.Load() && !op.goesOn() {
		return unbegun{errors.Join(hooks...)}
	}
	return errors.Join(hooks...)
}

// refuse marks a step as failed before anything was asked for it, and returns the error of it.
func (op *operation) refuse(i int, why error) error {
	s := &op.plan.Steps[i]
	op.step(i, StepFailed, why.Error()+"; "+hint.Of(why))
	return fmt.Errorf("%s %s: %w", s.Verb, s.Ref, why)
}

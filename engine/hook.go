package engine

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// remedyOfNamesake is what can be done about an object that has the name of a hook and is none.
const remedyOfNamesake = "give the hook another name, or delete that object where nothing needs what it holds"

// errHook says why nobody knows whether a hook has run.
var errHook = errors.New("it is not there, and may have run")

// runHook creates a hook, and journals that it is there. One that an interrupted operation has created is only waited for.
func (op *operation) runHook(ctx context.Context, s *plan.Step) (string, error) {
	if s.Begun {
		return s.Reason, nil
	}
	if err := op.startHook(ctx, s); err != nil {
		return "", stranded(err, &op.plan)
	}
	return "started", op.noteUnlessDry(s, app.JournalStarted, "")
}

// stranded adds to the failure of a hook what helps where it cannot run because its namespace is gone before the application was deleted:
// every further try would end there.
func stranded(err error, p *plan.Plan) error {
	if p.Kind != app.KindDelete || !apierrors.IsNotFound(err) {
		return err
	}
	return hint.With(err, "where that is gone for good, remove the application without its hooks and objects: wheelhouse app delete "+
		p.App.String()+" --cascade=false")
}

// startHook creates a hook. An earlier one of its name is deleted first where its policy says so. The hook carries the
// operation's id and the step's, and a generated name is made from them, so that it can be found again after an interruption.
func (op *operation) startHook(ctx context.Context, s *plan.Step) error {
	u := s.Desired.DeepCopy()
	annotations := u.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[object.AnnotationOperation], annotations[object.AnnotationStep] = op.run.id, s.ID
	u.SetAnnotations(annotations)
	if u.GetName() == "" {
		u.SetName(op.hookRef(s).Name)
		u.SetGenerateName("")
		object.SetMark(u, op.plan.App.Tracking(), op.engine.ports.Store.Installation())
	}
	keepUntilSeen(u)
	ref := object.Of(u)
	anew := false
	if s.Desired.GetName() != "" {
		var err error
		if anew, err = op.makeRoom(ctx, s, ref); err != nil {
			return err
		}
	}
	w := op.applying(s, u)
	w.made, w.once = op.begun(s), !op.plan.Options.DryRun
	err := op.bound(ctx, ref, nil, w)
	if anew && op.plan.Options.DryRun && apierrors.IsInvalid(err) {
		return errInPlace
	}
	return err
}

// begun reports whether the hook of a step is there that was created without an answer. One that is not may have run all the same, and
// is not run again by itself.
func (op *operation) begun(s *plan.Step) func(ctx context.Context, live, newest *unstructured.Unstructured) (bool, error) {
	return func(_ context.Context, _, newest *unstructured.Unstructured) (bool, error) {
		switch {
		case newest != nil && op.ran(newest, s):
			return true, nil
		case op.plan.Options.DryRun:
			return false, nil
		}
		return false, errHook
	}
}

// ran reports whether an object was made for a step of this operation.
func (op *operation) ran(live *unstructured.Unstructured, s *plan.Step) bool {
	return live.GetAnnotations()[object.AnnotationOperation] == op.run.id && plan.OfStep(live, s.ID)
}

// makeRoom looks for an earlier run of a hook, deletes it where the policy says so, and waits for the end of one that is being deleted;
// anew reports whether there was such a one. An object of the name that is none is not touched, and so the hook is not created.
func (op *operation) makeRoom(ctx context.Context, s *plan.Step, ref object.Ref) (anew bool, err error) {
	earlier, err := op.read(ctx, ref)
	switch {
	case errors.Is(err, app.ErrNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for an earlier one: %w", err)
	}
	if err := op.mayReplace(earlier); err != nil {
		return false, hint.With(err, remedyOfNamesake)
	}
	if s.Unasked(earlier) && earlier.GetAnnotations()[object.AnnotationOperation] != op.run.id {
		return false, hint.With(fmt.Errorf("%w: %s is there, and its deletion was not asked about", ErrMoved, ref), lookAgain)
	}
	switch {
	case s.Hook.BeforeCreation, op.overdue(s, earlier):
	case earlier.GetDeletionTimestamp() == nil:
		return false, nil
	default:
		// What goes takes along what is written over it.
		return true, op.gone(ctx, ref, earlier)
	}
	if err := op.removeHook(ctx, ref, earlier); err != nil {
		return false, fmt.Errorf("delete the earlier one: %w", err)
	}
	return true, nil
}

// overdue reports whether an earlier run of a hook is one that its policy has deleted because it has succeeded: in an earlier phase of this
// operation, or in one that did not come to it.
func (op *operation) overdue(s *plan.Step, earlier *unstructured.Unstructured) bool {
	_, foreign := object.Foreign(earlier, op.plan.App.Tracking(), op.engine.ports.Store.Installation())
	state, _ := op.engine.opts.Checks.Hook(earlier)
	return s.Hook.OnSuccess && !foreign && plan.IsHook(earlier) && state == health.HookSucceeded
}

// mayReplace refuses to write over what is no earlier run of a hook, and over a hook of somebody else that still runs.
func (op *operation) mayReplace(earlier *unstructured.Unstructured) error {
	tracking, installation := op.plan.App.Tracking(), op.engine.ports.Store.Installation()
	if why := plan.Namesake(earlier, tracking, installation); why != "" {
		return errors.New(why)
	}
	mark, foreign := object.Foreign(earlier, tracking, installation)
	if state, _ := op.engine.opts.Checks.Hook(earlier); foreign && state == health.HookRunning {
		return fmt.Errorf("a hook of that name runs for the application %s", mark.App)
	}
	return nil
}

// hookRef is the object that a hook step created.
func (op *operation) hookRef(s *plan.Step) object.Ref { return plan.HookRef(s, op.run.id) }

// removeHook deletes a hook, and waits until it is gone.
func (op *operation) removeHook(ctx context.Context, ref object.Ref, live *unstructured.Unstructured) error {
	if err := op.deleteHook(ctx, ref, live); err != nil {
		return err
	}
	return op.gone(ctx, ref, live)
}

// hookPropagation has a hook be gone when what it made is, as in Argo CD: the Pod of a Job works on for as long as it may take to end, and
// the next run is not to begin beside it.
const hookPropagation = "Foreground"

// deleteHook deletes a hook.
func (op *operation) deleteHook(ctx context.Context, ref object.Ref, live *unstructured.Unstructured) error {
	req := object.DeleteRequest{Ref: ref, UID: live.GetUID(), Propagation: hookPropagation, DryRun: op.plan.Options.DryRun}
	err := op.repeat(ctx, func(ctx context.Context) error { return op.cluster.Delete(ctx, req) })
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// checkHook looks whether a hook has ended, and deletes one that failed where its policy says so.
func (op *operation) checkHook(ctx context.Context, i int) (done bool, waiting string, err error) {
	s := &op.plan.Steps[i]
	ref := op.hookRef(s)
	u, err := op.cluster.Read(ctx, ref)
	if errors.Is(err, app.ErrNotFound) {
		return op.vanished(i, ref)
	}
	if err != nil {
		return false, "", err
	}
	state, message := op.engine.opts.Checks.Hook(u)
	switch state {
	case health.HookRunning:
		if skipped, err := op.skipHook(ctx, i, u); skipped || err != nil {
			return skipped, "", err
		}
		return false, ref.String() + ": " + message, nil
	case health.HookSucceeded:
		err = op.hookEnded(i, StepDone, orElse(message, "succeeded"))
		if !s.Hook.OnSuccess {
			err = errors.Join(err, op.letExpire(ctx, s.Desired, u))
		}
		return true, "", err
	case health.HookFailed:
		err = errors.Join(fmt.Errorf("hook %s failed: %s", ref, message), op.hookEnded(i, StepFailed, message))
		if s.Hook.OnFailure {
			return true, "", errors.Join(err, op.removeHook(ctx, ref, u))
		}
		err = errors.Join(err, op.letExpire(ctx, s.Desired, u))
		return true, "", err
	}
	return false, "", fmt.Errorf("hook %s: unknown state", ref)
}

// vanished is the end of a hook that somebody, or its own TTL, deleted before its result was seen.
func (op *operation) vanished(i int, ref object.Ref) (bool, string, error) {
	err := fmt.Errorf("hook %s vanished before its result was seen", ref)
	return true, "", errors.Join(err, op.hookEnded(i, StepFailed, err.Error()))
}

// hookEnded publishes and journals the outcome of a hook.
func (op *operation) hookEnded(i int, code StepCode, message string) error {
	op.step(i, code, message)
	mark := app.JournalDone
	switch code {
	case StepFailed:
		mark = app.JournalFailed
	case StepSkipped:
		mark = app.JournalSkipped
	case StepPending, StepRunning, StepWaiting, StepDone:
	}
	return op.note(&op.plan.Steps[i], mark, message)
}

// deleteRunningHooks deletes the hooks that an ended operation leaves running, and those that are to be deleted because they have
// succeeded, but for what may hold data. The server has as long to answer as to a write.
func (op *operation) deleteRunningHooks(ended context.Context) error {
	ctx, land := op.outlive(ended)
	defer land()
	var errs []error
	for i := range op.plan.Steps {
		s := &op.plan.Steps[i]
		if op.due(i) && !op.plan.Options.DryRun && !s.HoldsData() {
			errs = append(errs, op.deleteOwnHook(ctx, s))
		}
		if s.Verb != plan.RunHook || op.stateOf(i) != StepWaiting {
			continue
		}
		if s.HoldsData() {
			errs = append(errs, op.hookEnded(i, StepFailed, "left as it is when the operation was terminated: it may hold data"))
			continue
		}
		err, said := op.deleteOwnHook(ctx, s), "deleted: the operation was terminated"
		if err != nil {
			said = "it may still run, for it could not be deleted when the operation was terminated: " + serverWords(err)
		}
		errs = append(errs, err, op.hookEnded(i, StepFailed, said))
	}
	return errors.Join(errs...)
}

func (op *operation) stateOf(i int) StepCode {
	op.run.mu.Lock()
	defer op.run.mu.Unlock()
	return op.run.progress.Steps[i].State
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

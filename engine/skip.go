package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// SkipHook has the running operation of an application, in whichever process, go on without the end of a hook, which is named by its
// name or as kind/namespace/name and returned. The hook itself goes on, unless its policy has it deleted however it ends. The
// request is heard within about a second.
func (e *Engine) SkipHook(ctx context.Context, p app.Principal, key app.Key, name, why string) (object.Ref, error) {
	if err := e.Allowed(p, ActSkipHook); err != nil {
		return object.Ref{}, err
	}
	operation, running, err := e.RunningHooks(ctx, key)
	var hook object.Ref
	if err == nil {
		hook, err = hookCalled(name, running)
	}
	if err == nil {
		err = e.ports.Locks.SkipHook(ctx, key, app.HookSkip{Operation: operation, Hook: hook, By: p.Name, Why: why})
	}
	if err != nil {
		return hook, fmt.Errorf("skip hook %s of %s: %w", name, key, err)
	}
	return hook, nil
}

// hookCalled returns the one of some hooks that a name means.
func hookCalled(name string, hooks []object.Ref) (object.Ref, error) {
	var found []object.Ref
	names := make([]string, len(hooks))
	for i, h := range hooks {
		names[i] = h.String()
		if name == h.Name || name == names[i] {
			found = append(found, h)
		}
	}
	remedy := "hooks that run: " + orElse(strings.Join(names, ", "), "none")
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return object.Ref{}, hint.With(fmt.Errorf("%w: it does not run", app.ErrNotFound), remedy)
	}
	return object.Ref{}, hint.With(fmt.Errorf("%w: %d hooks that run are called so", app.ErrNotFound, len(found)), remedy)
}

// RunningHooks returns the hooks that the running operation of an application has begun and not seen the end of, and the id of that
// operation.
func (e *Engine) RunningHooks(ctx context.Context, key app.Key) (operation string, hooks []object.Ref, err error) {
	_, held, err := e.ports.Locks.Holder(ctx, key)
	if err != nil {
		return "", nil, err
	}
	if !held {
		return "", nil, fmt.Errorf("%w: no operation of %s is running", app.ErrNotFound, key)
	}
	journals, err := e.ports.Journals.Open(ctx, key, "")
	if err != nil || len(journals) == 0 {
		return "", nil, err
	}
	// Those before were interrupted.
	j := journals[len(journals)-1]
	for _, entry := range j.Last() {
		if entry.Open() && entry.Verb == plan.RunHook.String() {
			hooks = append(hooks, entry.Ref)
		}
	}
	return j.Head.ID, hooks, nil
}

// RunningHooks returns the hooks that the operation waits for.
func (p *Progress) RunningHooks() []object.Ref {
	var out []object.Ref
	for i := range p.Steps {
		if s := &p.Plan.Steps[i]; s.Verb == plan.RunHook && p.Steps[i].State == StepWaiting {
			out = append(out, plan.HookRef(s, p.ID))
		}
	}
	return out
}

// asked returns what this operation is asked to skip.
func (op *operation) asked() ([]app.HookSkip, error) {
	skips, err := op.lease.Skips()
	return slices.DeleteFunc(skips, func(s app.HookSkip) bool { return s.Operation != op.run.id }), err
}

// skipHook ends the wait for a hook that still runs, where somebody has asked for that.
func (op *operation) skipHook(ctx context.Context, i int, live *unstructured.Unstructured) (skipped bool, err error) {
	skips, err := op.asked()
	if err != nil {
		return false, err
	}
	s := &op.plan.Steps[i]
	ref := op.hookRef(s)
	at := slices.IndexFunc(skips, func(k app.HookSkip) bool { return k.Hook == ref })
	if at < 0 {
		return false, nil
	}
	said := skips[at].String()
	err = op.hookEnded(i, StepSkipped, said)
	if s.Hook.OnSuccess && s.Hook.OnFailure {
		// Its end is not waited for, whatever that is.
		return true, errors.Join(err, op.deleteHook(ctx, ref, live))
	}
	return true, errors.Join(err, op.letExpire(ctx, s.Desired, live))
}

// tellSkips adds to the outcome of an operation which of its hooks were skipped.
func (op *operation) tellSkips(message string) string {
	for _, e := range op.last() {
		if e.Mark == app.JournalSkipped {
			message += "; " + e.Ref.String() + " was " + e.Message
		}
	}
	return message
}

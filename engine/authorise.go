package engine

import (
	"errors"
	"fmt"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// The refusals of the engine, tested with errors.Is.
var (
	// ErrForbidden says that the Principal's role lacks the act.
	ErrForbidden = errors.New("not allowed")
	// ErrDeclined says that the API server does not take what it was asked to write.
	ErrDeclined = errors.New("the API server refuses it")
	// ErrPinned says that a rollback holds the application at a record.
	ErrPinned = errors.New("pinned")
	// ErrAutomated says that automation would undo at once what was asked for.
	ErrAutomated = errors.New("synced automatically")
	// ErrGuarded says that guards of a plan were not confirmed; the error is a [GuardError].
	ErrGuarded = errors.New("guarded")
	// ErrMoved says that live or desired state is no longer what the plan was made of.
	ErrMoved = errors.New("changed since the plan was made")
	// ErrClusterChanged says that another cluster answers under the destination's name than before.
	ErrClusterChanged = errors.New("the cluster behind the name has changed")
	// ErrReleased says that the application's document is gone; its objects can only be deleted.
	ErrReleased = errors.New("released")
	// ErrInUse says that applications need what was to be removed.
	ErrInUse = errors.New("in use")
	// ErrUnseen says that a retry would do what the plan that was approved does not show.
	ErrUnseen = errors.New("not shown when it was approved")
)

// Act is something a Principal wants to do.
type Act int

// The acts.
const (
	ActSync Act = iota
	ActRollback
	ActTerminate
	ActPin
	ActEdit
	ActCreate
	ActDelete
	ActBind
	ActUndo
	ActResume
	ActSteer
	ActPatch
	ActRemove
	ActAutomate
	ActRegister
	ActSkipHook
)

// acts is the one table of rights: what each act is called and the least role that may do it.
var acts = map[Act]struct {
	name string
	role app.Role
}{
	ActSync:      {"sync", app.Operator},
	ActRollback:  {"roll back", app.Operator},
	ActTerminate: {"terminate an operation", app.Operator},
	ActPin:       {"pin or unpin", app.Operator},
	ActEdit:      {"edit an application", app.Operator},
	ActCreate:    {"create an application", app.Operator},
	ActDelete:    {"delete an application", app.Admin},
	ActBind:      {"change the clusters of the store", app.Admin},
	ActUndo:      {"undo an operation", app.Operator},
	ActResume:    {"resume or settle an operation", app.Operator},
	ActSteer:     {"restart, scale, suspend and the like", app.Operator},
	ActPatch:     {"patch a live object", app.Admin},
	ActRemove:    {"delete a live object", app.Admin},
	ActAutomate:  {"pause automation or let it go on", app.Operator},
	ActRegister:  {"change the registered repositories", app.Admin},
	ActSkipHook:  {"skip a running hook", app.Operator},
}

// String names the act as a verb.
func (a Act) String() string { return acts[a].name }

// Allowed returns nil when p may do act, and otherwise an ErrForbidden that says why, with a remedy.
func (e *Engine) Allowed(p app.Principal, act Act) error {
	need, ok := acts[act]
	if !ok {
		return fmt.Errorf("unknown act %d: %w", int(act), ErrForbidden)
	}
	if p.Role >= need.role {
		return nil
	}
	err := fmt.Errorf("%s: %w: needs the role %s, and %s has the role %s", need.name, ErrForbidden, need.role, p.Name, p.Role)
	if p.Denied != "" {
		return hint.With(err, "this console or command was "+p.Denied+"; start it without that")
	}
	return hint.With(err, fmt.Sprintf("ask someone with the role %s", need.role))
}

// permitted returns the server's refusal when the caller lacks a right that a step of the plan needs: a plan is not begun
// that is known to stop half-way.
func permitted(pl *plan.Plan) error {
	for i := range pl.Steps {
		if s := &pl.Steps[i]; !s.Left && s.Verb != plan.Keep && s.Diff.Denied != "" {
			return hint.With(fmt.Errorf("%s of %s is not begun: %w: %s", pl.Kind, pl.App, ErrForbidden, s.Diff.Denied),
				"ask for that right, or use another context")
		}
	}
	return nil
}

// GuardError lists the guards that stand against a plan.
type GuardError struct {
	Guards []plan.Guard
}

// Error names every guard and what it protects.
func (g *GuardError) Error() string {
	s := "the plan is guarded:"
	for _, guard := range g.Guards {
		s += fmt.Sprintf("\n  %s: %s", guard.Name, guard.Message)
	}
	return s
}

// Is makes errors.Is(err, ErrGuarded) true.
func (g *GuardError) Is(target error) bool { return target == ErrGuarded }

package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
)

// mostChanges is how many changed fields the record of an action lists.
const mostChanges = 20

// intended is the record of an action that is about to be done.
func (e *Engine) intended(p app.Principal, pl *ActionPlan, id app.ClusterIdentity) app.Record {
	r := app.Record{
		Kind: app.KindAction, App: pl.App, StartedAt: e.opts.Clock.Now(), Phase: app.OperationRunning, By: initiator(p),
		Why: "asked for by hand", Cluster: id, Action: &app.ActionTaken{
			Name: pl.Action.Name, Values: pl.Write.Kept(pl.Ref), Object: pl.Ref, UID: string(pl.UID), Says: pl.Write.Says,
		},
	}
	if e.opts.Holder.Front != "" {
		r.Why += " (" + e.opts.Holder.Front + ")"
	}
	for i, c := range pl.Diff.Changes {
		if i == mostChanges {
			r.Action.Changes = append(r.Action.Changes, fmt.Sprintf("and %d more", len(pl.Diff.Changes)-i))
			break
		}
		r.Action.Changes = append(r.Action.Changes, changeLine(c))
	}
	return r
}

// changeLine writes a changed field on one line: .spec.replicas: 1 → 3.
func changeLine(c diff.Change) string {
	side := func(v any, has bool) string {
		const longest = 80
		if !has {
			return "none"
		}
		if s := []rune(fmt.Sprint(v)); len(s) > longest {
			return string(s[:longest]) + "…"
		}
		return fmt.Sprint(v)
	}
	return c.Path + ": " + side(c.Old, c.HasOld) + " → " + side(c.New, c.HasNew)
}

// outcome notes how an action ended. What the server refused was not done; of a request without an answer that is not known.
func (e *Engine) outcome(r app.Record, err error) app.Record {
	r.FinishedAt = e.opts.Clock.Now()
	var answer apierrors.APIStatus // no error type, which AsType wants
	switch {
	case err == nil:
		r.Phase = app.OperationSucceeded
	case errors.As(err, &answer) && answer.Status().Code < http.StatusInternalServerError:
		r.Phase, r.Message = app.OperationFailed, diff.Brief(err.Error())
	default:
		r.Phase, r.Message = app.OperationError, err.Error()+"; whether it was done is not known"
	}
	return r
}

// keepOutcome ends the record of an action, whatever became of the caller.
func (e *Engine) keepOutcome(open app.OpenAction, r app.Record, err error) error {
	return errors.Join(open.End(e.outcome(r, err)), open.Close())
}

// happened interleaves operations and actions, each newest first, by the time at which they were begun.
func happened(operations, actions []app.Record) []app.Record {
	out := make([]app.Record, 0, len(operations)+len(actions))
	for len(operations) > 0 && len(actions) > 0 {
		if actions[0].StartedAt.Before(operations[0].StartedAt) {
			out, operations = append(out, operations[0]), operations[1:]
		} else {
			out, actions = append(out, actions[0]), actions[1:]
		}
	}
	return append(append(out, operations...), actions...)
}

// notOperation is the error of who takes an action for a record that holds manifests; nil when no action is called so.
func (e *Engine) notOperation(ctx context.Context, key app.Key, id string) error {
	actions, err := e.ports.Actions.Actions(ctx, key)
	if err != nil {
		return fmt.Errorf("read actions of %s: %w", key, err)
	}
	for _, r := range actions {
		if r.ID == id {
			return fmt.Errorf("record %s of %s: %w: it is an action on one live object, and has no manifests to go back to or to compare",
				id, key, app.ErrNotFound)
		}
	}
	return nil
}

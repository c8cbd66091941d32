package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// PlanUndo returns what it takes to undo the last operation of an application, finished or interrupted: the manifests of
// the record before it are compared with what is live, so that what it pruned is made again, and of what git has no more
// only that is deleted which it created. The application is then pinned, as it would be synced again otherwise; undoing
// a rollback puts the pin back as it was, unless its commit was made in git. Data of Secrets is in no record: they are kept as they
// are live.
func (e *Engine) PlanUndo(ctx context.Context, _ app.Principal, key app.Key, o plan.Options) (plan.Plan, error) {
	a, err := e.load(ctx, key)
	if err != nil {
		return plan.Plan{}, err
	}
	begun := e.opts.Clock.Now()
	last, older, err := e.lastOperation(ctx, key)
	if err != nil {
		return plan.Plan{}, err
	}
	g := goal{kind: app.KindUndo, pin: plan.PinHere, only: append([]object.Ref{}, last.Created...), manifests: []*unstructured.Unstructured{}}
	for _, r := range sinceDeletion(older) {
		if !r.Manifests {
			continue
		}
		g.record, g.pin = r, r.ID
		if g.manifests, err = e.ports.History.Manifests(ctx, key, r.ID); err != nil {
			return plan.Plan{}, fmt.Errorf("read manifests of record %s of %s: %w", r.ID, key, err)
		}
		break
	}
	// Git says what a rollback went back to where that was committed: then it is not followed.
	if (last.Kind == app.KindRollback || last.Kind == app.KindUndo) && len(last.Pushed) == 0 {
		g.pin = last.Pinned
	}
	p, err := e.planBack(ctx, a, g, o, begun)
	if err != nil {
		return p, err
	}
	notes := []string{undoNote(last, g)}
	since, err := e.actedSince(ctx, key, last.StartedAt)
	if since != "" {
		notes = append(notes, since)
	}
	p.Notes = append(notes, p.Notes...)
	if err != nil {
		return p, err
	}
	open, err := e.openHooks(ctx, &p)
	if err != nil || len(open) == 0 {
		return p, err
	}
	return p, plan.UndoHooks(&p, open)
}

// sinceDeletion returns those of some records, newest first, that are newer than the last deletion of the application's objects: what
// is older says nothing of what an application consists of that was made anew since.
func sinceDeletion(records []app.Record) []app.Record {
	for i := range records {
		if deleted(&records[i]) {
			return records[:i]
		}
	}
	return records
}

// deleted reports whether a record is of a deletion that took the objects along.
func deleted(r *app.Record) bool {
	return r.Kind == app.KindDelete && r.Phase == app.OperationSucceeded &&
		slices.ContainsFunc(r.Results, func(o app.ResourceResult) bool { return o.Status == "Pruned" })
}

// actedSince says which actions on live objects were done since an operation began, newest first: an undo puts back what the record has
// of their objects, and knows nothing of the rest.
func (e *Engine) actedSince(ctx context.Context, key app.Key, begun time.Time) (string, error) {
	records, err := e.ports.Actions.Actions(ctx, key)
	if err != nil {
		return "", fmt.Errorf("read actions on objects of %s: %w", key, err)
	}
	var acts []string
	for _, r := range records {
		if r.StartedAt.After(begun) && r.Phase != app.OperationFailed {
			acts = append(acts, fmt.Sprintf("%s by %s (%s %s)", r.ID, who(r.By), r.Action.Name, r.Action.Object))
		}
	}
	if len(acts) == 0 {
		return "", nil
	}
	return "live objects were acted on since then, which is put back only where the record says otherwise: " + plan.Listed(acts), nil
}

// lastOperation returns what was last done to an application, and the records of before.
func (e *Engine) lastOperation(ctx context.Context, key app.Key) (app.Record, []app.Record, error) {
	records, err := e.ports.History.Records(ctx, key)
	if err != nil {
		return app.Record{}, nil, fmt.Errorf("read history of %s: %w", key, err)
	}
	journals, err := e.unfinished(ctx, key)
	if err != nil {
		return app.Record{}, nil, err
	}
	if len(journals) > 0 {
		// All that was interrupted is undone together: nothing was recorded between.
		last := interruptedRecord(journals[len(journals)-1], e.opts.Clock.Now())
		for _, j := range journals[:len(journals)-1] {
			last.Created = append(last.Created, createdBy(j.Last())...)
		}
		return last, records, nil
	}
	if len(records) == 0 {
		return app.Record{}, nil, hint.With(fmt.Errorf("undo of %s: %w: nothing has been done to it", key, app.ErrNotFound),
			"wheelhouse app history "+key.String()+" lists what was done")
	}
	return records[0], records[1:], nil
}

// undoNote says in words what is undone and what that comes to.
func undoNote(last app.Record, g goal) string {
	what := "undoes the " + string(last.Kind)
	if last.ID != "" {
		what += " " + last.ID
	} else {
		what += " that was interrupted"
	}
	what += " by " + who(last.By)
	if g.record.ID != "" {
		what += ", back to " + g.record.ID
	} else {
		what += ", before which there was nothing"
	}
	if g.pin == "" {
		return what + "; the application follows git again"
	}
	return what + "; the application stays pinned until it is unpinned"
}

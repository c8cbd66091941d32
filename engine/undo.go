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
// a rollback puts the pin back as it was, unless its commit was made in git, or may have been. Data of Secrets is in no record: they are kept as they
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
	g := goal{kind: app.KindUndo, pin: app.Pin{Record: plan.PinHere}, only: append([]object.Ref{}, last.Created...), manifests: []*unstructured.Unstructured{}}
	for _, r := range sinceDeletion(older) {
		if !r.Manifests {
			// It was interrupted, and settled by a later one: what it made is in neither record.
			g.only = union(g.only, r.Created)
			continue
		}
		g.record, g.pin = r, app.Pin{Record: r.ID}
		if g.manifests, err = e.ports.History.Manifests(ctx, key, r.ID); err != nil {
			return plan.Plan{}, fmt.Errorf("read manifests of record %s of %s: %w", r.ID, key, err)
		}
		break
	}
	// Git says what a rollback went back to where that was committed: then it is not followed.
	if (last.Kind == app.KindRollback || last.Kind == app.KindUndo) && len(last.Pushed) == 0 {
		g.pin = last.Pinned
		if ends := g.pin.Until; !ends.IsZero() && !ends.After(begun) {
			g.pin = app.Pin{}
		}
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
	return p, e.guardOpenHooks(ctx, &p)
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

// Previous returns the id of the record of before what was last done to an application, attempts of one sync being one; an
// [app.ErrNotFound] where there is none since the application was last deleted.
func (e *Engine) Previous(ctx context.Context, key app.Key) (string, error) {
	records, err := e.History(ctx, key)
	if err != nil {
		return "", err
	}
	records = slices.DeleteFunc(sinceDeletion(records), func(r app.Record) bool { return !r.Manifests })
	if len(records) > 0 {
		if _, before := together(nil, records); len(before) > 0 {
			return before[0].ID, nil
		}
	}
	return "", fmt.Errorf("roll back %s: %w: there is no earlier record", key, app.ErrNotFound)
}

// lastOperation returns what was last done to an application, all attempts of a sync and all that was interrupted being one, and the
// records of before.
func (e *Engine) lastOperation(ctx context.Context, key app.Key) (app.Record, []app.Record, error) {
	records, err := e.ports.History.Records(ctx, key)
	if err != nil {
		return app.Record{}, nil, fmt.Errorf("read history of %s: %w", key, err)
	}
	interrupted, err := e.interruptions(ctx, key)
	if err != nil {
		return app.Record{}, nil, err
	}
	if len(records)+len(interrupted) == 0 {
		return app.Record{}, nil, hint.With(fmt.Errorf("undo of %s: %w: nothing has been done to it", key, app.ErrNotFound),
			"wheelhouse app history "+key.String()+" lists what was done")
	}
	last, before := together(interrupted, records)
	return last, before, nil
}

// interruptions are the records that interrupted operations of an application would become, newest first.
func (e *Engine) interruptions(ctx context.Context, key app.Key) ([]app.Record, error) {
	journals, err := e.unfinished(ctx, key)
	if err != nil {
		return nil, err
	}
	var out []app.Record
	for _, j := range slices.Backward(journals) {
		out = append(out, interruptedRecord(j, e.opts.Clock.Now()))
	}
	return out, nil
}

// together makes one operation of what was interrupted, or else of the newest record, with what was recorded of the same operations: the
// attempts of a sync, and what was written before a process died. It returns the records of before them too. All are newest first.
func together(interrupted, records []app.Record) (last app.Record, before []app.Record) {
	all := slices.Clone(interrupted)
	if len(all) == 0 {
		all, records = append(all, records[0]), records[1:]
	}
	same := map[string]bool{}
	for i := range all {
		same[all[i].First()] = true
	}
	for len(records) > 0 && records[0].First() != "" && same[records[0].First()] {
		all, records = append(all, records[0]), records[1:]
	}
	last = all[0]
	last.Created = nil
	for i := range all {
		last.Created = union(last.Created, all[i].Created)
		last.StartedAt, last.Pinned = all[i].StartedAt, all[i].Pinned
		if len(last.Pushed) == 0 {
			last.Pushed = all[i].Pushed
		}
	}
	return last, records
}

// undoNote says in words what is undone and what that comes to.
func undoNote(last app.Record, g goal) string {
	what := "undoes the " + string(last.Kind)
	if last.ID != "" {
		what += " " + last.ID
		if last.Retries != "" {
			what += " and its attempts before"
		}
	} else {
		what += " that was interrupted"
	}
	what += " by " + who(last.By)
	if g.record.ID != "" {
		what += ", back to " + g.record.ID
	} else {
		what += ", before which there was nothing"
	}
	switch {
	case g.pin.Record == "":
		return what + "; the application follows git again"
	case g.pin.Reason == "":
		return what + "; the application stays pinned until it is unpinned"
	case g.pin.Until.IsZero():
		return what + "; the application is pinned as before: " + g.pin.Reason
	}
	return fmt.Sprintf("%s; the application is pinned as before, until %s: %s", what, g.pin.Until.UTC().Format(time.RFC3339), g.pin.Reason)
}

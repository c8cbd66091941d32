package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// left returns the rendered objects that the application consists of after the operation, and the names of those of its objects that
// the plan does not ask for; see [remains].
func (op *operation) left(ctx context.Context, phase app.OperationPhase) ([]*unstructured.Unstructured, []object.Ref) {
	if op.plan.Kind == app.KindDelete {
		return nil, nil
	}
	done := map[object.Ref]plan.Verb{}
	for _, e := range op.last() {
		if e.Mark == app.JournalDone {
			done[e.Ref] = verbOf(e)
		}
	}
	whole := phase == app.OperationSucceeded && len(op.plan.Options.Resources) == 0
	spared := sparedBy(&op.plan, op.engine.ports.Store.Installation(), done)
	if whole && len(op.plan.Kept) == 0 && len(spared) == 0 {
		// All that there was is asked for: what the record before says does not count.
		return op.plan.Desired, nil
	}
	before, _ := op.engine.lastManifests(ctx, op.plan.App)
	return remains(&op.plan, spared, before, done, whole)
}

// remains returns what an application consists of after its plan was carried out, given what there is that the plan does not ask for
// (see [sparedBy]; it is written to), the manifests of before and what was done. A plan that was carried out as a whole leaves all that it
// asks for, any other one what was there before with what was done. Both leave what they do not ask for and did not delete either: it is
// there as the manifests of before say, and is named too.
func remains(
	p *plan.Plan, spared map[object.Ref]bool, before []*unstructured.Unstructured, done map[object.Ref]plan.Verb, whole bool,
) (objects []*unstructured.Unstructured, kept []object.Ref) {
	asked := map[object.Ref]bool{}
	for _, u := range p.Desired {
		asked[object.Of(u)] = true
	}
	if whole {
		objects = append(objects, p.Desired...)
		for _, u := range before {
			if ref := object.Of(u); spared[ref] && !asked[ref] && !plan.IsHook(u) {
				objects = append(objects, u)
			}
		}
	} else {
		objects = changedBy(before, p.Desired, done)
	}
	for _, ref := range p.Kept {
		spared[ref] = spared[ref] || done[ref] != plan.Delete
	}
	for _, u := range objects {
		if ref := object.Of(u); !asked[ref] && !plan.IsHook(u) {
			spared[ref] = true
		}
	}
	for ref, there := range spared {
		if there {
			kept = append(kept, ref)
		}
	}
	sortRefs(kept)
	return objects, kept
}

// sparedBy names the application's live objects that a plan does not ask for and that are there after it: prune was off, something
// keeps them, their deletion was left out or failed, or they are being deleted already.
func sparedBy(p *plan.Plan, installation string, done map[object.Ref]plan.Verb) map[object.Ref]bool {
	spared := map[object.Ref]bool{}
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Desired == nil && s.Live != nil && object.Owned(s.Live, p.App.Tracking(), installation) {
			spared[s.Ref] = done[s.Ref] != plan.Delete
		}
	}
	return spared
}

// changedBy returns the objects of before with those of desired that were written, and without what was deleted. Once
// anything was done, the hooks are those of desired: a deletion runs what the newest commit says that was synced even partly.
func changedBy(before, desired []*unstructured.Unstructured, done map[object.Ref]plan.Verb) []*unstructured.Unstructured {
	written := map[object.Ref]*unstructured.Unstructured{}
	for _, u := range desired {
		if v, ok := done[object.Of(u)]; ok && v != plan.RunHook && v != plan.Delete {
			written[object.Of(u)] = u
		}
	}
	begun := len(done) > 0
	var out []*unstructured.Unstructured
	for _, u := range before {
		ref := object.Of(u)
		switch u2, ok := written[ref]; {
		case begun && plan.IsHook(u):
		case ok:
			out = append(out, u2)
			delete(written, ref)
		case done[ref] != plan.Delete:
			out = append(out, u)
		}
	}
	for _, u := range desired {
		if written[object.Of(u)] == u || begun && plan.IsHook(u) {
			out = append(out, u)
		}
	}
	return out
}

// last returns the last entry of every step that was begun.
func (op *operation) last() []app.JournalEntry { return op.soFar().Last() }

// soFar is what the operation's journal has by now.
func (op *operation) soFar() app.Journal {
	op.notedMu.Lock()
	defer op.notedMu.Unlock()
	return app.Journal{Entries: slices.Clip(op.noted)}
}

// noteArrived writes down that steps were done whose outcome the process that did them did not come to write. With the last line all of
// them are on disk.
func (op *operation) noteArrived(steps []app.JournalEntry) error {
	for i, e := range steps {
		e.Time, e.Mark, e.Message = op.engine.opts.Clock.Now(), app.JournalDone, "done before the interruption"
		write := op.journal.Note
		if i == len(steps)-1 {
			write = op.journal.Write
		}
		if err := write(e); err != nil {
			return fmt.Errorf("journal %s: %w", e.Ref, err)
		}
		op.noted = append(op.noted, e)
	}
	return nil
}

// createdBy names what was not there before the steps were begun. One that was not answered may have been created too.
func createdBy(entries []app.JournalEntry) []object.Ref {
	var out []object.Ref
	for _, e := range entries {
		if verbOf(e) == plan.Create {
			out = append(out, e.Ref)
		}
	}
	return out
}

// verbOf reads the verb of a journal's entry.
func verbOf(e app.JournalEntry) plan.Verb {
	for _, v := range []plan.Verb{plan.Create, plan.Change, plan.Own, plan.Replace, plan.Delete, plan.RunHook, plan.HandBack} {
		if v.String() == e.Verb {
			return v
		}
	}
	return plan.Keep
}

// earlierResults lists what a journal says became of steps that are in no plan any more; a nil plan has none.
func earlierResults(entries []app.JournalEntry, p *plan.Plan) []app.ResourceResult {
	var out []app.ResourceResult
	planned := map[string]bool{}
	if p != nil {
		for i := range p.Steps {
			planned[p.Steps[i].ID] = true
		}
	}
	for _, e := range entries {
		if planned[e.Step] {
			continue
		}
		verb, code := verbOf(e), StepDone
		r := app.ResourceResult{Group: e.Ref.Group, Kind: e.Ref.Kind, Namespace: e.Ref.Namespace, Name: e.Ref.Name, Message: e.Message}
		switch e.Mark {
		case app.JournalDone:
		case app.JournalSkipped:
			code = StepSkipped
		case app.JournalIntended, app.JournalStarted, app.JournalFailed, app.JournalEnd:
			code = StepFailed
		}
		r.StartedAt, r.FinishedAt = e.Begun, e.Time
		if e.Open() {
			r.FinishedAt = time.Time{}
			r.Message = "what became of it is not known: the operation was interrupted"
		}
		state := StepState{State: code, Started: e.Begun}
		r.Status, r.SyncPhase = resultCode(verb, state), plan.PhaseOf(e.Step)
		if verb == plan.RunHook {
			r.HookType, r.HookPhase = r.SyncPhase, hookPhase(state)
		}
		out = append(out, r)
	}
	return out
}

// pinned returns the pin of an application, the zero Pin when it has none, or is gone.
func (e *Engine) pinned(ctx context.Context, key app.Key) (app.Pin, error) {
	a, err := e.ports.Store.Load(ctx, key)
	if errors.Is(err, app.ErrNotFound) {
		return app.Pin{}, nil
	}
	if err != nil {
		return app.Pin{}, err
	}
	return pinHeld(&a, e.opts.Clock.Now()), nil
}

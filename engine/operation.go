package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// operation is a plan that is being carried out.
type operation struct {
	engine    *Engine
	principal app.Principal
	plan      plan.Plan
	why       string
	// pinned is the record at which the application was pinned before.
	pinned  string
	lock    Lock
	cluster Cluster
	journal JournalWriter
	run     *Run
	// pushed are the commits that a rollback has made in git.
	pushed []app.Commit

	// moved says what git has that was not approved.
	moved string
	// wrote is true once a step was carried out.
	wrote atomic.Bool

	// noted repeats what the journal holds, guarded by notedMu.
	notedMu sync.Mutex
	noted   []app.JournalEntry
}

// newOperationID returns an id that no other operation of any store has.
func newOperationID() string { return "op-" + strings.ToLower(rand.Text()[:16]) }

// story carries the plan out from beginning to end. However it ends, it ends in finish.
func (op *operation) story(ctx context.Context) {
	ctx, stop := op.endedFromOutside(ctx)
	defer stop()
	// Everybody sees that an operation has begun before anything is written.
	op.begin(ctx)

	// What was approved is carried out; meanwhile it is found out whether git has something newer.
	news := make(chan string, 1)
	go func() { news <- op.newer(ctx) }()

	// Group after group: hooks, waves, prunes. A failed group ends the sync, and its SyncFail hooks run.
	err := op.groups(ctx)
	if err != nil && op.terminated(ctx) == nil {
		err = errors.Join(err, op.failureHooks(ctx))
	}
	// A terminated operation says what it waited for and what it left, and leaves no hook running.
	if ended := op.terminated(ctx); err != nil && ended != nil {
		if awaited := op.run.Progress().Waiting; awaited != "" {
			ended = fmt.Errorf("%w while it waited for %s", ended, awaited)
		}
		stop()
		err = errors.Join(append([]error{ended}, append(lefts(err), op.deleteRunningHooks(ctx))...)...)
	}
	op.moved = <-news
	op.finish(context.WithoutCancel(ctx), err)
}

// newer says what git has that was not approved. Automation looks by itself.
func (op *operation) newer(ctx context.Context) string {
	if op.principal.Automated {
		return ""
	}
	return op.engine.movedOn(ctx, &op.plan)
}

// terminated returns who ended the operation, in this process or from another one, and nil when nobody did.
func (op *operation) terminated(ctx context.Context) error {
	if err := op.lock.Check(); errors.Is(err, app.ErrTerminated) {
		return err
	}
	if ctx.Err() != nil {
		return app.ErrTerminated
	}
	return nil
}

// superset names all that the application owned before and is to own afterwards.
func (op *operation) superset() []object.Ref {
	var refs []object.Ref
	for _, s := range op.plan.Steps {
		refs = append(refs, s.Ref)
	}
	for _, u := range op.plan.Desired {
		if u.GetName() != "" && !plan.IsHook(u) {
			refs = append(refs, object.Of(u))
		}
	}
	return union(refs, nil)
}

// begin publishes the running operation and stores it in the status.
func (op *operation) begin(ctx context.Context) {
	e := op.engine
	now := e.opts.Clock.Now()
	op.run.mu.Lock()
	op.run.progress = Progress{
		ID: op.run.id, Plan: op.plan, Phase: app.OperationRunning, Started: now, Steps: make([]StepState, len(op.plan.Steps)),
	}
	op.run.state = app.OperationState{
		Operation: op.wish(), Phase: app.OperationRunning, StartedAt: now, Message: "running",
	}
	state := op.run.state
	op.run.mu.Unlock()
	of := op.saying(ctx)
	op.store(ctx, func(s *app.Status) {
		state.RetryCount = retries(s.OperationState, &state)
		s.OperationState = &state
		if of != "" {
			s.Sync.Rendered = &app.RenderedFrom{Revisions: idsOf(op.plan.Commits), Of: of}
		}
	})
	op.run.mu.Lock()
	op.run.state.RetryCount = state.RetryCount
	op.run.mu.Unlock()
	op.show()
}

// retries counts how often automation has tried the same commit before without success.
func retries(last, state *app.OperationState) int64 {
	if last == nil || last.Phase == app.OperationSucceeded || !state.Operation.InitiatedBy.Automated ||
		last.Operation.Sync == nil || !sameTry(&last.Operation, &state.Operation) {
		return 0
	}
	return last.RetryCount + 1
}

// sameTry reports whether two operations were of the same commit, or of the same content of the paths that count.
func sameTry(a, b *app.Operation) bool {
	same := a.Sync.Revision == b.Sync.Revision || a.Read() != "" && a.Read() == b.Read()
	return same && a.Brought() == b.Brought()
}

// wish is the operation in the form in which Argo CD keeps it.
func (op *operation) wish() app.Operation {
	o := op.plan.Options
	wish := app.Operation{
		InitiatedBy: initiator(op.principal),
		Sync: &app.SyncOperation{
			Revision: firstCommit(op.plan.Commits), Prune: o.Prune, DryRun: o.DryRun, Resources: o.Resources,
		},
	}
	wish.SetKind(op.plan.Kind)
	wish.SetBrought(op.plan.Brought)
	wish.SetRead(op.plan.Read)
	return wish
}

func firstCommit(commits []app.Commit) string {
	if len(commits) == 0 {
		return ""
	}
	return commits[0].ID
}

// store changes the stored status; a status that cannot be written ends no operation.
func (op *operation) store(ctx context.Context, change func(*app.Status)) {
	if op.plan.Kind == app.KindDelete {
		return
	}
	status, err := op.engine.ports.Store.UpdateStatus(ctx, op.plan.App, change)
	if err != nil {
		op.engine.opts.Log.Warn("status not written", "app", op.plan.App.String(), "error", err)
		return
	}
	op.engine.entry(op.plan.App).change(func(v *View) { v.App.Status = status })
}

// show publishes the progress.
func (op *operation) show() {
	op.run.mu.Lock()
	op.run.copied = nil
	op.run.mu.Unlock()
	// An application that was just deleted has no View any more.
	if en, ok := op.engine.find(op.plan.App); ok {
		en.show(op.run)
	}
	op.engine.notify(op.plan.App)
}

// step changes the state of one step and publishes it.
func (op *operation) step(i int, code StepCode, message string) {
	now := op.engine.opts.Clock.Now()
	op.run.mu.Lock()
	s := &op.run.progress.Steps[i]
	if s.Started.IsZero() {
		s.Started = now
	}
	s.State = code
	if message != "" {
		s.Message = message
	}
	if code == StepDone || code == StepFailed || code == StepSkipped {
		s.Ended = now
	}
	op.run.mu.Unlock()
	op.show()
}

// waiting publishes what the operation waits for.
func (op *operation) waiting(for_ string) {
	op.run.mu.Lock()
	same := op.run.progress.Waiting == for_
	op.run.progress.Waiting = for_
	op.run.mu.Unlock()
	if !same {
		op.show()
	}
}

// finish turns any outcome into journal, record, status, pin and event, and lets go of the lock.
func (op *operation) finish(ctx context.Context, outcome error) {
	e := op.engine
	phase, message := verdictOf(op, outcome)
	op.end(phase, message)

	var after error
	if phase == app.OperationSucceeded {
		after = op.supersede(ctx)
	}
	if phase == app.OperationSucceeded && !op.plan.Options.DryRun && len(op.plan.Restores) > 0 {
		message = op.push(ctx, message)
		op.end(phase, message)
	}
	record, recordErr := op.record(ctx, phase, message)
	if phase == app.OperationSucceeded {
		after = errors.Join(after, op.settle(ctx, record))
	}
	if err := errors.Join(recordErr, after); err != nil {
		e.opts.Log.Error("operation not recorded", "app", op.plan.App.String(), "error", err)
		message += "; " + err.Error()
		op.end(phase, message)
	}
	op.run.mu.Lock()
	state := op.run.state
	op.run.mu.Unlock()
	op.store(ctx, func(s *app.Status) {
		s.OperationState = &state
		if entry, ok := historyEntry(op, state, s); ok {
			s.History = appendHistory(s.History, entry, historyLimit(e, op.plan.App))
		}
		s.Conditions = syncCondition(s.Conditions, op, phase, message)
	})
	if op.journal != nil {
		err := errors.Join(
			op.journal.Write(app.JournalEntry{Time: e.opts.Clock.Now(), Mark: app.JournalEnd, Phase: phase, Message: message}),
			op.journal.Close(), recordErr)
		if err == nil {
			err = e.ports.Journals.Remove(ctx, op.plan.App, op.run.id)
		}
		if err != nil {
			e.opts.Log.Error("journal not closed", "app", op.plan.App.String(), "error", err)
		}
	}
	if err := op.lock.Release(); err != nil {
		e.opts.Log.Error("lock not released", "app", op.plan.App.String(), "error", err)
	}
	op.show()
	close(op.run.done)
}

// verdictOf says in which phase an operation ended, and one sentence about it.
func verdictOf(op *operation, outcome error) (app.OperationPhase, string) {
	switch {
	case outcome == nil && op.plan.Options.DryRun:
		return app.OperationSucceeded, "dry run: nothing was written"
	case outcome == nil && op.plan.Kind == app.KindDelete:
		return app.OperationSucceeded, "deleted"
	case outcome == nil && op.moved != "":
		return app.OperationSucceeded, "successfully synced (all tasks run); " + op.moved
	case outcome == nil:
		return app.OperationSucceeded, "successfully synced (all tasks run)"
	}
	if remedy := hint.Of(outcome); remedy != "" {
		return app.OperationFailed, outcome.Error() + "; " + remedy
	}
	return app.OperationFailed, outcome.Error()
}

// end writes the final phase into progress and state; steps whose turn never came are skipped.
func (op *operation) end(phase app.OperationPhase, message string) {
	now := op.engine.opts.Clock.Now()
	op.run.mu.Lock()
	defer op.run.mu.Unlock()
	p := &op.run.progress
	p.Phase, p.Message, p.Ended, p.Waiting = phase, message, now, ""
	for i := range p.Steps {
		if p.Steps[i].State == StepPending && op.plan.Steps[i].Verb != plan.Keep && !op.plan.Steps[i].Left {
			p.Steps[i].State = StepSkipped
		}
	}
	op.run.state.Phase, op.run.state.Message, op.run.state.FinishedAt = phase, message, &now
	op.run.state.SyncResult = &app.SyncResult{
		Resources: op.results(), Revision: firstCommit(op.plan.Commits),
	}
	if len(op.plan.Sources) == 1 {
		op.run.state.SyncResult.Source = &op.plan.Sources[0]
	} else {
		op.run.state.SyncResult.Sources = op.plan.Sources
		for _, c := range op.plan.Commits {
			op.run.state.SyncResult.Revisions = append(op.run.state.SyncResult.Revisions, c.ID)
		}
	}
}

// results lists what became of every step. The caller holds the run's lock.
func (op *operation) results() []app.ResourceResult {
	out := earlierResults(op.last(), &op.plan)
	for i, s := range op.plan.Steps {
		state := op.run.progress.Steps[i]
		if s.Left || s.Verb == plan.Keep && s.Reason == "" {
			continue
		}
		r := app.ResourceResult{
			Group: s.Ref.Group, Kind: s.Ref.Kind, Namespace: s.Ref.Namespace, Name: s.Ref.Name,
			Message: state.Message, SyncPhase: s.Phase.String(), Status: resultCode(s.Verb, state.State),
			StartedAt: state.Started.Round(time.Millisecond), FinishedAt: state.Ended.Round(time.Millisecond),
		}
		if s.Desired != nil {
			r.Version = s.Desired.GroupVersionKind().Version
		}
		if s.Hook != nil {
			r.HookType = s.Hook.Phase.String()
			r.HookPhase = hookPhase(state.State)
		}
		if s.Verb == plan.Keep {
			r.Message = s.Reason
		}
		out = append(out, r)
	}
	return out
}

func resultCode(v plan.Verb, c StepCode) string {
	switch {
	case v == plan.Keep:
		return "PruneSkipped"
	case c == StepFailed || c == StepSkipped:
		return "SyncFailed"
	case v == plan.Delete:
		return "Pruned"
	default:
		return "Synced"
	}
}

func hookPhase(c StepCode) string {
	switch c {
	case StepDone:
		return "Succeeded"
	case StepFailed:
		return "Failed"
	case StepPending, StepRunning, StepWaiting, StepSkipped:
		return "Running"
	}
	return ""
}

// record appends the finished operation to the history. A dry run leaves no record.
func (op *operation) record(ctx context.Context, phase app.OperationPhase, message string) (app.Record, error) {
	if op.plan.Options.DryRun {
		return app.Record{}, nil
	}
	op.run.mu.Lock()
	state := op.run.state
	op.run.mu.Unlock()
	r := app.Record{
		Operation: op.run.id, Kind: op.plan.Kind, App: op.plan.App, StartedAt: state.StartedAt, FinishedAt: *state.FinishedAt, Phase: phase,
		Message: message, By: initiator(op.principal), Why: op.why, Commits: op.plan.Commits, Sources: op.plan.Sources,
		Partial: len(op.plan.Options.Resources) > 0, Results: state.SyncResult.Resources,
		Objects: op.superset(), Cluster: op.plan.Cluster, Created: createdBy(op.last()), Pinned: op.pinned,
		Pushed: op.pushed,
	}
	if known, ok := op.recorded(ctx); ok {
		return known, nil
	}
	saved, err := op.engine.ports.History.Append(ctx, r, op.left(ctx, phase))
	if err != nil {
		return saved, fmt.Errorf("keep record: %w", err)
	}
	return saved, nil
}

// recorded returns the record that an interrupted operation had written before its process died.
func (op *operation) recorded(ctx context.Context) (app.Record, bool) {
	if op.plan.Resumes == nil {
		return app.Record{}, false
	}
	records, err := op.engine.ports.History.Records(ctx, op.plan.App)
	if err != nil {
		return app.Record{}, false
	}
	i := slices.IndexFunc(records, func(r app.Record) bool { return r.Operation == op.run.id })
	if i < 0 {
		return app.Record{}, false
	}
	return records[i], true
}

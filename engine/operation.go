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
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// operation is a plan that is being carried out.
type operation struct {
	engine    *Engine
	principal app.Principal
	plan      plan.Plan
	why       string
	// pinned is the application's pin of before.
	pinned app.Pin
	// standing is the pin as the operation has last seen or written it.
	standing app.Pin
	lease    *lease
	outages  outages
	cluster  Cluster
	journal  JournalWriter
	run      *Run

	// moved says what git has that was not approved.
	moved string
	// series are the attempts of which this is one.
	series *series

	// wrote is true once a step was carried out.
	wrote atomic.Bool
	// defined is when a definition was written last. Steps that begin later read it.
	defined time.Time

	// noted repeats what the journal holds, guarded by notedMu.
	notedMu sync.Mutex
	noted   []app.JournalEntry
}

// newOperationID returns an id that no other operation of any store has.
func newOperationID() string { return "op-" + strings.ToLower(rand.Text()[:16]) }

// story carries the plan out from beginning to end. However it ends, it ends in finish.
func (op *operation) story(ctx context.Context) {
	ctx = object.WithLeave(ctx, op.lease.beat)
	// Everybody sees that an operation has begun before anything is written.
	op.begin(ctx)

	// What was approved is carried out; meanwhile it is found out whether git has something newer.
	news := make(chan string, 1)
	go func() { news <- op.newer(ctx) }()

	// Group after group: hooks, waves, prunes. A failed group ends the sync, and its SyncFail hooks run.
	err := op.holdPin(ctx)
	if err == nil {
		err = op.groups(ctx)
	}
	if err != nil && !isUnbegun(err) && op.terminated(ctx) == nil && op.unsettled(err) == nil {
		err = errors.Join(err, op.failureHooks(ctx))
	}
	err = errors.Join(err, op.sweep(ctx, err))
	ended, unsettled := op.terminated(ctx), op.unsettled(err)
	switch {
	case err == nil:
	case errors.Is(ended, errStoodStill):
		<-news
		op.interrupt(context.WithoutCancel(ctx), app.OperationError, stoodStill(ended))
		return
	case ended == nil && unsettled != nil && op.journal != nil:
		<-news
		op.interrupt(context.WithoutCancel(ctx), app.OperationFailed, unsettled.Error())
		return
	case ended == nil:
	default:
		// A terminated operation says what it waited for and what it left, and leaves no hook running.
		if awaited := op.run.Progress().Waiting; awaited != "" {
			ended = fmt.Errorf("%w while it waited for %s", ended, awaited)
		}
		op.run.cancel(nil)
		err = errors.Join(append([]error{ended}, append(lefts(err), op.deleteRunningHooks(ctx))...)...)
	}
	op.moved = <-news
	op.finish(context.WithoutCancel(ctx), err)
}

// unsettled returns why an operation that nobody ended cannot be finished, only resumed: its server stayed away, or nobody knows
// whether something was done. It returns nil when it can be.
func (op *operation) unsettled(outcome error) error {
	if err := op.outages.end(); err != nil {
		return err
	}
	if errors.Is(outcome, errFate) {
		return outcome
	}
	return nil
}

// newer says what git has that was not approved. Automation looks by itself.
func (op *operation) newer(ctx context.Context) string {
	if op.principal.Automated {
		return ""
	}
	return op.engine.movedOn(ctx, &op.plan)
}

// terminated returns what ended the operation before its time: somebody or something, in this process or from another one, or
// that the process stood still. It returns nil when nothing did.
func (op *operation) terminated(ctx context.Context) error {
	if err := op.lease.Check(); over(err) {
		return err
	}
	if cause := context.Cause(ctx); errors.Is(cause, app.ErrTerminated) {
		return cause
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
		Retry: op.series.failures,
	}
	op.run.state = app.OperationState{
		Operation: op.wish(), Phase: app.OperationRunning, StartedAt: now, Message: "running",
	}
	state := op.run.state
	op.run.mu.Unlock()
	of := op.saying(ctx)
	op.store(ctx, func(s *app.Status) {
		state.RetryCount = op.series.failures + retries(tryBefore(s, &state), &state)
		s.Attempted = attemptBeside(s, &state)
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
	if last == nil || last.Phase == app.OperationSucceeded || !last.Operation.InitiatedBy.Automated || !state.Operation.InitiatedBy.Automated ||
		last.Operation.Sync == nil || !sameTry(&last.Operation, &state.Operation) {
		return 0
	}
	return last.RetryCount + 1
}

// sameTry reports whether two operations were of the same commit, or of the same content of the paths that count.
func sameTry(a, b *app.Operation) bool {
	same := a.Sync.Revision == b.Sync.Revision && slices.Equal(a.Sync.Revisions, b.Sync.Revisions) || a.Read() != "" && a.Read() == b.Read()
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
	if len(op.plan.Commits) > 1 {
		wish.Sync.Revisions = idsOf(op.plan.Commits)
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

// store changes the stored status; a status that cannot be written ends no operation. A dry run leaves it alone: automation, approvals
// and retries go by the last operation that did something.
func (op *operation) store(ctx context.Context, change func(*app.Status)) {
	if op.plan.Kind == app.KindDelete || op.plan.Options.DryRun {
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

// step changes the state of one step and publishes it, with a message or, without one, with the one it has; a step that was done and
// then waited says again what it did.
func (op *operation) step(i int, code StepCode, message string) {
	now := op.engine.opts.Clock.Now()
	op.run.mu.Lock()
	s := &op.run.progress.Steps[i]
	if s.Started.IsZero() {
		s.Started = now
	}
	s.State = code
	switch {
	case message != "":
		s.Message = message
		if code == StepDone {
			s.did = message
		}
	case code == StepDone && s.did != "":
		// What was awaited since has come.
		s.Message = s.did
	}
	if code == StepDone || code == StepFailed || code == StepSkipped {
		s.Ended = now
	}
	op.run.mu.Unlock()
	op.show()
}

// waiting publishes what the operation waits for. What it has written by then is compared soon.
func (op *operation) waiting(for_ string) {
	op.run.mu.Lock()
	before := op.run.progress.Waiting
	op.run.progress.Waiting = for_
	op.run.mu.Unlock()
	if for_ == before {
		return
	}
	op.show()
	if before == "" {
		op.engine.enqueueAfter(op.plan.App, pauseWhileWaiting)
	}
}

package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// Approval is a person's, or the automation's, consent to a plan.
type Approval struct {
	// Confirmed names the guards that were confirmed one by one.
	Confirmed []string
	// Why goes into the record.
	Why string
	// Retry says how a sync that fails is tried again; the zero Retry is not at all.
	Retry Retry
	// still, where it is not nil, refuses the plan by the document as it is once the application is locked.
	still func(context.Context, *app.Application) error
}

// Run is a started operation, with all of its attempts. It goes on when nobody waits for it.
type Run struct {
	// id is that of the attempt; only the operation itself reads it without the lock.
	id string
	// retries is the id of the first attempt, empty while that runs.
	retries string
	cancel  context.CancelCauseFunc
	done    chan struct{}

	mu sync.Mutex
	// yields is true while the operation may make way for something newer; see yield.go.
	yields   bool
	progress Progress
	state    app.OperationState
	unpushed error
	// untried is why the retry that was waited for was not begun.
	untried error
	// copied is the copy of progress that Views share; nil when there is none since the last change.
	copied *Progress
}

// ID returns the operation's id, which is another one for each attempt.
func (r *Run) ID() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.id
}

// renew gives the operation the id of its next attempt.
func (r *Run) renew() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.retries = orElse(r.retries, r.id)
	r.id = newOperationID()
}

// Progress returns where the operation stands.
func (r *Run) Progress() Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.progress
	p.Steps = slices.Clone(p.Steps)
	return p
}

// shared returns the progress as all Views since its last change share it. Steps are many, and each changes more than once:
// a copy is made for those who look, not for every change.
func (r *Run) shared() *Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.copied == nil {
		p := r.progress
		p.Steps = slices.Clone(p.Steps)
		r.copied = &p
	}
	return r.copied
}

// Wait waits for the operation's end and returns its final state. When ctx ends first the operation goes on.
func (r *Run) Wait(ctx context.Context) (app.OperationState, error) {
	select {
	case <-r.done:
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.state, nil
	case <-ctx.Done():
		return app.OperationState{}, fmt.Errorf("wait for operation %s: %w", r.ID(), ctx.Err())
	}
}

// Execute starts to carry a plan out. It refuses when p may not, when a guard is not confirmed, when the application is
// pinned, when another operation runs, when the cluster is not the one that was planned for, or when the application is another one
// in what the plan depends on. What the application's document says against it counts until the lock is taken. It carries out the
// plan's commit even when git has moved on, and says so. The operation does not end with ctx; see [Engine.Terminate].
func (e *Engine) Execute(ctx context.Context, p app.Principal, pl plan.Plan, approval Approval) (*Run, error) {
	if err := e.admit(ctx, p, &pl, approval.Confirmed); err != nil {
		return nil, err
	}
	holder := e.opts.Holder
	holder.Since = e.opts.Clock.Now()
	lock, err := e.ports.Locks.Lock(ctx, pl.App, holder)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", pl.Kind, pl.App, e.inPause(ctx, pl.App, err))
	}
	opCtx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	lease := hold(lock, e.opts.Clock, func() { cancel(nil) })
	run := &Run{id: newOperationID(), done: make(chan struct{}), cancel: cancel}
	op, err := e.prepare(ctx, p, pl, approval, lease, run)
	if err != nil {
		cancel(nil)
		return nil, errors.Join(err, lease.Release())
	}
	op.series = newSeries(p, &pl, approval)
	opCtx, end := op.limited(opCtx)
	en := e.entry(pl.App)
	en.mu.Lock()
	en.run = op.run
	en.mu.Unlock()
	e.runs.Go(func() {
		defer cancel(nil)
		defer end()
		e.carryOn(opCtx, op)
		e.settled(context.WithoutCancel(ctx), pl.App)
	})
	return op.run, nil
}

// settled has the outcome of an operation compared. A process without a running Run does it at once, so that the stored
// status tells what the operation came to.
func (e *Engine) settled(ctx context.Context, key app.Key) {
	if e.enqueue(key, levelCompare) {
		return
	}
	if _, known := e.find(key); !known {
		return
	}
	if err := e.refresh(ctx, key, levelCompare); err != nil {
		e.opts.Log.Info("refresh failed", "app", key.String(), "error", err)
	}
}

// prepare makes sure of the cluster and opens the journal: from here on an interruption can be found.
func (e *Engine) prepare(
	ctx context.Context, p app.Principal, pl plan.Plan, approval Approval, lease *lease, run *Run,
) (*operation, error) {
	op := &operation{engine: e, principal: p, plan: pl, why: approval.Why, lease: lease, run: run}
	if pl.Options.Orphan {
		return op, nil
	}
	var err error
	if op.pinned, err = e.pinned(ctx, pl.App); err != nil {
		return nil, fmt.Errorf("%s %s: %w", pl.Kind, pl.App, err)
	}
	op.standing = op.pinned
	cluster, id, err := e.boundCluster(ctx, pl.Destination)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", pl.Kind, pl.App, err)
	}
	if id != pl.Cluster {
		return nil, fmt.Errorf("%s %s: %w: the plan was made for %s", pl.Kind, pl.App, ErrClusterChanged, pl.Cluster)
	}
	op.cluster = cluster
	if err := e.asPlanned(ctx, &pl, &approval); err != nil {
		return nil, fmt.Errorf("%s %s: %w", pl.Kind, pl.App, err)
	}
	if err := e.unguarded(ctx, pl, approval.Confirmed); err != nil {
		return nil, err
	}
	switch {
	case pl.Options.DryRun:
		// Nothing is written, so nothing can be interrupted.
	case pl.Resumes != nil:
		err = op.reopen(ctx)
	default:
		err = op.beginJournal(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: open journal: %w", pl.Kind, pl.App, err)
	}
	if err := op.claim(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s %s: %w", pl.Kind, pl.App, err), op.unbegin(context.WithoutCancel(ctx)))
	}
	return op, nil
}

// unbegin takes the journal back of an operation that has not begun; that of an interrupted one stays as it was.
func (op *operation) unbegin(ctx context.Context) error {
	if op.journal == nil {
		return nil
	}
	err := op.journal.Close()
	if op.plan.Resumes == nil {
		err = errors.Join(err, op.engine.ports.Journals.Remove(ctx, op.plan.App, op.run.id))
	}
	return err
}

// beginJournal writes down what the operation sets out to do.
func (op *operation) beginJournal(ctx context.Context) error {
	pl := &op.plan
	options, err := json.Marshal(pl.Options)
	if err != nil {
		return err
	}
	op.journal, err = op.engine.ports.Journals.Begin(ctx, app.JournalHead{
		ID: op.run.id, Retries: op.run.retries, App: pl.App, Kind: pl.Kind, By: initiator(op.principal), Why: op.why,
		StartedAt: op.engine.opts.Clock.Now(), Cluster: pl.Cluster, Destination: pl.Destination, Commits: pl.Commits, Sources: pl.Sources, Record: pl.Record,
		Pinned: op.pinned, Pin: pl.Pin, Only: pl.Only, Options: options, Steps: len(pl.Steps), Left: leftOut(pl),
		Objects: op.superset(),
	})
	return err
}

func leftOut(pl *plan.Plan) []string {
	var out []string
	for i := range pl.Steps {
		if pl.Steps[i].Left {
			out = append(out, pl.Steps[i].ID)
		}
	}
	return out
}

// reopen goes on with the journal of an interrupted operation, and writes down which of its open steps were done. When it is gone, or has
// moved since the plan was made, somebody else has gone on.
func (op *operation) reopen(ctx context.Context) error {
	journals, err := op.engine.ports.Journals.Open(ctx, op.plan.App, "")
	if err != nil {
		return err
	}
	want := op.plan.Resumes
	i := slices.IndexFunc(journals, func(j app.Journal) bool { return j.Head.ID == want.Operation })
	if i < 0 || len(journals[i].Entries) != want.Entries {
		return fmt.Errorf("%w: somebody else went on with the interrupted operation", ErrMoved)
	}
	head := &journals[i].Head
	op.run.id, op.run.retries, op.noted = want.Operation, head.Retries, journals[i].Entries
	op.pinned = pinnedBefore(head, op.pinned)
	if op.journal, err = op.engine.ports.Journals.Reopen(ctx, op.plan.App, want.Operation); err != nil {
		return err
	}
	if err := op.noteArrived(want.Arrived); err != nil {
		return errors.Join(err, op.journal.Close())
	}
	return nil
}

// Terminate ends the running operation of an application: what is being written is finished, hooks that run are
// deleted, nothing new is started. One that another process runs is asked to end, which it does at its next step.
func (e *Engine) Terminate(ctx context.Context, p app.Principal, key app.Key) error {
	if err := e.Allowed(p, ActTerminate); err != nil {
		return err
	}
	en, ok := e.find(key)
	if !ok {
		return e.Unknown(key)
	}
	en.mu.Lock()
	run := en.run
	en.mu.Unlock()
	if run != nil && !run.ended() {
		run.cancel(app.ErrTerminated)
		return nil
	}
	holder, held, err := e.ports.Locks.Holder(ctx, key)
	if err == nil && !held {
		err = fmt.Errorf("%w: none is running", app.ErrNotFound)
	}
	if err == nil {
		err = e.ports.Locks.Terminate(ctx, key, app.EndRequest{Of: holder, By: p.Name})
	}
	if err != nil {
		return fmt.Errorf("terminate operation of %s: %w", key, err)
	}
	return nil
}

// Unpushed returns why the commits of a rollback are not, or not all, in git, once it has ended; nil when they are, or when
// there were none to make.
func (r *Run) Unpushed() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.unpushed
}

func (r *Run) ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

func initiator(p app.Principal) app.Initiator {
	return app.Initiator{Username: p.Name, Automated: p.Automated}
}

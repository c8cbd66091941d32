package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// A sync that is tried again is one operation with several attempts. Each attempt has a plan, a journal and a record of its own, so
// that whatever ends the process in between finds nothing half done. In the pause between two of them the application stays locked and
// its status says that the operation runs, why the attempt failed and when the next one begins; whoever ends the operation ends the
// pause. See docs/decisions/0071.

// Retry says how often, after which pauses and of what a sync that failed is tried again. The zero Retry is not at all. Automation,
// which decides about each of its attempts anew, leaves it so.
type Retry struct {
	// Retry is the policy. With Refresh a retry is of the newest commits, and one that comes in a pause ends it; without it, of those
	// that failed.
	app.Retry
	// Unseen lets a retry do what the approved plan does not show; without it such a retry is refused with an [ErrUnseen]. What is
	// guarded has to be confirmed by name either way.
	Unseen bool
	// Failed, where it is not nil, hears of each attempt that failed and is followed by another, before that begins. It is called
	// by the operation, which waits for it.
	Failed func(Progress)
}

// series are the attempts of one operation. Only the operation itself uses it.
type series struct {
	principal app.Principal
	approval  Approval
	approved  plan.Plan
	// failures are the attempts that failed so far.
	failures int64
}

// newSeries is the series of an operation that begins. Only syncs are tried again.
func newSeries(p app.Principal, pl *plan.Plan, approval Approval) *series {
	if pl.Kind != app.KindSync || pl.Resumes != nil {
		approval.Retry = Retry{}
	}
	return &series{principal: p, approval: approval, approved: *pl}
}

// carryOn carries an operation out, as often as it takes and may.
func (e *Engine) carryOn(ctx context.Context, op *operation) {
	for op != nil {
		op.story(ctx)
		op = op.next(ctx)
	}
}

// decide makes the state of an attempt that has ended that of a pause, where another one follows.
func (op *operation) decide() {
	s := op.series
	op.run.mu.Lock()
	defer op.run.mu.Unlock()
	st, p := &op.run.state, &op.run.progress
	pause, again := plan.Again(s.approval.Retry.Retry, st, s.failures+1)
	if !again {
		return
	}
	s.failures++
	r := &app.Retrying{
		Attempt: s.failures, Limit: s.approval.Retry.Limit, At: op.engine.opts.Clock.Now().Add(pause), Why: st.Message,
	}
	// The words are Argo CD's.
	message := fmt.Sprintf("%s. Retrying attempt #%d at %s", r.Why, r.Attempt, r.At.UTC().Format("15:04:05 MST"))
	st.Phase, st.Message, st.RetryCount, st.Retrying, st.FinishedAt = app.OperationRunning, message, r.Attempt, r, nil
	p.Phase, p.Message, p.Retrying, p.Waiting = app.OperationRunning, message, r, r.String()
}

// next waits for the next attempt and begins it; it returns nil when the operation has ended.
func (op *operation) next(ctx context.Context) *operation {
	for {
		p := op.run.Progress()
		if p.Retrying == nil {
			return nil
		}
		if tell := op.series.approval.Retry.Failed; tell != nil {
			tell(p)
		}
		op.rest(ctx, p.Retrying)
		if ended := op.terminated(ctx); ended != nil {
			op.abandon(ctx, p.Retrying, fmt.Sprintf("%v while it waited for %s", ended, p.Retrying))
			return nil
		}
		again, err := op.again(ctx, p.Retrying)
		if err == nil {
			return again
		}
		if ended := op.terminated(ctx); ended != nil {
			op.abandon(ctx, p.Retrying, fmt.Sprintf("%v while %s was planned", ended, p.Retrying))
			return nil
		}
		op.unplanned(ctx, p.Retrying, fmt.Errorf("retry %d of %s: %w", p.Retrying.Attempt, op.plan.App, err))
	}
}

// rest lets the pause pass. It ends before its time with the operation, and for a newer commit of what the application follows: a sync
// of other commits waits the whole pause.
func (op *operation) rest(ctx context.Context, r *app.Retrying) {
	e := op.engine
	resting, wake := context.WithCancel(ctx)
	defer wake()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		if op.follows() {
			if e.awaitCommit(resting, &op.plan) == nil {
				wake()
			}
			return
		}
		e.settled(resting, op.plan.App)
	}()
	select {
	case <-resting.Done():
	case <-e.opts.Clock.After(r.At.Sub(e.opts.Clock.Now())):
	}
	wake()
	<-watched
}

// follows reports whether the next attempt is of the newest commits.
func (op *operation) follows() bool {
	s := op.series
	return s.approval.Retry.Refresh && len(s.approved.Options.Revisions) == 0
}

// again plans the next attempt and prepares it under the lock that the operation has.
func (op *operation) again(ctx context.Context, r *app.Retrying) (*operation, error) {
	e, s := op.engine, op.series
	if err := e.Unpinned(ctx, op.plan.App); err != nil {
		return nil, err
	}
	pl, err := e.PlanSync(ctx, s.principal, op.plan.App, s.wishes())
	if err != nil {
		return nil, err
	}
	plan.LeaveOut(&s.approved, &pl)
	if st, unseen := plan.Unseen(&s.approved, &pl); unseen && !s.approval.Retry.Unseen {
		return nil, hint.With(fmt.Errorf("%s %s, as %s has it: %w", st.Verb, st.Ref, shortCommits(pl), ErrUnseen), lookAgain)
	}
	if err := e.admit(ctx, s.principal, &pl, s.approval.Confirmed); err != nil {
		return nil, err
	}
	approval := s.approval
	approval.Why = fmt.Sprintf("%s, retry %d", approval.Why, r.Attempt)
	op.run.renew()
	next, err := e.prepare(ctx, s.principal, pl, approval, op.lease, op.run)
	if err != nil {
		return nil, err
	}
	next.series = s
	return next, nil
}

// wishes are those of the approved plan. What was selected by labels is selected anew.
func (s *series) wishes() plan.Options {
	o := s.approved.Options
	if len(o.Select) > 0 || o.Labels != "" {
		o.Resources = nil
	}
	if !s.approval.Retry.Refresh {
		o.Revisions = map[int]string{}
		for i, c := range s.approved.Commits {
			o.Revisions[i] = c.ID
		}
	}
	return o
}

// unplanned goes on after a retry that could not be begun. It counts as one that failed, for what stood against it may pass; what was
// refused would be refused again.
func (op *operation) unplanned(ctx context.Context, r *app.Retrying, err error) {
	op.run.mu.Lock()
	st := &op.run.state
	st.Phase, st.Message, st.Retrying = app.OperationFailed, diff.Brief(hint.Text(err)), nil
	op.run.progress.Retrying = nil
	op.run.mu.Unlock()
	if !refusal(err) {
		op.decide()
	}
	if op.run.Progress().Retrying == nil {
		op.run.mu.Lock()
		op.run.untried = err
		op.run.mu.Unlock()
		op.abandon(ctx, r, "not tried again: "+diff.Brief(hint.Text(err)))
		return
	}
	op.publishState(ctx)
	op.show()
}

// abandon ends an operation in the pause before a retry.
func (op *operation) abandon(ctx context.Context, r *app.Retrying, why string) {
	op.end(app.OperationFailed, why+"; it had failed: "+r.Why)
	op.publishState(ctx)
	op.letGo()
}

// publishState stores the operation's state in the status.
func (op *operation) publishState(ctx context.Context) {
	op.run.mu.Lock()
	state := op.run.state
	op.run.mu.Unlock()
	op.store(context.WithoutCancel(ctx), func(s *app.Status) { s.OperationState = &state })
}

// Untried returns why the last retry of an operation was not begun, once the operation has ended; nil when it was, or when there was to
// be none.
func (r *Run) Untried() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.untried
}

// refusal reports whether an error would be the same another time, unless somebody does something about it.
func refusal(err error) bool {
	return slices.ContainsFunc([]error{
		ErrForbidden, ErrGuarded, ErrPinned, ErrAutomated, ErrClusterChanged, ErrReleased, ErrInUse, ErrUnseen,
		app.ErrNotFound, app.ErrUnfit, app.ErrMisused,
	}, func(sentinel error) bool { return errors.Is(err, sentinel) })
}

// inPause says of a lock that is held that its holder waits for a retry, where it does.
func (e *Engine) inPause(ctx context.Context, key app.Key, err error) error {
	a, unread := e.ports.Store.Load(ctx, key)
	if unread != nil || !errors.Is(err, app.ErrLocked) || a.Status.OperationState == nil {
		return err
	}
	r := a.Status.OperationState.Retrying
	if r == nil || r.At.Before(e.opts.Clock.Now()) {
		return err
	}
	return fmt.Errorf("it has failed and waits for %s: %w", r, err)
}

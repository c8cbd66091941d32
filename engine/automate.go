package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// AutomationState says who heals and syncs the automated applications of the store.
type AutomationState struct {
	// Held is true when some process holds the automation lock, Ours when it is this one.
	Held, Ours bool
	Holder     app.Holder
}

// automaton acts for nobody in particular, with the rights of the process that runs it.
var automaton = app.Principal{Name: "automation", Role: app.Operator, Automated: true}

// Automation says who automates.
func (e *Engine) Automation() AutomationState {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.automation
}

// holdAutomation takes the automation lock when it is free and this process is meant to, and otherwise watches who has
// it. The lock is tried again when its holder gives it up, or at a pause where that is not told; after a pause as well where this process
// had it and lost it.
func (e *Engine) holdAutomation(ctx context.Context) error {
	defer func() { e.letGoOfAutomation(e.automationLock()) }()
	for {
		waitCtx, cancel := context.WithCancel(ctx)
		freed, told := e.ports.Locks.AutomationFreed(waitCtx)
		state, lock := e.tryAutomation(ctx)
		e.mu.Lock()
		changed := state != e.automation
		e.automation = state
		if lock != nil {
			e.autoLock, e.autoLost = lock, cancel
		}
		e.mu.Unlock()
		if changed {
			e.notify(app.Key{})
		}
		if lock != nil {
			for _, v := range e.Views() {
				e.enqueue(v.App.Key(), levelCompare)
			}
		}
		switch {
		case state.Ours:
			<-waitCtx.Done()
			e.pauseAutomation(ctx)
		case told:
			<-freed
		default:
			e.pauseAutomation(ctx)
		}
		cancel()
		if told {
			<-freed // nobody waits any more
		}
		if ctx.Err() != nil {
			return nil
		}
	}
}

// pauseAutomation waits until the automation lock is to be tried again.
func (e *Engine) pauseAutomation(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-e.opts.Clock.After(automatonWait):
	}
}

func (e *Engine) tryAutomation(ctx context.Context) (AutomationState, Lock) {
	if e.opts.Automate {
		h := e.opts.Holder
		h.Since = e.opts.Clock.Now()
		lock, err := e.ports.Locks.LockAutomation(ctx, h)
		if err == nil {
			return AutomationState{Held: true, Ours: true, Holder: h}, lock
		}
		if !errors.Is(err, app.ErrLocked) {
			e.opts.Log.Warn("automation lock not taken", "error", err)
		}
	}
	return e.automationHolder(ctx), nil
}

// automationHolder asks the store who automates.
func (e *Engine) automationHolder(ctx context.Context) AutomationState {
	holder, held, err := e.ports.Locks.AutomationHolder(ctx)
	if err != nil {
		e.opts.Log.Warn("automation lock not read", "error", err)
	}
	return AutomationState{Held: held, Holder: holder}
}

// automationLock returns the automation lock where this process has it.
func (e *Engine) automationLock() Lock {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.autoLock
}

// loseAutomation gives up an automation lock that is not worth anything any more, as one whose file was replaced, and has it taken anew:
// nobody would automate otherwise.
func (e *Engine) loseAutomation(lock Lock, why error) {
	e.mu.Lock()
	lost := e.autoLost
	e.mu.Unlock()
	if !e.letGoOfAutomation(lock) {
		return
	}
	e.opts.Log.Warn("automation lock lost", "error", why)
	e.notify(app.Key{})
	lost()
}

// letGoOfAutomation releases an automation lock, and reports whether this process went by it.
func (e *Engine) letGoOfAutomation(lock Lock) bool {
	e.mu.Lock()
	held := lock != nil && e.autoLock == lock
	if held {
		e.autoLock, e.automation = nil, AutomationState{}
	}
	e.mu.Unlock()
	if !held {
		return false
	}
	if err := lock.Release(); err != nil {
		e.opts.Log.Warn("automation lock not released", "error", err)
	}
	return true
}

// automate lets the rules of automated syncs decide about an application that was just refreshed, and starts what they
// ask for. It does nothing in a process that does not hold the automation lock.
func (e *Engine) automate(ctx context.Context, en *entry) {
	lock := e.automationLock()
	if lock == nil {
		return
	}
	if err := lock.Check(); err != nil {
		e.loseAutomation(lock, err)
		return
	}
	en.mu.Lock()
	x, view, run := en.last, en.view, en.run
	en.mu.Unlock()
	if view.Held != nil || x == nil {
		return
	}
	now := e.opts.Clock.Now()
	if run != nil && !run.ended() {
		if untilFree(&view, now) <= 0 {
			e.makeWay(ctx, run, e.autoSyncInput(en, x, &view, now), x)
		}
		return
	}
	if outdated(x, view.App.Status.OperationState, now) {
		e.enqueue(en.key, levelCompare)
		return
	}
	d := e.decide(en, x, &view, now)
	if d.Do {
		// What another process has written may not have been told yet, such as that somebody pauses it.
		a, err := e.ports.Store.Load(ctx, en.key)
		if err == nil {
			d, err = e.weigh(ctx, en, x, &a)
		}
		if err != nil {
			e.unstarted(ctx, en, err)
			return
		}
	}
	if d.Resolve {
		e.enqueue(en.key, levelHard)
		return
	}
	e.tell(ctx, en, d)
	if d.Wait > 0 {
		e.queue.AddAfter(en.key, d.Wait)
	}
	if !d.Do {
		return
	}
	if err := e.startAutomatic(ctx, en, x, d); err != nil {
		e.unstarted(ctx, en, err)
	}
}

// unstarted says why an automatic sync was not started. What somebody did meanwhile is no failure: it is decided anew.
func (e *Engine) unstarted(ctx context.Context, en *entry, err error) {
	if errors.Is(err, ErrMoved) || errors.Is(err, ErrPinned) {
		e.opts.Log.Info("automatic sync given up", "app", en.key.String(), "why", err)
		e.enqueue(en.key, levelResolve)
		return
	}
	e.opts.Log.Warn("automatic sync not started", "app", en.key.String(), "error", err)
	if errors.Is(err, ErrGuarded) {
		e.tell(ctx, en, plan.Decision{Blocked: "automatic sync refused: " + err.Error()})
	}
}

// weigh returns what automation does about an application that was examined, given its document as the store has it now. It is asked
// before a sync is planned, and once more under the application's lock: planning takes its time, a process may stand still, and what
// others have said and done by then holds. An ErrMoved is of an examination that serves no more.
func (e *Engine) weigh(ctx context.Context, en *entry, x *examination, a *app.Application) (plan.Decision, error) {
	switch {
	case !sameSpec(&a.Spec, &x.app.Spec):
		return plan.Decision{}, fmt.Errorf("%w: the application asks for something else", ErrMoved)
	case !sameOperation(a.Status.OperationState, x.app.Status.OperationState):
		return plan.Decision{}, fmt.Errorf("%w: another operation was begun", ErrMoved)
	}
	now := e.opts.Clock.Now()
	view := en.amend(a, now)
	view.App.Status.Conditions = a.Status.Conditions
	d := e.decide(en, x, &view, now)
	if !d.Do {
		return d, nil
	}
	journals, err := e.unfinished(ctx, en.key)
	if err != nil {
		return plan.Decision{}, err
	}
	if deletionBegun(journals) {
		return plan.Decision{}, fmt.Errorf("%w: a deletion was begun", ErrMoved)
	}
	why, err := e.halted(ctx, x, now)
	if err != nil {
		return plan.Decision{}, fmt.Errorf("read halts: %w", err)
	}
	if why != "" {
		d = plan.Decision{Wait: haltPause, Paused: why}
	}
	return d, nil
}

// sameOperation reports whether two states are of one operation that has come no further in between.
func sameOperation(a, b *app.OperationState) bool {
	if a == nil || b == nil {
		return a == b
	}
	ended := a.FinishedAt == b.FinishedAt || a.FinishedAt != nil && b.FinishedAt != nil && a.FinishedAt.Equal(*b.FinishedAt)
	return ended && a.Phase == b.Phase && a.StartedAt.Equal(b.StartedAt)
}

// decide returns what automation does about an application that was examined, and that a View shows.
func (e *Engine) decide(en *entry, x *examination, view *View, now time.Time) plan.Decision {
	d := plan.AutoSync(e.autoSyncInput(en, x, view, now))
	if wait := untilFree(view, now); wait > 0 && !d.Resolve {
		return plan.Decision{Wait: wait}
	}
	return d
}

// untilFree is how long automation leaves an application alone, because of a pause or of a pin that ends by itself.
func untilFree(v *View, now time.Time) time.Duration {
	var wait time.Duration
	if v.Pause != nil {
		wait = v.Pause.Until.Sub(now)
	}
	if v.Pin != nil && !v.Pin.Until.IsZero() {
		wait = max(wait, v.Pin.Until.Sub(now))
	}
	return wait
}

// outdated reports whether an examination began before the last operation ended: it says nothing about what that left.
// An end that lies in the future is some other clock's, and is not waited for.
func outdated(x *examination, last *app.OperationState, now time.Time) bool {
	return last != nil && last.FinishedAt != nil && !x.at.After(*last.FinishedAt) && !last.FinishedAt.After(now)
}

func (e *Engine) autoSyncInput(en *entry, x *examination, view *View, now time.Time) plan.AutoSyncInput {
	in := plan.AutoSyncInput{
		App: view.App, Commits: x.want.renderedFrom(), Sources: x.want.sources, Brought: x.want.brought, Read: x.want.read, Pinned: view.Pin != nil, Now: now, Heat: en.heat,
	}
	for i, d := range x.diffs {
		if x.want.isHook(i) {
			continue
		}
		in.Diffs = append(in.Diffs, d)
	}
	return in
}

// startAutomatic plans and starts an automatic sync. What was compared a moment ago is planned as it is: objects that
// do not exist yet are not asked about, their apply will tell. Where a hook is run or something is deleted they are asked about before,
// for what cannot be made good is held back when they cannot succeed.
func (e *Engine) startAutomatic(ctx context.Context, en *entry, x *examination, d plan.Decision) error {
	still := e.stillWanted(en, x, d)
	p, err := e.build(x, app.KindSync, "", d.Options, e.opts.Clock.Now())
	if err == nil && p.Risks() {
		if x, err = e.examine(ctx, x.app, question{memo: en.memo, kept: &x.want, creates: true}); err == nil {
			p, err = e.build(x, app.KindSync, "", d.Options, e.opts.Clock.Now())
		}
	}
	if err != nil {
		return err
	}
	if p.Empty() && !mends(&x.app.Status, d) {
		return nil
	}
	if err := e.guardHooks(ctx, &p); err != nil {
		return err
	}
	run, err := e.Execute(ctx, automaton, p, Approval{Why: d.Why, still: still})
	if err != nil {
		return err
	}
	en.mu.Lock()
	for i := range p.Steps {
		// What a heal puts back, and not what a new commit changes.
		if s := &p.Steps[i]; d.Options.OutOfSyncOnly && s.Verb != plan.Keep {
			en.heat.Add(s.Ref, e.opts.Clock.Now())
		}
	}
	en.mu.Unlock()
	e.opts.Log.Info("automatic sync started", "app", en.key.String(), "operation", run.ID(), "why", d.Why)
	return nil
}

// mends reports whether a sync without steps says something all the same: that what failed as a whole has come to its end.
func mends(s *app.Status, d plan.Decision) bool {
	return len(d.Options.Resources) == 0 && s.FailedWhole()
}

// stillWanted returns what an automatic sync asks of the document under the application's lock: whether automation would decide as
// it has.
func (e *Engine) stillWanted(en *entry, x *examination, d plan.Decision) func(context.Context, *app.Application) error {
	return func(ctx context.Context, a *app.Application) error {
		now, err := e.weigh(ctx, en, x, a)
		if err == nil && (!now.Do || now.Options.Prune != d.Options.Prune) {
			err = fmt.Errorf("%w: automation is not to do that any more", ErrMoved)
		}
		return err
	}
}

// tell shows in the conditions why automation does not act, and takes back what it said before and holds no more.
func (e *Engine) tell(ctx context.Context, en *entry, d plan.Decision) {
	v, _ := en.current()
	if conditions := told(v.App.Status.Conditions, d, e.opts.Clock.Now()); slices.EqualFunc(conditions, v.App.Status.Conditions, sameCondition) {
		return
	}
	now := e.opts.Clock.Now()
	status, err := e.ports.Store.UpdateStatus(ctx, en.key, func(s *app.Status) { s.Conditions = told(s.Conditions, d, now) })
	if err != nil {
		e.opts.Log.Warn("status not written", "app", en.key.String(), "error", err)
		return
	}
	en.change(func(v *View) { v.App.Status = status })
	e.notify(en.key)
}

// told puts what a decision says into conditions. A refusal stays until an operation ends; a fight and a pause end with the
// decision that names them no more.
func told(conditions []app.Condition, d plan.Decision, now time.Time) []app.Condition {
	out := conditions
	if d.Blocked != "" {
		out = said(out, app.ConditionSyncError, d.Blocked)
	}
	out = said(out, app.ConditionFight, d.Fight)
	return timed(conditions, said(out, app.ConditionPaused, d.Paused), now)
}

func sameCondition(a, b app.Condition) bool { return a.Type == b.Type && a.Message == b.Message }

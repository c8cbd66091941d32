package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// approveFlags are the flags of verbs that carry a plan out.
type approveFlags struct {
	yes     bool
	confirm []string
	dryRun  bool
	timeout seconds
	// wait has the command end when the application is healthy, not when the operation has.
	wait bool
	// again says how a sync that fails is tried again, and remedy how not to.
	again  engine.Retry
	remedy string
}

func (a *approveFlags) declare(f *pflag.FlagSet) {
	f.BoolVarP(&a.yes, "yes", "y", false, "do not ask; guarded steps still need --confirm")
	f.StringArrayVar(&a.confirm, "confirm", nil, "confirm the guard with this `name`, as a plan shows it; may repeat")
	f.BoolVar(&a.dryRun, "dry-run", false, "let the API server check what it can, and write nothing")
	f.Var(&a.timeout, "timeout", "give up after this `time` (30s, or seconds); 0 waits for ever")
}

// declareWait is for operations that leave something behind that can be healthy.
func (a *approveFlags) declareWait(f *pflag.FlagSet) {
	f.BoolVarP(&a.wait, "wait", "w", false, "afterwards wait until the application is healthy: applied is not settled yet")
}

// run makes a plan, carries it out, and waits for what came of it where that is asked for.
func (a *approveFlags) run(ctx context.Context, env *Env, act engine.Act, make func(context.Context) (plan.Plan, error), why string) error {
	if a.timeout.Duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, a.timeout.Duration)
		defer cancel()
	}
	// A role that lacks the act is told so before anything is asked of repository and cluster.
	if err := env.Engine.Allowed(env.Principal, act); err != nil {
		return err
	}
	p, err := make(ctx)
	if err != nil {
		return err
	}
	if err := a.carryOut(ctx, env, p, why); err != nil || !a.wait || a.dryRun {
		return err
	}
	if p.Kind == app.KindRollback {
		return waitRecord(ctx, env, p.App, p.Record)
	}
	return waitOne(ctx, env, p.App, false, unhealthy)
}

// unhealthy says what is missing until an application that was synced is settled, "" when nothing is.
func unhealthy(v engine.View) string { return lacks(v.App.Status.Health) }

// lacks says what a health is where it is not Healthy, and "" where it is.
func lacks(h app.Health) string {
	if h.Status != app.Healthy {
		return strings.TrimSpace("health is " + string(h.Status) + " " + h.Message)
	}
	return ""
}

// carryOut asks where a person can be asked, carries a plan out and tells every step.
func (a *approveFlags) carryOut(ctx context.Context, env *Env, p plan.Plan, why string) error {
	nothing := p.Kind != app.KindDelete && p.Resumes == nil && p.Empty()
	done := nothing && len(p.Guards) == 0 && settled(env, &p)
	asks := env.Terminal && !a.yes && !done
	if !asks {
		// Who is asked is shown the whole plan.
		tellKept(env, &p)
		a.tellGuards(env, &p)
	}
	tellRestores(env, &p)
	if nothing {
		tellNothing(env, &p)
	}
	if done {
		return nil
	}
	if asks {
		if err := printPlan(env.Out, &p); err != nil {
			return err
		}
		if !ask(env, fmt.Sprintf("%s %s? [y/N] ", p.Kind, p.App)) {
			return &Outcome{Status: ExitRefused, Err: errors.New("not confirmed: nothing was done")}
		}
	}
	updates := env.Engine.Subscribe()
	defer updates.Close()
	told := newTeller(env, a)
	again := a.again
	again.Failed = told.failed
	// Who was asked has approved what was shown.
	again.Unseen = again.Unseen || !asks
	run, err := env.Engine.Execute(ctx, env.Principal, p, engine.Approval{Confirmed: a.confirm, Why: why, Retry: again})
	if err != nil {
		return err
	}
	return follow(ctx, env, &p, run, updates, told)
}

// tellKept names the objects that a plan leaves alone, with the reason, and what else is to be known of it.
func tellKept(env *Env, p *plan.Plan) {
	for _, s := range p.Steps {
		if s.Verb == plan.Keep {
			fmt.Fprintf(env.Out, "%-8s %-10s %-8s %s  %s\n", s.Phase, s.Verb, "-", s.Ref, clean(s.Reason))
		}
	}
	for _, note := range p.Notes {
		fmt.Fprintf(env.Out, "note: %s\n", clean(note))
	}
}

// tellGuards says what a person would have to confirm of a plan that is only tried.
func (a *approveFlags) tellGuards(env *Env, p *plan.Plan) {
	if !a.dryRun {
		return
	}
	for _, g := range p.Guards {
		fmt.Fprintf(env.Out, "guard %s: %s\n", g.Name, clean(g.Message))
	}
}

// settled reports whether the last operation has left the application as an empty plan would: then there is nothing to
// record either. After a failure, or for another commit, the operation without steps is what says that all is well; so it is when some
// objects were synced since.
func settled(env *Env, p *plan.Plan) bool {
	v, ok := env.Engine.View(p.App)
	last := v.App.Status.OperationState
	if !ok || p.Kind != app.KindSync || last == nil || last.Phase != app.OperationSucceeded || last.SyncResult == nil {
		return false
	}
	if len(p.Options.Resources) == 0 && v.App.Status.Owed() {
		return false
	}
	ids := last.SyncResult.Revisions
	if len(ids) == 0 {
		ids = []string{last.SyncResult.Revision}
	}
	return last.Operation.Brought() == p.Brought && slices.EqualFunc(ids, p.Commits, func(id string, c app.Commit) bool { return id == c.ID })
}

// ask asks a question that a plain yes answers; anything else, an empty line too, is no.
func ask(env *Env, question string) bool {
	fmt.Fprint(env.Err, question)
	var answer string
	if _, err := fmt.Fscanln(env.In, &answer); err != nil {
		return false
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
)

// seconds is a flag value that takes a duration, or a bare number of seconds as Argo CD does; none that is negative.
type seconds struct{ time.Duration }

func (s *seconds) Set(text string) error {
	d, err := time.ParseDuration(text)
	if n, bare := strconv.Atoi(text); bare == nil {
		d, err = time.Duration(n)*time.Second, nil
	}
	switch {
	case err != nil:
		return errors.New("it is no time: write 30s, 5m, 72h or a number of seconds")
	case d < 0:
		return errors.New("a time cannot be negative: write 0 or more, such as 30s, 5m, 72h or a number of seconds")
	}
	s.Duration = d
	return nil
}

func (s *seconds) String() string { return s.Duration.String() }

// Type names the value in help.
func (*seconds) Type() string { return "duration" }

// approveFlags are the flags of verbs that carry a plan out.
type approveFlags struct {
	yes     bool
	confirm []string
	dryRun  bool
	timeout seconds
	// wait has the command end when the application is healthy, not when the operation has.
	wait bool
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

func appSync() Verb {
	var flags planFlags
	var approve approveFlags
	var again retryFlags
	var async bool
	var selector string
	return Verb{
		Group: "app", Name: "sync", Args: "[NAME…]", MinArgs: 0, MaxArgs: -1,
		Short: "Apply what git asks for",
		Long: "Make a plan, checked by the API server, and carry it out: one line per step. In a terminal the plan is shown and\n" +
			"asked about first; without one it proceeds, unless it is guarded. A sync of some objects only (--resource, --label)\n" +
			"runs no hooks, unless --hooks is given. A sync that fails is tried again as --retry-limit says, or else the application.\n" +
			"Exit status 4 says that the sync failed, 6 that it was refused: by a guard, a pin, a lock or a right.",
		Example: "  wheelhouse app sync web\n  wheelhouse app sync web --prune --confirm prune:StatefulSet/web/db\n" +
			"  wheelhouse app sync -l team=shop --retry-limit 3\n  wheelhouse app sync web --resource 'apps:*:*' --resource '!apps:Deployment:web/worker'",
		Flags: func(f *pflag.FlagSet) {
			flags.declare(f)
			approve.declare(f)
			approve.declareWait(f)
			again.declare(f)
			f.BoolVar(&async, "async", false, "return when the operation has begun; it goes on in a process of its own")
			f.StringVarP(&selector, "selector", "l", "", "the applications whose labels satisfy this `selector`, as kubectl's: key=value,key!=value,…")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			if err := again.check(); err != nil {
				return err
			}
			if err := env.Engine.Load(ctx); err != nil {
				return err
			}
			keys, err := selectApps(env, args, selector)
			if err != nil {
				return err
			}
			wishes := make([]plan.Options, len(keys))
			for i, k := range keys {
				if wishes[i], err = flags.options(ctx, env, k); err != nil {
					return err
				}
				wishes[i].DryRun = approve.dryRun
			}
			if async {
				if len(keys) != 1 {
					return usagef("--async takes one application")
				}
				if approve.dryRun {
					return usagef("--async leaves only a record behind, and a dry run has none: leave one of the two out")
				}
				return env.Background(ctx, keys[0])
			}
			var failures []error
			for i, k := range keys {
				err := again.sync(ctx, env, k, wishes[i], approve)
				if err != nil && len(keys) > 1 {
					env.say("%s: %v", k, err)
				}
				failures = append(failures, err)
			}
			return worst(failures)
		},
	}
}

// selectApps returns the named applications, or those whose labels satisfy a selector.
func selectApps(env *Env, names []string, selector string) ([]app.Key, error) {
	if (selector == "") == (len(names) == 0) {
		return nil, usagef("name applications, or select them with --selector")
	}
	wanted, err := labels.Parse(selector)
	if err != nil {
		return nil, usagef("--selector: %w", err)
	}
	var keys []app.Key
	for _, name := range names {
		k, err := key(name)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	if selector == "" {
		return keys, nil
	}
	for _, v := range env.Engine.Views() {
		if !v.Released && matchesView(v, "", "", wanted) {
			keys = append(keys, v.App.Key())
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("applications with labels %s: %w", selector, app.ErrNotFound)
	}
	return keys, nil
}

// worst returns the error with the highest exit status.
func worst(errs []error) error {
	var out error
	for _, err := range errs {
		if err != nil && (out == nil || ExitStatus(err) > ExitStatus(out)) {
			out = err
		}
	}
	return out
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
	return waitOne(ctx, env, p.App, false, unhealthy)
}

// unhealthy says what is missing until an application that was synced is settled, "" when nothing is.
func unhealthy(v engine.View) string {
	if h := v.App.Status.Health; h.Status != app.Healthy {
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
		fmt.Fprintf(env.Out, "%s: nothing to do, %d objects unchanged\n", p.App, p.Unchanged)
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
	run, err := env.Engine.Execute(ctx, env.Principal, p, engine.Approval{Confirmed: a.confirm, Why: why})
	if err != nil {
		return err
	}
	return follow(ctx, env, &p, run, updates)
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
// record either. After a failure, or for another commit, the operation without steps is what says that all is well.
func settled(env *Env, p *plan.Plan) bool {
	v, ok := env.Engine.View(p.App)
	last := v.App.Status.OperationState
	if !ok || p.Kind != app.KindSync || last == nil || last.Phase != app.OperationSucceeded || last.SyncResult == nil {
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

// endsWithin is how long the end of an operation that was terminated is waited for: a write that was sent has a few seconds to be
// answered, and so has the deletion of its hooks.
const endsWithin = 30 * time.Second

// endedEarly gives an operation that was interrupted the exit status of one that was terminated, which it was; time that is up has its
// own.
func endedEarly(err error) error {
	if errors.Is(err, context.Canceled) {
		return &Outcome{Status: ExitFailed, Err: err}
	}
	return err
}

// follow tells the steps of an operation as they end. When ctx ends first the operation is terminated, for it lives in
// this process.
func follow(ctx context.Context, env *Env, p *plan.Plan, run *engine.Run, updates *engine.Subscription) error {
	told := make([]bool, len(p.Steps))
	tell := func() {
		progress := run.Progress()
		for i, s := range progress.Steps {
			if !told[i] && (s.State == engine.StepDone || s.State == engine.StepFailed || s.State == engine.StepSkipped) {
				told[i] = true
				tellStep(env, progress.ID, &p.Steps[i], s)
			}
		}
	}
	done := make(chan struct{})
	waitCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer close(done)
		for {
			if _, err := updates.Next(waitCtx); err != nil {
				return
			}
			tell()
		}
	}()
	state, err := run.Wait(ctx)
	if err != nil {
		terminate := env.Engine.Terminate(context.WithoutCancel(ctx), env.Principal, p.App)
		ending, over := context.WithTimeout(context.WithoutCancel(ctx), endsWithin)
		defer over()
		state, late := run.Wait(ending)
		cancel()
		<-done
		tell()
		if late != nil {
			state.Message = "the operation has not ended yet; wheelhouse app get " + p.App.String() + " tells what became of it"
		}
		return endedEarly(errors.Join(fmt.Errorf("%s of %s: %w: %s", p.Kind, p.App, timeUp(ctx), clean(state.Message)), terminate))
	}
	cancel()
	<-done
	tell()
	fmt.Fprintf(env.Out, "%s of %s: %s: %s\n", p.Kind, p.App, state.Phase, state.Message)
	if state.Phase != app.OperationSucceeded {
		return &Outcome{Status: ExitFailed, Quiet: true, Err: errors.New(state.Message)}
	}
	if err := run.Unpushed(); err != nil {
		return &Outcome{Status: ExitFailed, Err: err}
	}
	return nil
}

func tellStep(env *Env, operation string, s *plan.Step, state engine.StepState) {
	took := ""
	if !state.Ended.IsZero() && state.Ended.After(state.Started) {
		took = state.Ended.Sub(state.Started).Round(time.Millisecond).String()
	}
	ref := s.Ref
	if s.Verb == plan.RunHook {
		ref = plan.HookRef(s, operation)
	}
	fmt.Fprintf(env.Out, "%-8s %-10s %-8s %s", s.Phase, s.Verb, state.State, ref)
	if state.Message != "" {
		fmt.Fprintf(env.Out, "  %s", clean(state.Message))
	}
	if took != "" {
		fmt.Fprintf(env.Out, "  (%s)", took)
	}
	fmt.Fprintln(env.Out)
}

func appRefresh() Verb {
	var hard bool
	return Verb{
		Group: "app", Name: "refresh", Args: "NAME", MinArgs: 1, MaxArgs: 1, Formats: []string{"table", "json", "yaml", "name"},
		Short: "Compare an application with git and its cluster now",
		Long: "Compare an application with git and its cluster now, and store what it comes to. Exit status 7 says that not all of it\n" +
			"could be compared.",
		Flags: func(f *pflag.FlagSet) {
			f.BoolVar(&hard, "hard", false, "render it anew with what lies outside of its manifest-generate-paths")
		},
		Run: func(ctx context.Context, env *Env, args []string) error {
			k, err := key(args[0])
			if err != nil {
				return err
			}
			v, err := refreshing(true, hard)(env.Engine, ctx, k)
			if err != nil {
				return err
			}
			switch env.Format {
			case "json", "yaml":
				err = printObject(env.Out, env.Format, &v.App)
			case "name":
				fmt.Fprintln(env.Out, k)
			default:
				fmt.Fprintf(env.Out, "%s: %s, %s\n", k, v.App.Status.Sync.Status, v.App.Status.Health.Status)
			}
			return errors.Join(err, unknown(&v.App.Status))
		},
	}
}

// unknown says what could not be compared of an application; nil when all was.
func unknown(s *app.Status) error {
	if s.Sync.Status != app.SyncUnknown {
		return nil
	}
	var what []error
	for _, c := range s.Conditions {
		if c.Type == app.ConditionComparisonError {
			what = append(what, errors.New(c.Message))
		}
	}
	return errors.Join(what...)
}

// remedied writes an error and its remedy for a person.
func remedied(err error) string {
	if h := hint.Of(err); h != "" {
		return err.Error() + "\n  " + h
	}
	return err.Error()
}

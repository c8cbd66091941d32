package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

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

// follow tells the steps of an operation as they end, in every attempt. When ctx ends first the operation is terminated, for it lives
// in this process.
func follow(ctx context.Context, env *Env, p *plan.Plan, run *engine.Run, updates *engine.Subscription, told *teller) error {
	tell := func() { told.steps(run.Progress()) }
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
	if err := run.Untried(); err != nil {
		return err
	}
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

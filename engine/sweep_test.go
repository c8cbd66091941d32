package engine

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

// TestAHookThatSucceededIsThereForTheOthers has one hook succeed as soon as it is there, and another one need it in a later wave.
func TestAHookThatSucceededIsThereForTheOthers(t *testing.T) {
	t.Parallel()
	kept, helper := hookOf("kept", plan.Hook{Phase: plan.PreSync, OnFailure: true}), hookOf("helper", plan.Hook{Phase: plan.PreSync, OnSuccess: true})
	user := hookOf("user", plan.Hook{Phase: plan.PostSync, OnSuccess: true, OnFailure: true})
	user.Wave = 1
	op, s := onStage(t, kept, helper, user)
	op.journal = &notes{}
	err := op.groups(t.Context())
	if err = errors.Join(err, op.sweep(t.Context(), err)); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.acts, ", "); got != "apply kept, apply helper, apply user, delete helper, delete user" &&
		got != "apply helper, apply kept, apply user, delete helper, delete user" {
		t.Errorf("it did %s", got)
	}
	for i := range op.plan.Steps {
		if got := op.stateOf(i); got != StepDone {
			t.Errorf("step %d is %s", i, got)
		}
	}
}

// TestWhenHooksThatSucceededAreDeleted ends an operation in every way after its hook has succeeded.
func TestWhenHooksThatSucceededAreDeleted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		outcome                        error
		ended, dryRun, waiting, others bool
		kind                           string
		want                           int
	}{
		"one that succeeded":                             {want: 1},
		"one that failed elsewhere":                      {outcome: errors.New("refused"), want: 1},
		"one that was ended":                             {outcome: app.ErrTerminated, ended: true, want: 1},
		"one that was ended, of a hook that holds data":  {outcome: app.ErrTerminated, ended: true, kind: "PersistentVolumeClaim"},
		"one that is to be resumed":                      {outcome: errFate},
		"a dry run":                                      {dryRun: true},
		"one that did not see the end of the hook":       {waiting: true},
		"one in which somebody else made the hook anew":  {others: true},
		"one that was ended, with the hook of somebody":  {ended: true, others: true},
		"one that succeeded, of a hook that holds data":  {kind: "PersistentVolumeClaim", want: 1},
		"one that failed, and its hook of data was seen": {kind: "PersistentVolumeClaim", outcome: errors.New("refused"), want: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			step := hookOf("helper", plan.Hook{Phase: plan.PreSync, OnSuccess: true})
			if c.kind != "" {
				step.Ref.Kind = c.kind
				step.Desired.SetKind(c.kind)
			}
			op, s := onStage(t, step)
			op.journal, op.plan.Options.DryRun = &notes{}, c.dryRun
			s.objects[step.Ref] = madeBy("op-1", &step)
			if c.others {
				s.objects[step.Ref] = madeBy("op-2", &step)
			}
			if op.step(0, StepDone, ""); c.waiting {
				op.step(0, StepWaiting, "")
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if c.ended {
				cancel()
			}
			if err := op.sweep(ctx, c.outcome); err != nil {
				t.Fatal(err)
			}
			if c.ended {
				if len(s.deleted) > 0 {
					t.Errorf("after its end it deleted %v", s.deleted)
				}
				if err := op.deleteRunningHooks(ctx); err != nil {
					t.Fatal(err)
				}
			}
			if len(s.deleted) != c.want {
				t.Errorf("it deleted %v", s.deleted)
			}
		})
	}
}

// TestAResumedOperationDeletesWhatHasSucceeded resumes an operation whose process died between the end of a hook and its deletion.
func TestAResumedOperationDeletesWhatHasSucceeded(t *testing.T) {
	t.Parallel()
	helper := hookOf("helper", plan.Hook{Phase: plan.PreSync, OnSuccess: true})
	live := madeBy("op-1", &helper)
	end := plan.Step{ID: "PreSync/0/prune/helper", Ref: helper.Ref, Verb: plan.Delete, Phase: plan.PreSync, Hook: helper.Hook, Live: live}
	op, s := onStage(t, end, hookOf("user", plan.Hook{Phase: plan.PostSync, BeforeCreation: true}))
	op.journal, s.objects[helper.Ref] = &notes{}, live
	err := op.groups(t.Context())
	if err = errors.Join(err, op.sweep(t.Context(), err)); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.acts, ", "); got != "apply user, delete helper" || op.stateOf(0) != StepDone {
		t.Errorf("it did %s, and its deletion is %s", got, op.stateOf(0))
	}
}

// TestAnEarlierRunThatSucceededIsOverdue has a hook run again whose policy was to delete the earlier run because that succeeded.
func TestAnEarlierRunThatSucceededIsOverdue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy plan.Hook
		want   string
	}{
		"it was to go when it succeeded": {plan.Hook{Phase: plan.PreSync, OnSuccess: true}, "delete twice, apply twice"},
		"it was to go when it failed":    {plan.Hook{Phase: plan.PreSync, OnFailure: true}, "apply twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			step := hookOf("twice", c.policy)
			op, s := onStage(t, step)
			s.objects[step.Ref] = madeBy("op-0", &step)
			if err := op.startHook(t.Context(), &op.plan.Steps[0]); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(s.acts, ", "); got != c.want {
				t.Errorf("it did %s, want %s", got, c.want)
			}
		})
	}
}

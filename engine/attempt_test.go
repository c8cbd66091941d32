package engine

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestAnAttemptIsKeptBesideAnOperationOfSomeObjects begins one operation after the other and looks what is known of the newest one of
// all objects, by its message, and which retry it would be.
func TestAnAttemptIsKeptBesideAnOperationOfSomeObjects(t *testing.T) {
	t.Parallel()
	began := func(message, commit string, phase app.OperationPhase, automated bool, refs ...object.Ref) app.OperationState {
		return app.OperationState{
			Message: message, Phase: phase,
			Operation:  app.Operation{Sync: &app.SyncOperation{Revision: commit, Resources: refs}, InitiatedBy: app.Initiator{Automated: automated}},
			SyncResult: &app.SyncResult{Revision: commit, Resources: []app.ResourceResult{{Kind: "ConfigMap", Name: "a"}}},
		}
	}
	a := object.Ref{Kind: "ConfigMap", Name: "a"}
	ok, failed := app.OperationSucceeded, app.OperationFailed
	full := func(commit string, phase app.OperationPhase) app.OperationState {
		return began("full", commit, phase, true)
	}
	part := func(commit string, phase app.OperationPhase) app.OperationState {
		return began("part", commit, phase, false, a)
	}
	heal := func(phase app.OperationPhase) app.OperationState { return began("heal", "c1", phase, true, a) }
	back := part("c1", ok)
	back.Operation.SetKind(app.KindUndo)
	for name, c := range map[string]struct {
		begun []app.OperationState
		want  string
		// retry is which one the last is.
		retry int64
	}{
		"one of all objects":                        {begun: []app.OperationState{full("c1", ok)}, want: "full"},
		"a person's of some alone":                  {begun: []app.OperationState{part("c1", ok)}},
		"a person's of some after one of all":       {begun: []app.OperationState{full("c1", ok), part("c1", ok)}, want: "full"},
		"two of some after one of all":              {begun: []app.OperationState{full("c1", ok), part("c1", failed), part("c1", ok)}, want: "full"},
		"one of another commit":                     {begun: []app.OperationState{full("c1", ok), part("c2", ok)}},
		"one of some that undoes":                   {begun: []app.OperationState{full("c1", ok), back}},
		"a person's after a heal":                   {begun: []app.OperationState{full("c1", ok), heal(ok), part("c1", ok)}, want: "full"},
		"one of all after one of some":              {begun: []app.OperationState{part("c1", ok), full("c2", ok)}, want: "full"},
		"a heal of which nothing else was kept":     {begun: []app.OperationState{heal(failed), part("c1", ok)}, want: "heal"},
		"a failed one of all again":                 {begun: []app.OperationState{full("c1", failed), full("c1", failed), full("c1", ok)}, want: "full", retry: 2},
		"a failed one of all again, with a break":   {begun: []app.OperationState{full("c1", failed), full("c1", failed), part("c1", ok), full("c1", failed)}, want: "full", retry: 2},
		"a failed heal again":                       {begun: []app.OperationState{full("c1", ok), heal(failed), heal(failed), heal(ok)}, want: "full", retry: 2},
		"a heal after a failed one of a person":     {begun: []app.OperationState{full("c1", ok), part("c1", failed), heal(ok)}, want: "full"},
		"a heal after a person has mended the rest": {begun: []app.OperationState{full("c1", ok), heal(failed), part("c1", ok), heal(ok)}, want: "full"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s app.Status
			for _, state := range c.begun {
				state.RetryCount = retries(tryBefore(&s, &state), &state)
				s.Attempted = attemptBeside(&s, &state)
				s.OperationState = &state
			}
			got := ""
			if f := s.Attempt(); f != nil {
				got = f.Message
			}
			if s.OperationState.RetryCount != c.retry || got != c.want {
				t.Errorf("what is known of all objects is %q, want %q; it is retry %d, want %d", got, c.want, s.OperationState.RetryCount, c.retry)
			}
			if s.Attempted != nil && len(s.Attempted.SyncResult.Resources) > 0 {
				t.Error("what was done to each object is kept too")
			}
		})
	}
}

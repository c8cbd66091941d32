package engine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

var began = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func journal(entries ...app.JournalEntry) app.Journal {
	return app.Journal{
		Head:    app.JournalHead{ID: "op-1", Kind: app.KindSync, By: app.Initiator{Username: "ada"}, StartedAt: began},
		Entries: entries,
	}
}

func entryOf(mark app.JournalMark, step string, verb plan.Verb, ref object.Ref) app.JournalEntry {
	return app.JournalEntry{Mark: mark, Step: step, Verb: verb.String(), Ref: ref}
}

func pushOf(mark app.JournalMark, to, commit string) app.JournalEntry {
	return app.JournalEntry{Mark: mark, Step: to, Verb: "push", Pushed: app.Commit{ID: commit, Revision: "main"}}
}

func TestAnInterruptionSaysWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	web := object.Ref{Group: "apps", Kind: "Deployment", Namespace: "web", Name: "web"}
	job := object.Ref{Group: "batch", Kind: "Job", Namespace: "web", Name: "migrate"}
	for name, c := range map[string]struct {
		journals []app.Journal
		says     []string
		hook     bool
	}{
		"without journals nothing was interrupted": {},
		"steps with an outcome are counted": {
			journals: []app.Journal{journal(entryOf(app.JournalIntended, "1", plan.Create, web), entryOf(app.JournalDone, "1", plan.Create, web))},
			says:     []string{"the sync that ada began at 2026-03-04T12:00:00Z was interrupted with 1 steps done", "settles it"},
		},
		"a step without one is named": {
			journals: []app.Journal{journal(entryOf(app.JournalIntended, "1", plan.Change, web))},
			says:     []string{"what became of Deployment/web/web is not known"},
		},
		"a hook without one is for a person": {
			journals: []app.Journal{journal(entryOf(app.JournalIntended, "1", plan.RunHook, job))},
			says:     []string{"what became of Job/web/migrate"}, hook: true,
		},
		"a push is no step": {
			journals: []app.Journal{journal(pushOf(app.JournalDone, "main of a", "1"), pushOf(app.JournalFailed, "main of b", "2"), pushOf(app.JournalIntended, "main of c", "3"))},
			says: []string{
				"with 0 steps done; commit 1 was pushed to main of a; whether commit 3 was pushed to main of c is not known; wheelhouse app resume",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := interruptionOf(c.journals)
			if got.hook != c.hook || (got.message == "") != (len(c.says) == 0) {
				t.Errorf("got %+v", got)
			}
			for _, want := range c.says {
				if !strings.Contains(got.message, want) {
					t.Errorf("%q does not say %q", got.message, want)
				}
			}
		})
	}
}

// TestTheRecordOfAnInterruptionHasWhatWasPushed takes a commit whose push has no outcome for one that was pushed.
func TestTheRecordOfAnInterruptionHasWhatWasPushed(t *testing.T) {
	t.Parallel()
	r := interruptedRecord(journal(
		pushOf(app.JournalIntended, "main of a", "1"), pushOf(app.JournalDone, "main of a", "1"),
		pushOf(app.JournalIntended, "main of b", "2"), pushOf(app.JournalFailed, "main of b", "2"), pushOf(app.JournalIntended, "main of c", "3"),
	), began)
	if want := []app.Commit{{ID: "1", Revision: "main"}, {ID: "3", Revision: "main"}}; !slices.Equal(r.Pushed, want) {
		t.Errorf("pushed are %+v, want %+v", r.Pushed, want)
	}
	if len(r.Results) > 0 {
		t.Errorf("a push is a result: %+v", r.Results)
	}
}

// TestWhatBecameOfAHookIsReadFromItsObject has a hook that an operation began before it was interrupted, and asks its object.
func TestWhatBecameOfAHookIsReadFromItsObject(t *testing.T) {
	t.Parallel()
	job := object.Ref{Group: "batch", Kind: "Job", Namespace: "web", Name: "migrate"}
	live := func(operation, status string) *unstructured.Unstructured {
		return read(t, "{apiVersion: batch/v1, kind: Job, metadata: {annotations: {"+object.AnnotationOperation+": "+operation+"}}, status: "+status+"}")
	}
	const failed = `{conditions: [{type: Failed, status: "True"}]}`
	of := func(step string, u *unstructured.Unstructured) *unstructured.Unstructured {
		u.SetAnnotations(map[string]string{object.AnnotationOperation: u.GetAnnotations()[object.AnnotationOperation], object.AnnotationStep: step})
		return u
	}
	for name, c := range map[string]struct {
		mark  app.JournalMark
		live  *unstructured.Unstructured
		known bool
		says  string
	}{
		"it still runs":                   {app.JournalStarted, live("op-1", "{active: 1}"), false, "still runs for the operation that was interrupted"},
		"it has ended":                    {app.JournalStarted, live("op-1", failed), true, ""},
		"it ended when it was run again":  {app.JournalStarted, live("op-2", failed), true, ""},
		"it was run again and still runs": {app.JournalStarted, live("op-2", "{active: 1}"), false, "still runs for a later operation"},
		"it is gone":                      {app.JournalStarted, nil, false, "vanished before its result was seen"},
		"an earlier run of it is there":   {app.JournalIntended, live("op-0", failed), false, "nobody knows whether"},
		"it has ended in its phase":       {app.JournalIntended, of("1", live("op-1", failed)), true, ""},
		"another phase has ended":         {app.JournalIntended, of("0", live("op-1", failed)), true, ""},
		"only another phase is there":     {app.JournalStarted, of("0", live("op-1", failed)), false, "vanished before its result was seen"},
		"it was run again in its phase":   {app.JournalStarted, of("1", live("op-2", failed)), true, ""},
		"it was run again in another one": {app.JournalStarted, of("0", live("op-2", failed)), false, "vanished before its result was seen"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			why, known := fateOfHook(entryOf(c.mark, "1", plan.RunHook, job), c.live, map[string]bool{"op-1": true})
			if known != c.known || !strings.Contains(why, c.says) {
				t.Errorf("known %v: %q", known, why)
			}
		})
	}
}

// TestAFailedOperationAnswersForTheHooksThatItRan asks whether an operation leaves nothing open of one that was interrupted before.
func TestAFailedOperationAnswersForTheHooksThatItRan(t *testing.T) {
	t.Parallel()
	job := object.Ref{Group: "batch", Kind: "Job", Namespace: "web", Name: "migrate"}
	open := []app.JournalEntry{entryOf(app.JournalStarted, "1", plan.RunHook, job)}
	for name, c := range map[string]struct {
		open, later []app.JournalEntry
		want        bool
	}{
		"nothing was open":            {nil, nil, true},
		"the hook failed":             {open, []app.JournalEntry{entryOf(app.JournalFailed, "1", plan.RunHook, job)}, true},
		"its turn did not come":       {open, []app.JournalEntry{entryOf(app.JournalFailed, "0", plan.Change, object.Ref{Kind: "ConfigMap", Name: "a"})}, false},
		"its end is not known either": {open, []app.JournalEntry{entryOf(app.JournalStarted, "1", plan.RunHook, job)}, false},
		"what was pruned was no hook": {open, []app.JournalEntry{entryOf(app.JournalDone, "2", plan.Delete, job)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := hooksEnded(c.open, c.later); got != c.want {
				t.Errorf("answered: %v, want %v", got, c.want)
			}
		})
	}
}

func TestAStatusThatSaysRunningIsEndedWithItsProcess(t *testing.T) {
	t.Parallel()
	s := app.Status{OperationState: &app.OperationState{Phase: app.OperationRunning}}
	markInterrupted(&s, interruption{message: "the sync was interrupted", hook: true}, began)
	if s.OperationState.Phase != app.OperationError || s.OperationState.FinishedAt == nil {
		t.Errorf("the operation is %+v", s.OperationState)
	}
	if !strings.HasPrefix(s.OperationState.Message, plan.InterruptedAtHook) {
		t.Errorf("the message is %q", s.OperationState.Message)
	}
	if len(s.Conditions) != 1 || s.Conditions[0].Type != app.ConditionInterrupted {
		t.Errorf("the conditions are %+v", s.Conditions)
	}
	markInterrupted(&s, interruption{}, began)
	if len(s.Conditions) != 0 {
		t.Errorf("after it was settled the conditions are %+v", s.Conditions)
	}
}

// TestAnInterruptedDeletionIsADeletionThatFailed reads the journals of operations, a deletion among them, and has them settled.
func TestAnInterruptedDeletionIsADeletionThatFailed(t *testing.T) {
	t.Parallel()
	cut := journal()
	cut.Head.Kind = app.KindDelete
	for name, c := range map[string]struct {
		before   string
		journals []app.Journal
		want     string
	}{
		"a deletion":                         {"", []app.Journal{cut}, "the deletion by ada failed: it was interrupted"},
		"a deletion with syncs around it":    {"", []app.Journal{journal(), cut, journal()}, "the deletion by ada failed: it was interrupted"},
		"a sync alone":                       {"", []app.Journal{journal()}, ""},
		"what is known of it already stays":  {"the deletion by ada failed: its hook did", []app.Journal{cut}, "the deletion by ada failed: its hook did"},
		"nothing, after one that had failed": {"the deletion by ada failed: its hook did", nil, "the deletion by ada failed: its hook did"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s app.Status
			s.Conditions = said(nil, app.ConditionDeletionError, c.before)
			markInterrupted(&s, interruptionOf(c.journals), began)
			got := ""
			for _, condition := range s.Conditions {
				if condition.Type == app.ConditionDeletionError {
					got += condition.Message
				}
			}
			if got != c.want || s.HalfDeleted() != (c.want != "") {
				t.Errorf("it says %q, want %q", got, c.want)
			}
		})
	}
}

// closing is a journal of which only the end counts.
type closing struct{ app.JournalWriter }

func (closing) Close() error { return nil }

// TestTheStatusKeepsNoRemedyOfAnInterruption has an operation end that may write nothing more: who waits for it is told what to do, and the
// status, which outlives that, only why.
func TestTheStatusKeepsNoRemedyOfAnInterruption(t *testing.T) {
	t.Parallel()
	store := &statusStore{}
	e := New(Ports{Store: store}, Options{})
	t.Cleanup(e.Close)
	op := &operation{engine: e, journal: closing{}, lease: hold(free{}, wall{}, func() {}), run: &Run{done: make(chan struct{})}, series: &series{}}
	op.plan.App.Name = "web"
	op.interrupt(t.Context(), app.OperationFailed, "the server stayed away")
	if told := op.run.Progress().Message; !strings.Contains(told, "wheelhouse app resume web") {
		t.Errorf("who waits is told %q", told)
	}
	if got := store.status.OperationState.Message; got != "interrupted: the server stayed away" {
		t.Errorf("the status says %q", got)
	}
}

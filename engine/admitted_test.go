package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// lateWord is a store with one application, about which somebody says something at the moment in which its lock is taken.
type lateWord struct {
	Store
	halting
	document app.Application
	word     func(*lateWord)
	// journals are those of operations that nobody carries on.
	journals []app.Journal
	// begun counts the operations that began.
	begun int
}

func (*lateWord) Installation() string { return "here" }

func (l *lateWord) Load(context.Context, app.Key) (app.Application, error) { return l.document, nil }

// lateLock is the lock of that application.
type lateLock struct {
	Locks
	*lateWord
}

func (l lateLock) Lock(context.Context, app.Key, app.Holder) (Lock, error) {
	l.word(l.lateWord)
	return free{}, nil
}

func (lateLock) Holder(context.Context, app.Key) (app.Holder, bool, error) {
	return app.Holder{}, false, nil
}

// noJournals opens no journal of an operation that begins, which ends it before anything is done.
type noJournals struct {
	Journals
	*lateWord
}

func (n noJournals) Open(context.Context, app.Key, string) ([]app.Journal, error) {
	return n.journals, nil
}

func (n noJournals) Begin(context.Context, app.JournalHead) (JournalWriter, error) {
	n.begun++
	return nil, errors.New("no journal")
}

// unbound are bindings of names that nobody has used before.
type unbound struct{ Bindings }

func (unbound) Bind(_ context.Context, _ string, id app.ClusterIdentity) (app.ClusterIdentity, error) {
	return id, nil
}

// oneCluster is the cluster of all names.
type oneCluster struct{ Cluster }

func (oneCluster) Identity(context.Context) (app.ClusterIdentity, error) { return "one", nil }
func (oneCluster) Server() app.ClusterIdentity                           { return "one" }

// toOne leads to that cluster.
type toOne struct{}

func (toOne) Cluster(app.Destination) (Cluster, error) { return oneCluster{}, nil }

// heard returns an engine over a store with an application that automation is about to heal, and the examination that says so.
func heard(t *testing.T, word func(*lateWord)) (*Engine, *lateWord, *examination) {
	t.Helper()
	now := time.Now()
	hourAgo := now.Add(-time.Hour)
	source := app.Source{RepoURL: "https://git.example.com/shop.git"}
	var a app.Application
	a.Metadata.Name = "web"
	a.Spec.Source = &source
	a.Spec.SyncPolicy = &app.SyncPolicy{Automated: &app.Automated{SelfHeal: true, Prune: true}}
	a.Status.Sync.Status = app.OutOfSync
	a.Status.OperationState = &app.OperationState{
		Operation: app.Operation{Sync: &app.SyncOperation{}}, Phase: app.OperationSucceeded, StartedAt: hourAgo, FinishedAt: &hourAgo,
		SyncResult: &app.SyncResult{Revision: "c1", Source: &source},
	}
	l := &lateWord{document: a, word: word}
	e := New(Ports{Store: l, Bindings: unbound{}, Locks: lateLock{lateWord: l}, Journals: noJournals{lateWord: l}, Clusters: toOne{}, Halts: l}, Options{})
	t.Cleanup(e.Close)
	u := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "a", "namespace": "web"},
	}}
	objects := []*unstructured.Unstructured{u}
	x := &examination{app: a, at: now, id: "one"}
	x.want = desired{objects: objects, commits: []app.Commit{{ID: "c1"}}, sources: []app.Source{source}, index: indexOf(objects)}
	x.diffs = []*diff.Diff{{Ref: object.Of(u), Verdict: diff.Differs}}
	return e, l, x
}

// TestAutomationHeedsWhatIsSaidWhileItPlans has somebody say or do something between the decision about an automatic sync and its
// beginning, which may be hours: the process may have stood still.
func TestAutomationHeedsWhatIsSaidWhileItPlans(t *testing.T) {
	t.Parallel()
	document := func(edit func(*app.Application)) func(*lateWord) {
		return func(l *lateWord) {
			policy := *l.document.Spec.SyncPolicy.Automated
			l.document.Spec.SyncPolicy = &app.SyncPolicy{Automated: &policy}
			edit(&l.document)
		}
	}
	done := func(edit func(*app.OperationState)) func(*lateWord) {
		return document(func(a *app.Application) {
			st := *a.Status.OperationState
			edit(&st)
			a.Status.OperationState = &st
		})
	}
	now := time.Now()
	for name, c := range map[string]struct {
		word   func(*lateWord)
		begins bool
		// new is true for an application that nothing was done to before.
		new bool
	}{
		"nothing is said":        {word: document(func(*app.Application) {}), begins: true},
		"what was there settles": {word: done(func(st *app.OperationState) { st.SettledAt = &now }), begins: true},
		"it is paused": {word: document(func(a *app.Application) {
			annotate(a, map[string]string{app.AnnotationPauseUntil: now.Add(time.Hour).UTC().Format(time.RFC3339)})
		})},
		"it is pinned":                   {word: document(func(a *app.Application) { setPin(a, app.Pin{Record: "r1", Reason: "sale"}) })},
		"its annotation leaves it alone": {word: document(func(a *app.Application) { annotate(a, map[string]string{app.AnnotationSkipReconcile: "true"}) })},
		"an operation is wished of it":   {word: document(func(a *app.Application) { a.Operation = &app.Operation{} })},
		"it is automated no more":        {word: document(func(a *app.Application) { a.Spec.SyncPolicy = nil })},
		"it is to heal no more":          {word: document(func(a *app.Application) { a.Spec.SyncPolicy.Automated.SelfHeal = false })},
		"it is to prune no more":         {word: document(func(a *app.Application) { a.Spec.SyncPolicy.Automated.Prune = false })},
		"automation pauses in its cluster": {word: func(l *lateWord) {
			l.halts = []app.Halt{{Cluster: l.document.Spec.Destination.Cluster(), Identity: "one"}}
		}},
		"another operation was done": {word: done(func(st *app.OperationState) {
			st.StartedAt, st.FinishedAt = now, &now
		})},
		"another one was begun by a process that died": {word: done(func(st *app.OperationState) {
			st.StartedAt, st.FinishedAt, st.Phase = now, nil, app.OperationRunning
		})},
		"a deletion of it failed": {word: document(func(a *app.Application) {
			a.Status.Conditions = []app.Condition{{Type: app.ConditionDeletionError, Message: "the deletion by ada failed: its hook did"}}
		})},
		"a deletion of it was begun by a process that died": {word: func(l *lateWord) {
			l.journals = []app.Journal{{Head: app.JournalHead{ID: "op-1", Kind: app.KindDelete}}}
		}},
		"the first operation was done": {word: func(l *lateWord) {
			l.document.Status.OperationState = &app.OperationState{Phase: app.OperationSucceeded, StartedAt: now, FinishedAt: &now}
		}, new: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, l, x := heard(t, c.word)
			if c.new {
				l.document.Status.OperationState, x.app.Status.OperationState = nil, nil
			}
			e.autoLock, e.running = keptLock{}, true
			en := e.entry(x.app.Key())
			en.adopt(x.app, time.Now())
			en.last = x
			e.automate(t.Context(), en)
			if begins := l.begun > 0; begins != c.begins {
				t.Errorf("it begins: %t, want %t", begins, c.begins)
			}
			if again := en.asked(); again == c.begins {
				t.Errorf("it is decided about anew: %t", again)
			}
			if v, _ := en.current(); len(v.App.Status.Conditions) > 0 {
				t.Errorf("it says %v", v.App.Status.Conditions)
			}
		})
	}
}

// TestNobodySyncsOverAPinThatWasJustSet has the lock of an application be that of a rollback until a moment ago, which has pinned it.
func TestNobodySyncsOverAPinThatWasJustSet(t *testing.T) {
	t.Parallel()
	pin := func(l *lateWord) { setPin(&l.document, app.Pin{Record: "r1", Reason: "rolled back"}) }
	for kind, pinned := range map[app.OperationKind]bool{app.KindSync: true, app.KindRollback: false} {
		e, l, x := heard(t, pin)
		pl, err := e.build(x, kind, "r1", plan.Options{}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Execute(t.Context(), app.Principal{Name: "kim", Role: app.Operator}, pl, Approval{})
		if errors.Is(err, ErrPinned) != pinned || (l.begun == 0) != pinned {
			t.Errorf("a %s that begins is answered with %v; journals begun: %d", kind, err, l.begun)
		}
		if pinned && err.Error() != "sync web: pinned at record r1 (rolled back)" {
			t.Errorf("it says %q", err)
		}
	}
}

package plan_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

var (
	noon   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	nginx  = object.Ref{Group: "apps", Kind: "Deployment", Namespace: "web", Name: "nginx"}
	old    = object.Ref{Kind: "ConfigMap", Namespace: "web", Name: "old"}
	source = app.Source{RepoURL: "https://git.example.com/shop", Path: "web"}
)

// drifting is an automated application whose Deployment differs, synced before at the same commit.
func drifting(automated app.Automated) plan.AutoSyncInput {
	a := shop()
	a.Spec.SyncPolicy = &app.SyncPolicy{Automated: &automated}
	a.Status.Sync.Status = app.OutOfSync
	a.Status.OperationState = ended(app.OperationSucceeded, "c1")
	return plan.AutoSyncInput{
		App: a, Commits: []app.Commit{{ID: "c1"}}, Sources: []app.Source{source}, Now: noon, Heat: plan.Heat{},
		Diffs: []*diff.Diff{{Ref: nginx, Verdict: diff.Differs}, {Ref: object.Ref{Kind: "Service", Name: "a"}, Verdict: diff.InSync}},
	}
}

func ended(phase app.OperationPhase, commit string) *app.OperationState {
	at := noon.Add(-time.Minute)
	return &app.OperationState{
		Phase: phase, StartedAt: at, FinishedAt: &at, Message: "quota exceeded",
		Operation:  app.Operation{Sync: &app.SyncOperation{Revision: commit}, InitiatedBy: app.Initiator{Automated: true}},
		SyncResult: &app.SyncResult{Revision: commit, Source: &source},
	}
}

// decide compares a decision, but for its times.
func decide(t *testing.T, in plan.AutoSyncInput, want plan.Decision) {
	t.Helper()
	if d := cmp.Diff(want, plan.AutoSync(in), cmpopts.IgnoreFields(plan.Decision{}, "Wait"), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("the decision (-want +got):\n%s", d)
	}
}

func TestAutomationDoesNothing(t *testing.T) {
	t.Parallel()
	no := false
	for name, edit := range map[string]func(*plan.AutoSyncInput){
		"without a policy":        func(in *plan.AutoSyncInput) { in.App.Spec.SyncPolicy = nil },
		"when it is switched off": func(in *plan.AutoSyncInput) { in.App.Spec.SyncPolicy.Automated.Enabled = &no },
		"to a pinned application": func(in *plan.AutoSyncInput) { in.Pinned = true },
		"when an annotation holds it": func(in *plan.AutoSyncInput) {
			in.App.Metadata.Annotations = map[string]string{app.AnnotationSkipReconcile: "true"}
		},
		"when all is in sync":         func(in *plan.AutoSyncInput) { in.App.Status.Sync.Status = app.Synced },
		"when it does not know":       func(in *plan.AutoSyncInput) { in.App.Status.Sync.Status = app.SyncUnknown },
		"while an operation runs":     func(in *plan.AutoSyncInput) { in.App.Status.OperationState.Phase = app.OperationRunning },
		"while one is terminating":    func(in *plan.AutoSyncInput) { in.App.Status.OperationState.Phase = app.OperationTerminating },
		"when an operation is wished": func(in *plan.AutoSyncInput) { in.App.Operation = &app.Operation{} },
		"to a dying application":      func(in *plan.AutoSyncInput) { in.App.Metadata.DeletionTimestamp = &noon },
		"without selfHeal after a success at this commit": func(in *plan.AutoSyncInput) {
			in.App.Spec.SyncPolicy.Automated.SelfHeal = false
		},
		"when an object could not be compared": func(in *plan.AutoSyncInput) {
			in.Diffs = append(in.Diffs, &diff.Diff{Verdict: diff.NotCompared})
		},
		"about objects that git has no more while prune is off": func(in *plan.AutoSyncInput) {
			in.Diffs = []*diff.Diff{{Ref: old, Verdict: diff.Prune}, {Verdict: diff.InSync}}
		},
		"about another store's objects": func(in *plan.AutoSyncInput) { in.Diffs[0].Verdict = diff.Foreign },
		"about ownership alone":         func(in *plan.AutoSyncInput) { in.Diffs[0].Verdict = diff.OwnershipOnly },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := drifting(app.Automated{SelfHeal: true})
			if !plan.AutoSync(in).Do {
				t.Fatal("the example is not synced to begin with")
			}
			edit(&in)
			decide(t, in, plan.Decision{})
		})
	}
}

// TestWhatADeletionDeletedIsNotPutBack has somebody delete the application, which came to a part of it.
func TestWhatADeletionDeletedIsNotPutBack(t *testing.T) {
	t.Parallel()
	for name, commit := range map[string]string{"by a heal": "c1", "by a new commit": "c2"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := drifting(app.Automated{SelfHeal: true, Prune: true})
			in.Commits[0].ID = commit
			if !plan.AutoSync(in).Do {
				t.Fatal("the example is not synced to begin with")
			}
			in.App.Status.Conditions = []app.Condition{{Type: app.ConditionDeletionError, Message: "the deletion by ada failed: its hook did"}}
			decide(t, in, plan.Decision{Paused: "a deletion has not come to its end: nothing is synced or healed automatically until it is done, " +
				"what was interrupted is settled, or a sync of all objects that somebody starts succeeds"})
			in.App.Spec.SyncPolicy = nil
			decide(t, in, plan.Decision{})
		})
	}
}

func TestNewCommitsAreSyncedInFull(t *testing.T) {
	t.Parallel()
	full := plan.Decision{Do: true, Options: plan.Options{Prune: true}, Why: "new commit c1"}
	for name, edit := range map[string]func(*plan.AutoSyncInput){
		"never synced before":      func(in *plan.AutoSyncInput) { in.App.Status.OperationState = nil },
		"synced at another commit": func(in *plan.AutoSyncInput) { in.App.Status.OperationState = ended(app.OperationSucceeded, "c0") },
		"failed at another commit": func(in *plan.AutoSyncInput) { in.App.Status.OperationState = ended(app.OperationFailed, "c0") },
		"tried without writing":    func(in *plan.AutoSyncInput) { in.App.Status.OperationState.Operation.Sync.DryRun = true },
		"synced in part by a person": func(in *plan.AutoSyncInput) {
			o := &in.App.Status.OperationState.Operation
			o.InitiatedBy, o.Sync.Resources = app.Initiator{Username: "kim"}, []object.Ref{nginx}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := drifting(app.Automated{Prune: true})
			decide(t, in, plan.Decision{})
			edit(&in)
			decide(t, in, full)
		})
	}
}

// mended is drifting after a person has synced one of its objects, with the operation before kept.
func mended(automated app.Automated, full *app.OperationState) plan.AutoSyncInput {
	in := drifting(automated)
	o := &in.App.Status.OperationState.Operation
	o.InitiatedBy, o.Sync.Resources = app.Initiator{Username: "kim"}, []object.Ref{{Kind: "Service", Name: "a"}}
	in.App.Status.Attempted = full
	return in
}

func TestAPersonsSyncInPartHasNoAttemptForgotten(t *testing.T) {
	t.Parallel()
	failed := ended(app.OperationFailed, "c1")
	failed.RetryCount = 5
	terminated := ended(app.OperationFailed, "c1")
	terminated.Message = "operation terminated"
	interrupted := ended(app.OperationError, "c1")
	interrupted.SyncResult = nil
	full := plan.Options{Prune: true}
	for name, c := range map[string]struct {
		before *app.OperationState
		edit   func(*plan.AutoSyncInput)
		want   plan.Decision
	}{
		"drift stays": {before: ended(app.OperationSucceeded, "c1")},
		"drift is healed": {
			before: ended(app.OperationSucceeded, "c1"),
			edit:   func(in *plan.AutoSyncInput) { in.App.Spec.SyncPolicy.Automated.SelfHeal = true },
			want: plan.Decision{
				Do: true, Why: "self-heal: Deployment/web/nginx", Options: plan.Options{Prune: true, OutOfSyncOnly: true, Resources: []object.Ref{nginx}},
			},
		},
		"drift is healed at once after a person's sync that failed": {
			before: ended(app.OperationSucceeded, "c1"),
			edit: func(in *plan.AutoSyncInput) {
				in.App.Spec.SyncPolicy.Automated.SelfHeal, in.App.Status.OperationState.Phase = true, app.OperationFailed
				in.App.Status.OperationState.FinishedAt = &in.Now
			},
			want: plan.Decision{
				Do: true, Why: "self-heal: Deployment/web/nginx", Options: plan.Options{Prune: true, OutOfSyncOnly: true, Resources: []object.Ref{nginx}},
			},
		},
		"a terminated one either": {
			before: ended(app.OperationSucceeded, "c1"),
			edit: func(in *plan.AutoSyncInput) {
				in.App.Status.OperationState.Phase, in.App.Status.OperationState.Message = app.OperationFailed, "operation terminated"
			},
		},
		"an interrupted one either": {
			before: ended(app.OperationSucceeded, "c1"),
			edit:   func(in *plan.AutoSyncInput) { in.App.Status.OperationState.SyncResult = nil },
		},
		"what was tried often enough is tried no more": {
			before: failed, want: plan.Decision{Blocked: "Failed last sync attempt to c1: quota exceeded"},
		},
		"what somebody terminated is tried no more": {
			before: terminated, want: plan.Decision{Blocked: "Failed last sync attempt to c1: operation terminated"},
		},
		"the retries go on": {
			before: ended(app.OperationFailed, "c1"), want: plan.Decision{Do: true, Options: full, Why: "retry 1 of commit c1"},
		},
		"what was not done to the end is tried anew": {
			before: interrupted, want: plan.Decision{Do: true, Options: full, Why: "new commit c1"},
		},
		"a new commit is synced": {
			before: ended(app.OperationSucceeded, "c1"),
			edit:   func(in *plan.AutoSyncInput) { in.Commits = []app.Commit{{ID: "c2"}} },
			want:   plan.Decision{Do: true, Options: full, Why: "new commit c2"},
		},
		"other parameters are synced": {
			before: ended(app.OperationSucceeded, "c1"),
			edit: func(in *plan.AutoSyncInput) {
				in.Sources = []app.Source{{RepoURL: source.RepoURL, Path: "another"}}
				in.App.Status.OperationState.SyncResult.Source = &in.Sources[0]
			},
			want: plan.Decision{Do: true, Options: full, Why: "the application asks for something else of commit c1"},
		},
		"git is asked before about a commit that may be newer": {
			before: ended(app.OperationSucceeded, "c1"),
			edit: func(in *plan.AutoSyncInput) {
				in.Commits[0].AsOf = noon.Add(-time.Hour)
				in.App.Status.OperationState.SyncResult.Revision = "c2"
			},
			want: plan.Decision{Resolve: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := mended(app.Automated{Prune: true}, c.before)
			if c.edit != nil {
				c.edit(&in)
			}
			decide(t, in, c.want)
		})
	}
}

func TestAnInterruptedHealIsTriedAgainAsAHeal(t *testing.T) {
	t.Parallel()
	in := unhealed(0)
	in.App.Status.Attempted = ended(app.OperationSucceeded, "c1")
	in.App.Status.OperationState.SyncResult = nil
	decide(t, in, plan.Decision{
		Do: true, Options: plan.Options{OutOfSyncOnly: true, Resources: []object.Ref{nginx}}, Why: "self-heal: Deployment/web/nginx, retry 1",
	})
}

func TestOtherParametersOfTheSameCommitAreTried(t *testing.T) {
	t.Parallel()
	for _, phase := range []app.OperationPhase{app.OperationSucceeded, app.OperationFailed} {
		in := drifting(app.Automated{Prune: true})
		in.App.Status.OperationState = ended(phase, "c1")
		in.Sources = []app.Source{{RepoURL: source.RepoURL, Path: "another"}}
		decide(t, in, plan.Decision{Do: true, Options: plan.Options{Prune: true}, Why: "the application asks for something else of commit c1"})
	}
}

func TestACommitThatChangesNothingInThePathsIsNoNewAttempt(t *testing.T) {
	t.Parallel()
	in := drifting(app.Automated{})
	in.Commits = []app.Commit{{ID: "c2"}}
	news := plan.Decision{Do: true, Why: "new commit c2"}
	decide(t, in, news)
	in.Read = "paths-1"
	decide(t, in, news)
	in.App.Status.OperationState.Operation.SetRead("paths-1")
	decide(t, in, plan.Decision{})
	in.Read = "paths-2"
	decide(t, in, news)
	in.Read, in.Sources = "paths-1", []app.Source{{RepoURL: source.RepoURL, Path: "another"}}
	news.Why = "the application asks for something else of commit c2"
	decide(t, in, news)
}

func TestWhatACommitNamesElsewhereIsPartOfTheAttempt(t *testing.T) {
	t.Parallel()
	in := drifting(app.Automated{})
	in.Brought = "base-1"
	in.App.Status.OperationState.Operation.SetBrought("base-1")
	decide(t, in, plan.Decision{})
	in.Brought = "base-2"
	decide(t, in, plan.Decision{Do: true, Why: "what commit c1 names elsewhere has changed"})
	t.Run("also when the attempt failed", func(t *testing.T) {
		in := in
		in.App.Status.OperationState = ended(app.OperationFailed, "c1")
		decide(t, in, plan.Decision{Do: true, Why: "what commit c1 names elsewhere has changed"})
	})
	t.Run("and a new commit is called one", func(t *testing.T) {
		in := in
		in.Commits = []app.Commit{{ID: "c2"}}
		decide(t, in, plan.Decision{Do: true, Why: "new commit c2"})
	})
	t.Run("what is no longer named counts too", func(t *testing.T) {
		in := in
		in.Brought = ""
		decide(t, in, plan.Decision{Do: true, Why: "what commit c1 names elsewhere has changed"})
	})
}

func TestSeveralSourcesAreComparedOneByOne(t *testing.T) {
	t.Parallel()
	in := drifting(app.Automated{})
	second := app.Source{RepoURL: "https://git.example.com/values"}
	in.Sources, in.Commits = []app.Source{source, second}, []app.Commit{{ID: "c1"}, {ID: "v1"}}
	in.App.Status.OperationState.SyncResult = &app.SyncResult{Revisions: []string{"c1", "v1"}, Sources: in.Sources}
	decide(t, in, plan.Decision{})
	in.Commits[1].ID = "v2"
	decide(t, in, plan.Decision{Do: true, Why: "new commit c1, v2"})
}

func TestSelfHealSyncsOnlyWhatDiffers(t *testing.T) {
	t.Parallel()
	t.Run("and prunes where the policy prunes", func(t *testing.T) {
		t.Parallel()
		in := drifting(app.Automated{SelfHeal: true, Prune: true})
		in.Diffs = append(in.Diffs, &diff.Diff{Ref: old, Verdict: diff.Prune})
		decide(t, in, plan.Decision{
			Do: true, Why: "self-heal: Deployment/web/nginx, ConfigMap/web/old",
			Options: plan.Options{Prune: true, OutOfSyncOnly: true, Resources: []object.Ref{nginx, old}},
		})
	})
	t.Run("and leaves extra objects where it does not", func(t *testing.T) {
		t.Parallel()
		in := drifting(app.Automated{SelfHeal: true})
		in.Diffs = append(in.Diffs, &diff.Diff{Ref: old, Verdict: diff.Prune})
		decide(t, in, plan.Decision{
			Do: true, Why: "self-heal: Deployment/web/nginx", Options: plan.Options{OutOfSyncOnly: true, Resources: []object.Ref{nginx}},
		})
	})
}

func TestAutomationRefusesToDeleteEverything(t *testing.T) {
	t.Parallel()
	in := drifting(app.Automated{Prune: true})
	in.Diffs = []*diff.Diff{{Ref: old, Verdict: diff.Prune}, {Ref: nginx, Verdict: diff.Prune}}
	in.Commits[0].ID = "c2"
	decide(t, in, plan.Decision{Blocked: "automatic sync refused: it would delete everything; git asks for nothing (allowEmpty permits that)"})
	in.App.Spec.SyncPolicy.Automated.AllowEmpty = true
	decide(t, in, plan.Decision{Do: true, Options: plan.Options{Prune: true}, Why: "new commit c2"})
}

func TestGitIsAskedAfterAnOperationOfAnotherCommit(t *testing.T) {
	t.Parallel()
	end := noon.Add(-time.Minute)
	sync := plan.Decision{Do: true, Why: "new commit c1"}
	for name, tt := range map[string]struct {
		asOf time.Time
		last string
		want plan.Decision
	}{
		"what is known is older than its end":     {asOf: end.Add(-time.Second), last: "c2", want: plan.Decision{Resolve: true}},
		"what is known is of the moment it ended": {asOf: end, last: "c2", want: plan.Decision{Resolve: true}},
		"what is known is newer":                  {asOf: end.Add(time.Second), last: "c2", want: sync},
		"what is known is no matter of time":      {last: "c2", want: sync},
		"it was of the same commit":               {asOf: end.Add(-time.Second), last: "c1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := drifting(app.Automated{})
			in.App.Status.OperationState = ended(app.OperationSucceeded, tt.last)
			in.Commits[0].AsOf = tt.asOf
			decide(t, in, tt.want)
		})
	}
	t.Run("an end in the future is some other clock's", func(t *testing.T) {
		t.Parallel()
		in := drifting(app.Automated{})
		in.App.Status.OperationState = ended(app.OperationSucceeded, "c2")
		in.Commits[0].AsOf, in.Now = end.Add(-time.Minute), end.Add(-time.Second)
		decide(t, in, sync)
	})
}

func TestSomethingNewerThanARunningSync(t *testing.T) {
	t.Parallel()
	running := plan.Plan{Commits: []app.Commit{{ID: "c1"}}, Sources: []app.Source{source}, Desired: []*unstructured.Unstructured{thing("ConfigMap/web/a")}}
	for name, c := range map[string]struct {
		want bool
		edit func(*plan.AutoSyncInput)
		now  *unstructured.Unstructured
	}{
		"a commit that changes an object":                 {want: true, now: thing("ConfigMap/web/b")},
		"a commit that changes nothing":                   {now: thing("ConfigMap/web/a")},
		"other parameters":                                {want: true, now: thing("ConfigMap/web/b"), edit: func(in *plan.AutoSyncInput) { in.Commits, in.Sources = running.Commits, []app.Source{{Path: "other"}} }},
		"the same commit, whatever it comes to this time": {now: thing("ConfigMap/web/b"), edit: func(in *plan.AutoSyncInput) { in.Commits = running.Commits }},
		"a commit that is refused to automation": {now: thing("ConfigMap/web/b"), edit: func(in *plan.AutoSyncInput) {
			in.App.Spec.SyncPolicy.Automated.Prune, in.Diffs = true, []*diff.Diff{{Ref: old, Verdict: diff.Prune}}
		}},
		"a commit of an application that is pinned":            {now: thing("ConfigMap/web/b"), edit: func(in *plan.AutoSyncInput) { in.Pinned = true }},
		"a commit of an application that is automated no more": {now: thing("ConfigMap/web/b"), edit: func(in *plan.AutoSyncInput) { in.App.Spec.SyncPolicy = nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := drifting(app.Automated{})
			in.Commits = []app.Commit{{ID: "c2"}}
			if c.edit != nil {
				c.edit(&in)
			}
			if got := plan.Newer(&running, in, []*unstructured.Unstructured{c.now}); got != c.want {
				t.Errorf("it counts as newer: %v", got)
			}
		})
	}
}

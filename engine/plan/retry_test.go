package plan_test

import (
	"testing"
	"time"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// failing is an automated application whose automatic sync failed a moment ago, after retries others.
func failing(retries int64, policy *app.Retry) plan.AutoSyncInput {
	in := drifting(app.Automated{SelfHeal: true})
	in.App.Spec.SyncPolicy.Retry = policy
	last := ended(app.OperationFailed, "c1")
	last.FinishedAt, last.RetryCount = &in.Now, retries
	in.App.Status.OperationState = last
	return in
}

func TestFailedSyncsAreRetriedAfterGrowingPauses(t *testing.T) {
	t.Parallel()
	three, one := int64(3), int64(1)
	for name, c := range map[string]struct {
		policy *app.Retry
		want   []time.Duration
	}{
		"by default five times": {nil, []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 0}},
		"as the policy says": {
			&app.Retry{Limit: 4, Backoff: &app.Backoff{Duration: "10s", Factor: &three, MaxDuration: "1m"}},
			[]time.Duration{10 * time.Second, 30 * time.Second, time.Minute, time.Minute, 0},
		},
		"at an even pace":            {&app.Retry{Limit: 2, Backoff: &app.Backoff{Duration: "7", Factor: &one}}, []time.Duration{7 * time.Second, 7 * time.Second, 0}},
		"never with a limit of none": {&app.Retry{}, []time.Duration{0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for retries, want := range c.want {
				in := failing(int64(retries), c.policy)
				d := plan.AutoSync(in)
				if d.Do || d.Wait != want {
					t.Fatalf("after %d retries: got %+v, want a wait of %s", retries, d, want)
				}
				in.Now = in.Now.Add(d.Wait)
				if again := plan.AutoSync(in); again.Do != (want > 0) {
					t.Errorf("after %d retries and the pause: got %+v", retries, again)
				}
			}
		})
	}
}

// TestAnEndInTheFutureIsNotWaitedFor has the clock be set back after a sync failed, or another one be ahead.
func TestAnEndInTheFutureIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	in := failing(0, nil)
	in.Now = in.Now.Add(-3 * time.Hour)
	decide(t, in, plan.Decision{Do: true, Why: "retry 1 of commit c1"})
	if d := plan.AutoSync(in); d.Wait != 0 {
		t.Errorf("it waits for %s", d.Wait)
	}
}

func TestRetriesWithoutEnd(t *testing.T) {
	t.Parallel()
	if d := plan.AutoSync(failing(1000, &app.Retry{Limit: -1})); d.Wait != 3*time.Minute || d.Blocked != "" {
		t.Errorf("got %+v, want a wait of 3m", d)
	}
}

func TestFailedSyncsThatAreNotRetriedBlock(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*app.OperationState){
		"when they were tried often enough": func(s *app.OperationState) { s.RetryCount = 5 },
		"when a person started them":        func(s *app.OperationState) { s.Operation.InitiatedBy = app.Initiator{Username: "kim"} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := failing(0, nil)
			edit(in.App.Status.OperationState)
			decide(t, in, plan.Decision{Blocked: "Failed last sync attempt to c1: quota exceeded"})
		})
	}
	t.Run("when somebody terminated them", func(t *testing.T) {
		t.Parallel()
		in := failing(0, nil)
		in.App.Status.OperationState.Message = "operation terminated"
		decide(t, in, plan.Decision{Blocked: "Failed last sync attempt to c1: operation terminated"})
	})
}

// TestASyncThatFailedAfterAllWasAppliedIsTriedAgain has nothing differ any more.
func TestASyncThatFailedAfterAllWasAppliedIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(*plan.AutoSyncInput)
		want plan.Decision
	}{
		"after its pause":       {func(in *plan.AutoSyncInput) { in.Now = in.Now.Add(time.Minute) }, plan.Decision{Do: true, Why: "retry 1 of commit c1"}},
		"not before":            {func(*plan.AutoSyncInput) {}, plan.Decision{Wait: 5 * time.Second}},
		"not too often":         {func(in *plan.AutoSyncInput) { in.App.Status.OperationState.RetryCount = 5 }, plan.Decision{Blocked: "Failed last sync attempt to c1: quota exceeded"}},
		"not when it succeeded": {func(in *plan.AutoSyncInput) { in.App.Status.OperationState.Phase = app.OperationSucceeded }, plan.Decision{}},
		"not when a person started it": {func(in *plan.AutoSyncInput) {
			in.App.Status.OperationState.Operation.InitiatedBy = app.Initiator{Username: "kim"}
		}, plan.Decision{}},
		"not when it was a heal": {func(in *plan.AutoSyncInput) {
			in.App.Status.OperationState.Operation.Sync.Resources = []object.Ref{{Kind: "ConfigMap", Namespace: "web", Name: "a"}}
		}, plan.Decision{}},
		"not when it is not known what there is": {func(in *plan.AutoSyncInput) { in.App.Status.Sync.Status = app.SyncUnknown }, plan.Decision{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := failing(0, nil)
			in.App.Status.Sync.Status, in.Diffs = app.Synced, nil
			c.edit(&in)
			decide(t, in, c.want)
		})
	}
}

// TestASyncThatFailedIsTriedAgainBesideWhatStaysOutOfSync has an object differ that no automatic sync would write.
func TestASyncThatFailedIsTriedAgainBesideWhatStaysOutOfSync(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]*diff.Diff{
		"an extra object that is not pruned": {Ref: old, Verdict: diff.Prune},
		"another store's object":             {Ref: nginx, Verdict: diff.Foreign},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := failing(0, nil)
			in.Diffs = []*diff.Diff{d, {Ref: object.Ref{Kind: "Service", Name: "a"}, Verdict: diff.InSync}}
			if got := plan.AutoSync(in); got.Do || got.Wait != 5*time.Second {
				t.Errorf("before its pause is over: got %+v", got)
			}
			in.Now = in.Now.Add(time.Minute)
			decide(t, in, plan.Decision{Do: true, Why: "retry 1 of commit c1"})
			in.App.Status.OperationState.RetryCount = 5
			decide(t, in, plan.Decision{Blocked: "Failed last sync attempt to c1: quota exceeded"})
			in.Commits = []app.Commit{{ID: "c2"}}
			decide(t, in, plan.Decision{})
		})
	}
}

// unhealed is an application whose heal of a ConfigMap failed a minute ago, after retries others; its Deployment differs by now.
func unhealed(retries int64) plan.AutoSyncInput {
	in := failing(retries, nil)
	end := noon.Add(-time.Minute)
	last := in.App.Status.OperationState
	last.FinishedAt, last.Operation.Sync.Resources = &end, []object.Ref{{Kind: "ConfigMap", Namespace: "web", Name: "a"}}
	return in
}

func TestAFailedHealIsTriedAgainAsAHeal(t *testing.T) {
	t.Parallel()
	only := func(refs ...object.Ref) plan.Options { return plan.Options{OutOfSyncOnly: true, Resources: refs} }
	pruning := only(nginx, old)
	pruning.Prune = true
	for name, c := range map[string]struct {
		edit func(*plan.AutoSyncInput)
		want plan.Decision
	}{
		"of what differs by now": {want: plan.Decision{Do: true, Options: only(nginx), Why: "self-heal: Deployment/web/nginx, retry 3"}},
		"with pruning where the policy prunes": {
			edit: func(in *plan.AutoSyncInput) {
				in.App.Spec.SyncPolicy.Automated.Prune = true
				in.Diffs = append(in.Diffs, &diff.Diff{Ref: old, Verdict: diff.Prune})
			},
			want: plan.Decision{Do: true, Options: pruning, Why: "self-heal: Deployment/web/nginx, ConfigMap/web/old, retry 3"},
		},
		"not before its pause is over": {edit: func(in *plan.AutoSyncInput) { in.App.Status.OperationState.FinishedAt = &in.Now }},
		"not where healing was switched off": {
			edit: func(in *plan.AutoSyncInput) { in.App.Spec.SyncPolicy.Automated.SelfHeal = false },
		},
		"not of what is fought over": {
			edit: func(in *plan.AutoSyncInput) { in.Heat[nginx] = plan.Warmth{Degrees: 18, At: in.Now} },
		},
		"not too often": {
			edit: func(in *plan.AutoSyncInput) { in.App.Status.OperationState.RetryCount = 5 },
			want: plan.Decision{Blocked: "Failed last sync attempt to c1: quota exceeded"},
		},
		"not when somebody terminated it": {
			edit: func(in *plan.AutoSyncInput) { in.App.Status.OperationState.Message = "operation terminated" },
			want: plan.Decision{Blocked: "Failed last sync attempt to c1: operation terminated"},
		},
		"but a new commit is synced in full": {
			edit: func(in *plan.AutoSyncInput) { in.Commits = []app.Commit{{ID: "c2"}} },
			want: plan.Decision{Do: true, Why: "new commit c2"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := unhealed(2)
			if c.edit != nil {
				c.edit(&in)
			}
			decide(t, in, c.want)
		})
	}
}

func TestAHealIsTriedAgainAfterBothItsPauses(t *testing.T) {
	t.Parallel()
	in, end := unhealed(0), noon
	in.App.Status.OperationState.FinishedAt = &end
	in.Diffs[0].Changes = []diff.Change{{Path: ".spec.replicas", Manager: "hpa"}}
	if d := plan.AutoSync(in); d.Wait != 5*time.Second || d.Fight != "" {
		t.Errorf("after a failure: got %+v, want a wait of 5s", d)
	}
	in.Heat[nginx] = plan.Warmth{Degrees: 18, At: in.Now}
	if d := plan.AutoSync(in); d.Wait != 5*time.Second || d.Fight == "" {
		t.Errorf("after a failure, while somebody fights: got %+v, want a wait of 5s and who it is", d)
	}
	in.Now = in.Now.Add(6 * time.Second)
	if d := plan.AutoSync(in); d.Do || d.Wait != 5*time.Minute-6*time.Second || d.Fight == "" {
		t.Errorf("while somebody fights: got %+v, want the rest of 5m", d)
	}
}

func TestAPolicyIsToldInWords(t *testing.T) {
	t.Parallel()
	for want, policy := range map[string]*app.SyncPolicy{
		"": {Retry: &app.Retry{}},
		"a sync that fails is tried again, at most once (spec.syncPolicy.retry)":    {Retry: &app.Retry{Limit: 1}},
		"a sync that fails is tried again, at most 5 times (spec.syncPolicy.retry)": {Retry: &app.Retry{Limit: 5}},
		"a sync that fails is tried again, without end (spec.syncPolicy.retry)":     {Retry: &app.Retry{Limit: -1}},
	} {
		if got := plan.RetryNote(policy); got != want {
			t.Errorf("%+v is told as %q, want %q", policy.Retry, got, want)
		}
	}
	if got := plan.RetryNote(&app.SyncPolicy{}) + plan.RetryNote(nil); got != "" {
		t.Errorf("no policy is told as %q", got)
	}
}

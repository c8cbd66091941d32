package tui

import (
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func ref(kind, namespace, name string) object.Ref {
	group := ""
	if kind == "Deployment" || kind == "ReplicaSet" {
		group = "apps"
	}
	return object.Ref{Group: group, Kind: kind, Namespace: namespace, Name: name}
}

// view is an application that is as it should be.
func view(name string, change func(*engine.View)) engine.View {
	at := noon.Add(-5 * time.Minute)
	v := engine.View{Version: 1}
	v.App.APIVersion, v.App.Kind, v.App.Metadata.Name = app.APIVersion, app.KindApplication, name
	v.App.Spec = app.Spec{
		Destination: app.Destination{Name: "prod-eu", Namespace: name},
		Source:      &app.Source{RepoURL: "https://git.example.com/shop/deploy.git", Path: "charts/" + name, TargetRevision: "main"},
	}
	v.Tools = []app.Tool{app.ToolHelm}
	v.Commits = []app.Commit{{
		Revision: "main", ID: "3fa9c1e07a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d", Author: "Mira Holt", Message: "raise replicas",
		Date: noon.Add(-2 * time.Hour),
	}}
	v.App.Status = app.Status{
		Sync:   app.SyncStatus{Status: app.Synced, Revision: v.Commits[0].ID},
		Health: app.Health{Status: app.Healthy}, ReconciledAt: &at,
		Resources: []app.ResourceStatus{
			{Group: "apps", Kind: "Deployment", Namespace: name, Name: name, Status: app.Synced, Health: &app.Health{Status: app.Healthy}},
			{Kind: "Service", Namespace: name, Name: name, Status: app.Synced, Health: &app.Health{Status: app.Healthy}},
		},
		OperationState: &app.OperationState{
			Phase: app.OperationSucceeded, StartedAt: at, FinishedAt: &at, SettledAt: &at, Message: "successfully synced (all tasks run)",
			Operation: app.Operation{InitiatedBy: app.Initiator{Username: "ada"}},
		},
	}
	if change != nil {
		change(&v)
	}
	return v
}

// shop is a store with applications in all kinds of trouble.
func shop() *fakeEngine {
	failedAt := noon.Add(-4 * time.Minute)
	return &fakeEngine{
		automation: engine.AutomationState{Held: true, Ours: true},
		views: []engine.View{
			view("gateway", func(v *engine.View) {
				v.Pin = &app.Pin{Record: "r4", Reason: "rolled back to r4 by ada"}
				v.App.Spec.SyncPolicy = &app.SyncPolicy{Automated: &app.Automated{SelfHeal: true}}
			}),
			view("ledger", func(v *engine.View) { v.App.Status.Health.Status = app.Progressing }),
			view("payments", func(v *engine.View) {
				st := &v.App.Status
				st.Sync.Status, st.Health.Status = app.OutOfSync, app.Degraded
				st.Resources[0].Status = app.OutOfSync
				st.Resources[0].Health = &app.Health{Status: app.Degraded, Message: "CrashLoopBackOff: DB_URL is empty"}
				st.OperationState = &app.OperationState{
					Phase: app.OperationFailed, StartedAt: failedAt, FinishedAt: &failedAt,
					Message:   "create Service/payments/payments: provided port is already allocated",
					Operation: app.Operation{InitiatedBy: app.Initiator{Automated: true}},
				}
				st.Conditions = []app.Condition{{Type: app.ConditionSyncError, Message: "provided port is already allocated"}}
			}),
			view("payments-worker", func(v *engine.View) { v.App.Status.Sync.Status = app.OutOfSync }),
		},
		tree: []engine.TreeNode{
			{Ref: ref("Service", "payments", "payments"), UID: "1", Managed: true, Sync: app.Synced, Health: app.Health{Status: app.Healthy}, Created: noon.Add(-time.Hour), Object: deployment(3)},
			{Ref: ref("Deployment", "payments", "payments"), UID: "2", Managed: true, Sync: app.OutOfSync, Health: app.Health{Status: app.Degraded, Message: "1 of 3 Pods crash"}, Info: "2/3 ready", Created: noon.Add(-time.Hour), Object: deployment(3)},
			{Ref: ref("ReplicaSet", "payments", "payments-6c9d"), UID: "3", Depth: 1, Health: app.Health{Status: app.Progressing}, Created: noon.Add(-time.Hour), Object: deployment(3)},
			{Ref: ref("Pod", "payments", "payments-6c9d-xk2"), UID: "4", Depth: 2, Health: app.Health{Status: app.Degraded, Message: "CrashLoopBackOff (restarts 7): DB_URL is empty"}, Info: "7 restarts", Created: noon.Add(-time.Hour), Object: pod()},
		},
		diffs: []diff.Diff{{
			Ref: ref("Deployment", "payments", "payments"), Verdict: diff.Differs, How: diff.Server,
			Changes: []diff.Change{{
				Path: ".spec.replicas", Old: int64(3), New: int64(5), HasOld: true, HasNew: true, Manager: "kubectl-scale", Time: noon.Add(-3 * time.Minute),
			}},
			Live: deployment(3), Predicted: deployment(5),
		}},
		plan: shopPlan(),
		causes: []engine.Cause{
			{Step: "application", Object: "payments", Says: "Degraded, OutOfSync"},
			{Step: "object", Object: "Pod/payments/payments-6c9d-xk2", Says: "Degraded CrashLoopBackOff"},
			{Step: "log", Object: "Pod/payments/payments-6c9d-xk2", Says: "web: starting\nFATAL: DB_URL is empty"},
		},
		records: []app.Record{
			{
				ID: "r2", Kind: app.KindSync, Phase: app.OperationSucceeded, StartedAt: noon.Add(-time.Hour - 2*time.Second), FinishedAt: noon.Add(-time.Hour),
				Message: "successfully synced (all tasks run)", By: app.Initiator{Username: "ada"}, Why: "approved in the console", Manifests: true,
				Commits: []app.Commit{{ID: "3fa9c1e07a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d", Message: "raise replicas", Author: "Mira Holt"}},
				Results: []app.ResourceResult{{
					Group: "apps", Kind: "Deployment", Namespace: "payments", Name: "payments", Status: "Synced", Message: "changed",
					StartedAt: noon.Add(-time.Hour - 2*time.Second), FinishedAt: noon.Add(-time.Hour - 1250*time.Millisecond),
				}},
			},
			{
				ID: "r1", Kind: app.KindSync, Phase: app.OperationSucceeded, StartedAt: noon.Add(-26*time.Hour - time.Second), FinishedAt: noon.Add(-26 * time.Hour),
				By: app.Initiator{Automated: true}, Why: "new commit a81d0f2", Manifests: true,
				Commits: []app.Commit{{ID: "a81d0f2b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f", Message: "first try", Author: "Jonas Falk"}},
			},
		},
		values: app.Values{
			Tool: app.ToolHelm, Editable: "charts/payments/values.yaml", Schema: []byte("{}"),
			Effective: "# how many web servers\nreplicaCount: 3\nservice:\n  type: NodePort\n  nodePort: 31080\n",
		},
	}
}

func shopPlan() plan.Plan {
	live, predicted := deployment(3), deployment(5)
	return plan.Plan{
		Hash: "0123456789ab", Took: 400 * time.Millisecond, Unchanged: 34, Cluster: "c",
		Steps: []plan.Step{
			{ID: "1", Ref: object.Ref{Group: "batch", Kind: "Job", Namespace: "payments", Name: "migrate"}, Verb: plan.RunHook, Phase: plan.PreSync, Hook: &plan.Hook{}, Reason: "hook, deleted when it succeeds"},
			{ID: "2", Ref: ref("ConfigMap", "payments", "config"), Verb: plan.Create, Reason: "missing"},
			{
				ID: "3", Ref: ref("Deployment", "payments", "payments"), Verb: plan.Change, Wave: 1, Reason: "1 field differs",
				Diff: diff.Diff{Ref: ref("Deployment", "payments", "payments"), Verdict: diff.Differs, How: diff.Server, Live: live, Predicted: predicted},
			},
			{ID: "4", Ref: ref("ConfigMap", "payments", "old"), Verb: plan.Delete, Reason: "not in git"},
		},
	}
}

// guardedPlan deletes a volume claim.
func guardedPlan() plan.Plan {
	p := shopPlan()
	claim := object.Ref{Kind: "PersistentVolumeClaim", Namespace: "payments", Name: "cache-0"}
	p.Steps = append(p.Steps, plan.Step{ID: "5", Ref: claim, Verb: plan.Delete, Reason: "not in git", Guard: "prune:" + claim.String()})
	p.Guards = []plan.Guard{{Name: "prune:" + claim.String(), Step: "5", Message: "deletes " + claim.String() + " and perhaps the data on it"}}
	return p
}

func deployment(replicas int64) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"name": "payments", "namespace": "payments"},
		"spec": map[string]any{"replicas": replicas, "template": map[string]any{"spec": map[string]any{
			"containers": []any{map[string]any{"name": "web", "image": "payments:1.4"}},
		}}},
	}}
}

func pod() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "payments-6c9d-xk2", "namespace": "payments"},
		"spec": map[string]any{"containers": []any{map[string]any{"name": "web", "image": "payments:1.4"}}},
	}}
}

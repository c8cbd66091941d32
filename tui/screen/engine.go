package screen

import (
	"context"
	"io"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/action"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Engine is what the console needs of the engine; *engine.Engine is one.
type Engine interface {
	Looker
	Asker
	Actor
}

// Looker answers at once; it may be called while drawing.
type Looker interface {
	Views() []engine.View
	View(key app.Key) (engine.View, bool)
	Broken() map[app.Key]error
	StoreName() string
	Automation() engine.AutomationState
	Allowed(p app.Principal, act engine.Act) error
	Attend(keys ...app.Key)
}

// Asker asks git, a cluster or a disk, and is called in commands only.
type Asker interface {
	Refresh(ctx context.Context, key app.Key) (engine.View, error)
	RefreshAnew(ctx context.Context, key app.Key) (engine.View, error)
	Compare(ctx context.Context, key app.Key, revision string) (engine.Comparison, error)
	ForeignFields(ctx context.Context, key app.Key) ([]engine.ObjectFields, error)
	Tree(ctx context.Context, key app.Key) ([]engine.TreeNode, error)
	Manifests(ctx context.Context, key app.Key, which engine.ManifestSource, revision string) ([]*unstructured.Unstructured, error)
	Explain(ctx context.Context, key app.Key) ([]engine.Cause, error)
	History(ctx context.Context, key app.Key) ([]app.Record, error)
	RecordDiff(ctx context.Context, key app.Key, a, b string) (engine.RecordComparison, error)
	Events(ctx context.Context, key app.Key, ref object.Ref) ([]*unstructured.Unstructured, error)
	Logs(ctx context.Context, key app.Key, req object.LogRequest) (io.ReadCloser, error)
	Values(ctx context.Context, key app.Key, source int) (app.Values, error)
	PreviewValues(ctx context.Context, key app.Key, source int, edit app.ValuesEdit) engine.ValuesPreview
	RunningHooks(ctx context.Context, key app.Key) (operation string, hooks []object.Ref, err error)
	PlanSync(ctx context.Context, p app.Principal, key app.Key, o plan.Options) (plan.Plan, error)
	PlanRollback(ctx context.Context, p app.Principal, key app.Key, record string, o plan.Options) (plan.Plan, error)
	Actions(ctx context.Context, key app.Key, ref object.Ref) ([]action.Offer, error)
	PlanAction(ctx context.Context, p app.Principal, key app.Key, req engine.ActionRequest) (engine.ActionPlan, error)
	PlanUndo(ctx context.Context, p app.Principal, key app.Key, o plan.Options) (plan.Plan, error)
	PlanResume(ctx context.Context, p app.Principal, key app.Key) (plan.Plan, error)
	PlanDelete(ctx context.Context, p app.Principal, key app.Key, o plan.Options) (plan.Plan, error)
}

// Actor changes something; every method is authorised by the engine.
type Actor interface {
	Execute(ctx context.Context, p app.Principal, pl plan.Plan, a engine.Approval) (*engine.Run, error)
	Act(ctx context.Context, p app.Principal, pl engine.ActionPlan, confirmed []string) error
	Terminate(ctx context.Context, p app.Principal, key app.Key) error
	SkipHook(ctx context.Context, p app.Principal, key app.Key, name, why string) (object.Ref, error)
	SetAutomation(ctx context.Context, p app.Principal, key app.Key, on bool) error
	KeepValues(ctx context.Context, p app.Principal, key app.Key, source int, edit app.ValuesEdit) error
	CommitValues(ctx context.Context, p app.Principal, key app.Key, source int, edit app.ValuesEdit, c engine.CommitRequest) (app.Commit, error)
	Pin(ctx context.Context, p app.Principal, key app.Key, req engine.PinRequest) error
	PauseAutomation(ctx context.Context, p app.Principal, key app.Key, pause time.Duration, reason string) error
	Unhalt(ctx context.Context, p app.Principal, cluster string) error
	Unpin(ctx context.Context, p app.Principal, key app.Key) error
}

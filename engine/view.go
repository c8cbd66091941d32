package engine

import (
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// View is one application as a front shows it. It is a value: it stays as it is when the engine goes on.
type View struct {
	// App holds spec and the newest status, with a mark for the logins that URLs of repositories hold.
	App app.Application
	// Tools and Why say, per source, what renders it and how that was found.
	Tools []app.Tool
	Why   []string
	// Commits are what the sources' revisions resolved to, with author, date and message.
	Commits []app.Commit
	// Pin is set while a rollback holds the application at a record.
	Pin *app.Pin
	// Pause is set while automation leaves the application alone for a time.
	Pause *Pause
	// Released is true when the application's document is gone; only its inventory is known.
	Released bool
	// Knowledge says when the destination's cluster was last heard of.
	Knowledge object.Knowledge
	// Refreshing is true while a refresh runs.
	Refreshing bool
	// Progress is the running operation, or the last one of this process; nil when there was none.
	Progress *Progress
	// Held says which other process runs an operation of this application.
	Held *app.Holder
	// Stages are the times that the last refresh took, by stage: resolve, fetch, render, live, compare, health.
	Stages []Stage
	// Version counts the changes of this View: equal versions are equal Views.
	Version uint64
}

// Pause says until when automation leaves an application alone, and why.
type Pause struct {
	Until  time.Time
	Reason string
}

// Stage is one timed part of a refresh.
type Stage struct {
	Name string
	Took time.Duration
}

// Progress is an operation as it goes on.
type Progress struct {
	// ID is the operation's id.
	ID      string
	Plan    plan.Plan
	Phase   app.OperationPhase
	Message string
	Started time.Time
	Ended   time.Time
	// Steps run parallel to Plan.Steps.
	Steps []StepState
	// Waiting says what the operation waits for, such as "Deployment/web/nginx: 1 of 3 replicas available".
	Waiting string
	// Retry counts the attempts after the first one: each has a plan and an id of its own. Retrying is set in the pause between two
	// of them, in which the operation runs and the steps are those of the one that failed.
	Retry    int64
	Retrying *app.Retrying
}

// Counts returns how many steps have ended and how many there are to do.
func (p *Progress) Counts() (done, total int) {
	for i, s := range p.Steps {
		if p.Plan.Steps[i].Left || p.Plan.Steps[i].Verb == plan.Keep {
			continue
		}
		total++
		if s.State == StepDone || s.State == StepFailed || s.State == StepSkipped {
			done++
		}
	}
	return done, total
}

// StepState is where one step stands.
type StepState struct {
	State   StepCode
	Message string
	Started time.Time
	Ended   time.Time
	// did is what the step was done with, while Message says what is awaited.
	did string
}

// StepCode says where a step stands. The zero StepCode is pending.
type StepCode int

// The states of a step.
const (
	StepPending StepCode = iota
	StepRunning
	// StepWaiting says that the object was written and its health is awaited.
	StepWaiting
	StepDone
	StepFailed
	// StepSkipped says that the operation ended before the step's turn came or, of a step that was started, that somebody had
	// the hook skipped.
	StepSkipped
)

// String returns the state in words.
func (c StepCode) String() string {
	return [...]string{"pending", "running", "waiting", "done", "failed", "skipped"}[c]
}

// TreeNode is one object of an application's resource tree, in display order: a node's children follow it.
type TreeNode struct {
	Ref    object.Ref
	UID    types.UID
	Depth  int
	Health app.Health
	// Sync is set for directly managed objects only.
	Sync app.SyncCode
	// Managed is true for objects that git declares, false for those that came of them.
	Managed bool
	Hook    bool
	Wave    int
	// Info is a short text for lists: "2/3 ready, 7 restarts", "10 Pods".
	Info    string
	Created time.Time
	// Object may be shown: Secret data is masked. Nil for an object that is missing.
	Object *unstructured.Unstructured
}

// Comparison is the outcome of comparing a whole application.
type Comparison struct {
	Diffs []diff.Diff
	// Health by object, for those that have one.
	Health map[object.Ref]app.Health
	// Unread says of what no diff tells: where the application had objects that git asks for no more, and nothing can be read.
	Unread []error
	AsOf   time.Time
}

// ValuesPreview is what edited values would change in the cluster.
type ValuesPreview struct {
	Result app.ValuesResult
	// Diffs holds only the objects that would change, or that the server refuses.
	Diffs []diff.Diff
	// Err is why there is no preview: a template that fails, a cluster that cannot be reached.
	Err error
	// RenderTook and CheckTook are the two parts of the time that the preview took.
	RenderTook, CheckTook time.Duration
}

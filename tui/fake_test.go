package tui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine"
	"github.com/wheelhouse-gitops/wheelhouse/engine/action"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// fakeEngine answers from memory and writes down what it was asked to change. The console's behaviour towards a real
// engine is tested end to end, on a real control plane.
type fakeEngine struct {
	mu         sync.Mutex
	views      []engine.View
	broken     map[app.Key]error
	automation engine.AutomationState
	// elsewhere are hooks that an operation in another process waits for.
	elsewhere []object.Ref
	// lost are the guards of deleting or scaling any object.
	lost     []plan.Guard
	causes   []engine.Cause
	tree     []engine.TreeNode
	diffs    []diff.Diff
	unseen   []object.Ref
	foreign  []engine.ObjectFields
	plan     plan.Plan
	planErr  error
	records  []app.Record
	values   app.Values
	preview  func(text string) engine.ValuesPreview
	acted    []string
	actErr   error
	attended []app.Key
	options  plan.Options
}

// asked are the options of the last plan of a sync.
func (f *fakeEngine) asked() plan.Options {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.options
}

func (f *fakeEngine) note(what ...string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.acted = append(f.acted, strings.Join(what, " "))
	return f.actErr
}

func (f *fakeEngine) acts() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.acted...)
}

func (f *fakeEngine) Views() []engine.View {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]engine.View(nil), f.views...)
}

func (f *fakeEngine) View(key app.Key) (engine.View, bool) {
	for _, v := range f.Views() {
		if v.App.Key() == key {
			return v, true
		}
	}
	return engine.View{}, false
}

func (f *fakeEngine) Broken() map[app.Key]error { return f.broken }

func (f *fakeEngine) StoreName() string { return "file:/home/ada/applications" }

func (f *fakeEngine) Automation() engine.AutomationState { return f.automation }

// errViewer is what the engine answers to somebody who may only look.
var errViewer = errors.New("not allowed: needs the role operator")

func (f *fakeEngine) Allowed(p app.Principal, act engine.Act) error {
	if p.Role < app.Operator {
		return errViewer
	}
	return engine.New(engine.Ports{}, engine.Options{}).Allowed(p, act)
}

func (f *fakeEngine) Attend(keys ...app.Key) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.attended = keys
}

func (f *fakeEngine) Refresh(_ context.Context, key app.Key) (engine.View, error) {
	return engine.View{}, f.note("refresh", key.String())
}

func (f *fakeEngine) RefreshAnew(_ context.Context, key app.Key) (engine.View, error) {
	return engine.View{}, f.note("refresh anew", key.String())
}

func (f *fakeEngine) Compare(context.Context, app.Key, string) (engine.Comparison, error) {
	return engine.Comparison{Diffs: f.diffs, AsOf: noon.Add(-5 * time.Minute)}, nil
}

func (f *fakeEngine) ForeignFields(context.Context, app.Key) ([]engine.ObjectFields, error) {
	return f.foreign, nil
}

func (f *fakeEngine) Tree(context.Context, app.Key) ([]engine.TreeNode, error) { return f.tree, nil }

func (f *fakeEngine) Manifests(context.Context, app.Key, engine.ManifestSource, string) ([]*unstructured.Unstructured, error) {
	return nil, nil
}

func (f *fakeEngine) History(context.Context, app.Key) ([]app.Record, error) { return f.records, nil }

func (f *fakeEngine) RecordDiff(context.Context, app.Key, string, string) (engine.RecordComparison, error) {
	return engine.RecordComparison{Diffs: f.diffs, Unseen: f.unseen}, nil
}

func (f *fakeEngine) Events(context.Context, app.Key, object.Ref) ([]*unstructured.Unstructured, error) {
	return nil, nil
}

func (f *fakeEngine) Logs(context.Context, app.Key, object.LogRequest) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader("ready to serve\nGET /\n")), nil
}

func (f *fakeEngine) Values(context.Context, app.Key, int) (app.Values, error) { return f.values, nil }

func (f *fakeEngine) PreviewValues(_ context.Context, _ app.Key, _ int, edit app.ValuesEdit) engine.ValuesPreview {
	if f.preview == nil {
		return engine.ValuesPreview{Result: app.ValuesResult{Overridden: []string{"replicaCount"}}}
	}
	return f.preview(edit.Text)
}

func (f *fakeEngine) PlanSync(_ context.Context, _ app.Principal, key app.Key, o plan.Options) (plan.Plan, error) {
	f.mu.Lock()
	f.options = o
	f.mu.Unlock()
	p := f.plan
	p.App, p.Kind, p.Options = key, app.KindSync, o
	p.Steps = append([]plan.Step(nil), f.plan.Steps...)
	return p, f.planErr
}

func (f *fakeEngine) PlanRollback(_ context.Context, _ app.Principal, key app.Key, record string, o plan.Options) (plan.Plan, error) {
	p := f.plan
	p.App, p.Kind, p.Options, p.Record = key, app.KindRollback, o, record
	for _, r := range f.records {
		if r.ID == record {
			p.Commits, p.Sources = r.Commits, r.Sources
		}
	}
	if o.Commit != nil {
		branch := o.Commit.Branch
		if branch == "" {
			branch = "main"
		}
		plan.AddRestores(&p, []plan.Restore{{
			Source: app.Source{RepoURL: "https://git.example.com/payments"},
			Draft: app.Draft{
				Commit: app.Commit{ID: strings.Repeat("d", 40), Message: o.Commit.Message}, Branch: branch, Followed: branch == "main",
				Files: []app.FileChange{{Path: "web/values.yaml", Act: "changed", Added: 1, Removed: 2, Counted: true}},
			},
		}}, nil)
	}
	return p, f.planErr
}

func (f *fakeEngine) Actions(_ context.Context, key app.Key, ref object.Ref) ([]action.Offer, error) {
	nodes, err := f.Tree(context.Background(), key)
	for _, n := range nodes {
		if n.Ref == ref {
			return action.For(n.Object), err
		}
	}
	return nil, app.ErrNotFound
}

func (f *fakeEngine) PlanAction(_ context.Context, _ app.Principal, key app.Key, req engine.ActionRequest) (engine.ActionPlan, error) {
	offers, err := f.Actions(context.Background(), key, req.Ref)
	for _, o := range offers {
		if o.Name == req.Action {
			pl := engine.ActionPlan{App: key, Ref: req.Ref, Action: o.Action, Write: action.Write{Says: "does " + o.Name + " " + req.Values["replicas"]}}
			if o.Class == action.Remove || o.Name == "scale" {
				pl.Guards = f.lost
			}
			return pl, err
		}
	}
	return engine.ActionPlan{}, app.ErrNotFound
}

func (f *fakeEngine) Act(_ context.Context, p app.Principal, pl engine.ActionPlan, confirmed []string) error {
	return f.note(append([]string{p.Name, pl.Write.Says, pl.Ref.String()}, confirmed...)...)
}

func (f *fakeEngine) PlanUndo(_ context.Context, _ app.Principal, key app.Key, o plan.Options) (plan.Plan, error) {
	p := f.plan
	p.App, p.Kind, p.Options = key, app.KindUndo, o
	return p, f.planErr
}

func (f *fakeEngine) PlanResume(_ context.Context, _ app.Principal, key app.Key) (plan.Plan, error) {
	p := f.plan
	p.App, p.Kind, p.Resumes = key, cmp.Or(p.Kind, app.KindSync), &plan.Resumption{Operation: "op-1"}
	return p, f.planErr
}

func (f *fakeEngine) PlanDelete(_ context.Context, _ app.Principal, key app.Key, o plan.Options) (plan.Plan, error) {
	p := f.plan
	p.App, p.Kind, p.Options = key, app.KindDelete, o
	return p, f.planErr
}

func (f *fakeEngine) Execute(_ context.Context, p app.Principal, pl plan.Plan, a engine.Approval) (*engine.Run, error) {
	left := ""
	for _, s := range pl.Steps {
		if s.Left {
			left += " without " + s.Ref.String()
		}
	}
	for i := range pl.Restores {
		left += " with " + pl.Restores[i].Draft.Commit.Message + " on " + pl.Restores[i].Draft.Branch
	}
	if a.Retry.Limit != 0 {
		left += fmt.Sprintf(" retrying %d with the newest %t unseen %t", a.Retry.Limit, a.Retry.Refresh, a.Retry.Unseen)
	}
	err := f.note(p.Name, string(pl.Kind), pl.App.String(), "confirmed", strings.Join(a.Confirmed, ",")+left)
	if err != nil {
		return nil, err
	}
	return &engine.Run{}, nil
}

func (f *fakeEngine) Terminate(_ context.Context, _ app.Principal, key app.Key) error {
	return f.note("terminate", key.String())
}

// RunningHooks are those of an operation in another process.
func (f *fakeEngine) RunningHooks(context.Context, app.Key) (string, []object.Ref, error) {
	return "op-2", f.elsewhere, nil
}

func (f *fakeEngine) SkipHook(_ context.Context, p app.Principal, key app.Key, name, why string) (object.Ref, error) {
	return object.Ref{}, f.note(p.Name, "skip", name, "of", key.String(), "because", why)
}

func (f *fakeEngine) SetAutomation(_ context.Context, _ app.Principal, key app.Key, on bool) error {
	if on {
		return f.note("automate", key.String())
	}
	return f.note("stop automating", key.String())
}

func (f *fakeEngine) KeepValues(_ context.Context, _ app.Principal, key app.Key, _ int, edit app.ValuesEdit) error {
	return f.note("keep", key.String(), edit.Text)
}

func (f *fakeEngine) CommitValues(
	_ context.Context, _ app.Principal, key app.Key, _ int, _ app.ValuesEdit, c engine.CommitRequest,
) (app.Commit, error) {
	return app.Commit{ID: strings.Repeat("c", 40)}, f.note("commit", key.String(), c.Branch, c.Message, c.Author)
}

func (f *fakeEngine) Explain(context.Context, app.Key) ([]engine.Cause, error) { return f.causes, nil }

func (f *fakeEngine) Pin(_ context.Context, _ app.Principal, key app.Key, req engine.PinRequest) error {
	return f.note("pin", key.String(), req.Reason, req.For.String())
}

func (f *fakeEngine) PauseAutomation(_ context.Context, _ app.Principal, key app.Key, pause time.Duration, reason string) error {
	return f.note("pause", key.String(), pause.String(), reason)
}

func (f *fakeEngine) Unhalt(_ context.Context, _ app.Principal, cluster string) error {
	return f.note("go on in", cluster)
}

func (f *fakeEngine) Unpin(_ context.Context, _ app.Principal, key app.Key) error {
	return f.note("unpin", key.String())
}

package engine

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// statusStore holds the status of one application.
type statusStore struct {
	Store
	status app.Status
}

func (s *statusStore) UpdateStatus(_ context.Context, _ app.Key, change func(*app.Status)) (app.Status, error) {
	change(&s.status)
	return s.status, nil
}

// ending is a history, a lock and the rest that an operation ends in; its application cannot be removed.
type ending struct {
	statusStore
	History
	Bindings
}

func (*ending) Load(context.Context, app.Key) (app.Application, error) { return app.Application{}, nil }

func (*ending) Remove(context.Context, app.Key) error { return errors.New("the folder is read-only") }

func (*ending) Append(_ context.Context, r app.Record, _ []*unstructured.Unstructured) (app.Record, error) {
	return r, nil
}

func (*ending) Forget(context.Context, app.Key) error { return nil }

// TestADeletionThatLeavesTheApplicationHasFailed deletes all objects of an application, whose document then stays.
func TestADeletionThatLeavesTheApplicationHasFailed(t *testing.T) {
	t.Parallel()
	store := &ending{}
	e := New(Ports{Store: store, History: store, Bindings: store, Journals: noJournals{lateWord: &lateWord{}}}, Options{})
	t.Cleanup(e.Close)
	op := &operation{engine: e, principal: app.Principal{Name: "ada"}, lease: hold(free{}, wall{}, func() {}), run: &Run{done: make(chan struct{})}, series: &series{}}
	op.plan.App.Name, op.plan.Kind = "web", app.KindDelete
	op.finish(t.Context(), nil)
	if !store.status.HalfDeleted() || !strings.Contains(store.status.Conditions[0].Message, "the folder is read-only") {
		t.Errorf("the conditions are %+v", store.status.Conditions)
	}
}

// TestAFailedDeletionIsACondition ends operations, and reads what the status then says of a deletion that failed.
func TestAFailedDeletionIsACondition(t *testing.T) {
	t.Parallel()
	const earlier, failed = "the deletion by bob failed: earlier", "the deletion by ada failed: its hook failed"
	for name, c := range map[string]struct {
		kind    app.OperationKind
		phase   app.OperationPhase
		options plan.Options
		want    string
	}{
		"a deletion that failed says why":    {kind: app.KindDelete, phase: app.OperationFailed, want: failed},
		"a dry run says nothing":             {app.KindDelete, app.OperationFailed, plan.Options{DryRun: true}, earlier},
		"a sync takes back what it said":     {kind: app.KindSync, phase: app.OperationSucceeded},
		"a rollback does too":                {kind: app.KindRollback, phase: app.OperationSucceeded},
		"a sync that failed does not":        {kind: app.KindSync, phase: app.OperationFailed, want: earlier},
		"a sync of some objects does not":    {app.KindSync, app.OperationSucceeded, plan.Options{Resources: []object.Ref{{Kind: "ConfigMap", Name: "a"}}}, earlier},
		"a sync that wrote nothing does not": {app.KindSync, app.OperationSucceeded, plan.Options{DryRun: true}, earlier},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &statusStore{status: app.Status{Conditions: []app.Condition{{Type: app.ConditionDeletionError, Message: earlier}}}}
			e := New(Ports{Store: store}, Options{})
			t.Cleanup(e.Close)
			op := &operation{engine: e, principal: app.Principal{Name: "ada"}, plan: plan.Plan{Kind: c.kind, Options: c.options}}
			op.store(t.Context(), func(s *app.Status) { s.Conditions = syncCondition(s.Conditions, op, c.phase, "its hook failed") })
			op.tellDeletion(t.Context(), "its hook failed")
			got := ""
			for _, condition := range store.status.Conditions {
				got += condition.Message
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("the conditions (-want +got):\n%s", d)
			}
		})
	}
}

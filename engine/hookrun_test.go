package engine

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// stage is a cluster that has what was applied to it, until it is deleted.
type stage struct {
	Cluster
	mu      sync.Mutex
	objects map[object.Ref]*unstructured.Unstructured
	// applied and deleted are what was asked for, dry runs too.
	applied []object.Ref
	deleted []object.DeleteRequest
	// silent has it answer no apply.
	silent bool
}

func (s *stage) Read(_ context.Context, ref object.Ref) (*unstructured.Unstructured, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u, ok := s.objects[ref]; ok {
		return u, nil
	}
	return nil, app.ErrNotFound
}

func (s *stage) Apply(ctx context.Context, req object.ApplyRequest) (object.Answer, error) {
	if s.silent {
		<-ctx.Done()
		return object.Answer{}, ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ref := object.Of(req.Object)
	s.applied = append(s.applied, ref)
	u := req.Object.DeepCopy()
	if !req.DryRun {
		u.SetUID(types.UID(ref.String()))
		s.objects[ref] = u
	}
	return object.Answer{Object: u}, nil
}

func (s *stage) Delete(_ context.Context, req object.DeleteRequest) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deleted = append(s.deleted, req)
	if !req.DryRun {
		delete(s.objects, req.Ref)
	}
	return nil
}

func (*stage) Changed(context.Context, []object.Ref) (<-chan struct{}, bool) { return nil, false }

// onStage returns an operation of some steps on such a cluster.
func onStage(t *testing.T, steps ...plan.Step) (*operation, *stage) {
	t.Helper()
	_, op := acting(t, len(steps))
	s := &stage{objects: map[object.Ref]*unstructured.Unstructured{}}
	op.cluster, op.plan.Steps, op.run.id, op.engine.ports.Store = s, steps, "op-1", &lateWord{}
	op.engine.opts.Clock = wall{}
	op.lease = hold(free{}, wall{}, func() {})
	t.Cleanup(op.lease.stop)
	return op, s
}

// hookOf is the step of a hook that has succeeded once it is there.
func hookOf(name string, h plan.Hook) plan.Step {
	u := settings(name, "one", false)
	u.SetAnnotations(map[string]string{object.AnnotationHook: h.Phase.String()})
	return plan.Step{ID: h.Phase.String() + "/" + name, Ref: object.Of(u), Verb: plan.RunHook, Phase: h.Phase, Hook: &h, Desired: u}
}

// TestADryRunThatFailsAwaitsNoHook has the hooks after a failure be judged by the server alone, which writes nothing.
func TestADryRunThatFailsAwaitsNoHook(t *testing.T) {
	t.Parallel()
	op, s := onStage(t, hookOf("rescue", plan.Hook{Phase: plan.SyncFail}))
	op.plan.Options.DryRun = true
	if err := op.failureHooks(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := op.stateOf(0); got != StepDone || len(s.applied) != 1 || len(s.objects) != 0 {
		t.Errorf("the hook is %s, %v was applied and %v is there", got, s.applied, s.objects)
	}
}

// TestADryRunThatIsEndedLeavesNoHook ends a dry run while the server judges a hook: none was created that would have to be deleted.
func TestADryRunThatIsEndedLeavesNoHook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		op, s := onStage(t, hookOf("before", plan.Hook{Phase: plan.PreSync}))
		op.plan.Options.DryRun, s.silent = true, true
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := op.perform(ctx, 0); !errors.Is(err, errCut) {
			t.Errorf("it ends with %v", err)
		}
		if err := op.deleteRunningHooks(ctx); err != nil || op.stateOf(0) != StepFailed {
			t.Errorf("the hook is %s (%v)", op.stateOf(0), err)
		}
	})
}

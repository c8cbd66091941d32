package engine

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
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
	// acts are both, in their order, in words.
	acts []string
	// silent has it answer no apply.
	silent bool
	// keeps is why it deletes nothing, nil where it does.
	keeps error
}

func (s *stage) Read(_ context.Context, ref object.Ref) (*unstructured.Unstructured, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u, ok := s.objects[ref]; ok {
		return u, nil
	}
	return nil, app.ErrNotFound
}

func (s *stage) Epoch(context.Context, schema.GroupVersionKind) (object.Epoch, error) {
	return object.Epoch{}, nil
}

func (s *stage) Apply(ctx context.Context, req object.ApplyRequest) (object.Answer, error) {
	if s.silent {
		<-ctx.Done()
		return object.Answer{}, ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ref := object.Of(req.Object)
	s.applied, s.acts = append(s.applied, ref), append(s.acts, "apply "+ref.Name)
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
	s.deleted, s.acts = append(s.deleted, req), append(s.acts, "delete "+req.Ref.Name)
	if !req.DryRun && s.keeps == nil {
		delete(s.objects, req.Ref)
	}
	return s.keeps
}

// Patch changes nothing, and finds what a server does: no such object, or another one of its name.
func (s *stage) Patch(_ context.Context, req object.PatchRequest) (*unstructured.Unstructured, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := schema.GroupResource{Resource: "jobs"}
	live := s.objects[req.Ref]
	switch {
	case live == nil:
		return nil, apierrors.NewNotFound(of, req.Ref.Name)
	case live.GetUID() != req.UID:
		return nil, apierrors.NewConflict(of, req.Ref.Name, errors.New("Precondition failed: UID in precondition"))
	}
	return nil, apierrors.NewConflict(of, req.Ref.Name, errors.New("the object has been modified"))
}

func (*stage) Follow(ctx context.Context, _ []object.Ref, _ func()) error {
	<-ctx.Done()
	return ctx.Err()
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

// madeBy is the object of a hook as its step made it in an operation.
func madeBy(operation string, s *plan.Step) *unstructured.Unstructured {
	u := s.Desired.DeepCopy()
	u.SetUID("made")
	a := u.GetAnnotations()
	a[object.AnnotationOperation], a[object.AnnotationStep] = operation, s.ID
	u.SetAnnotations(a)
	return u
}

// notes is a journal that keeps its entries.
type notes struct {
	JournalWriter
	entries []app.JournalEntry
}

func (n *notes) Write(e app.JournalEntry) error {
	n.entries = append(n.entries, e)
	return nil
}

func (n *notes) Note(e app.JournalEntry) error { return n.Write(e) }

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

// TestAHookIsGoneWhenWhatItMadeIs looks how hooks are deleted: before another run, and when their operation is ended.
func TestAHookIsGoneWhenWhatItMadeIs(t *testing.T) {
	t.Parallel()
	step := hookOf("before", plan.Hook{Phase: plan.PreSync, BeforeCreation: true})
	for name, deletes := range map[string]func(t *testing.T, op *operation) error{
		"before another run": func(t *testing.T, op *operation) error { return op.startHook(t.Context(), &op.plan.Steps[0]) },
		"when its operation is ended": func(t *testing.T, op *operation) error {
			op.journal = &notes{}
			op.step(0, StepWaiting, "")
			return op.deleteRunningHooks(t.Context())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op, s := onStage(t, step)
			s.objects[step.Ref] = madeBy("op-1", &step)
			if err := deletes(t, op); err != nil {
				t.Fatal(err)
			}
			if len(s.deleted) != 1 || s.deleted[0].Propagation != "Foreground" || s.deleted[0].UID != "made" {
				t.Errorf("deleted is %+v", s.deleted)
			}
		})
	}
}

// TestAHookIsNotMadeOverOneThatGoes has an earlier run go that its policy would leave: the next one is made when it is gone.
func TestAHookIsNotMadeOverOneThatGoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		step := hookOf("before", plan.Hook{Phase: plan.PreSync, OnSuccess: true})
		op, s := onStage(t, step)
		going := madeBy("op-0", &step)
		going.SetDeletionTimestamp(&metav1.Time{Time: time.Now()})
		s.objects[step.Ref] = going
		const goes = 5 * time.Second
		time.AfterFunc(goes, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.objects, step.Ref)
		})
		begun := time.Now()
		if err := op.startHook(t.Context(), &op.plan.Steps[0]); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took < goes || len(s.applied) != 1 || len(s.deleted) != 0 {
			t.Errorf("after %s applied is %v, and deleted %v", took, s.applied, s.deleted)
		}
	})
}

// TestAHookThatIsNotDeletedIsNotSaidToBe ends an operation with a hook that the server does not delete.
func TestAHookThatIsNotDeletedIsNotSaidToBe(t *testing.T) {
	t.Parallel()
	step := hookOf("before", plan.Hook{Phase: plan.PreSync})
	op, s := onStage(t, step)
	s.objects[step.Ref], s.keeps = madeBy("op-1", &step), errors.New("no, it stays")
	said := &notes{}
	op.journal = said
	op.step(0, StepWaiting, "")
	if err := op.deleteRunningHooks(t.Context()); !errors.Is(err, s.keeps) {
		t.Errorf("it ends with %v", err)
	}
	if e := said.entries[len(said.entries)-1]; e.Mark != app.JournalFailed || !strings.HasPrefix(e.Message, "it may still run") || !strings.Contains(e.Message, "no, it stays") {
		t.Errorf("the journal has %+v", e)
	}
}

// TestAHookThatIsGoneNeedsNoTimeToLive has somebody delete a hook that has succeeded, or make it anew, before it gets its time to live.
func TestAHookThatIsGoneNeedsNoTimeToLive(t *testing.T) {
	t.Parallel()
	step := hookOf("before", plan.Hook{Phase: plan.PreSync})
	step.Desired.SetGroupVersionKind(schema.GroupVersionKind{Group: "batch", Version: "v1", Kind: "Job"})
	step.Desired.Object["spec"] = map[string]any{"ttlSecondsAfterFinished": int64(9)}
	op, s := onStage(t, step)
	if _, asks := timeToLive(step.Desired); !asks {
		t.Fatal("the example asks for none")
	}
	ran := madeBy("op-1", &step)
	ran.SetUID("ran")
	if err := op.letExpire(t.Context(), step.Desired, ran); err != nil {
		t.Errorf("one that is gone: %v", err)
	}
	anew := ran.DeepCopy()
	anew.SetUID("anew")
	s.objects[object.Of(ran)] = anew
	if err := op.letExpire(t.Context(), step.Desired, ran); err != nil {
		t.Errorf("one that was made anew: %v", err)
	}
	s.objects[object.Of(ran)] = ran
	if err := op.letExpire(t.Context(), step.Desired, ran); !apierrors.IsConflict(err) {
		t.Errorf("one that is there, and was not changed: %v", err)
	}
}

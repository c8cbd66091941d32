package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// established waits until the server serves the kinds of definitions that were just written: objects of these kinds may come
// next, in the same wave.
func (op *operation) established(ctx context.Context, steps []int) error {
	if op.plan.Options.DryRun {
		return nil
	}
	for _, i := range steps {
		s := &op.plan.Steps[i]
		if s.Ref.Kind != "CustomResourceDefinition" || s.Left || s.Desired == nil {
			continue
		}
		op.defined = op.engine.opts.Clock.Now()
		if err := op.until(ctx, one(s.Ref), func(ctx context.Context) (bool, string, error) { return op.definitionReady(ctx, s.Ref) }); err != nil {
			return err
		}
		for _, gvk := range servedBy(s) {
			nothing := func() []object.Ref { return nil }
			err := op.until(ctx, nothing, func(ctx context.Context) (bool, string, error) {
				_, err := op.cluster.Resource(ctx, gvk)
				if errors.Is(err, object.ErrNoKind) {
					return false, fmt.Sprintf("the cluster to serve %s", gvk.GroupKind()), nil
				}
				return err == nil, "", err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// appearing is how long a kind is looked for that was missing when the plan was made. It is longer than a cluster leaves between two
// looks at what it serves, so that one of them comes after all that was done before the step.
const appearing = 3 * time.Second

// appeared waits a moment for the kind of an object that nobody served when it was planned. One that is still missing then is what its
// apply fails with.
func (op *operation) appeared(ctx context.Context, s *plan.Step) error {
	if op.plan.Options.DryRun || s.Diff.Verdict != diff.MissingKind {
		return nil
	}
	gvk, end := s.Desired.GroupVersionKind(), op.engine.opts.Clock.Now().Add(appearing)
	nothing := func() []object.Ref { return nil }
	return op.until(ctx, nothing, func(ctx context.Context) (bool, string, error) {
		_, err := op.cluster.Resource(ctx, gvk)
		missing := errors.Is(err, object.ErrNoKind) && op.engine.opts.Clock.Now().Before(end)
		return !missing, fmt.Sprintf("the cluster to serve %s", gvk.GroupKind()), nil
	})
}

// inForce does a step whose object was judged by a definition that the same operation writes. A server goes on by the definition of
// before for a moment, and one of several for longer: as long as it refuses, the step is tried again.
func (op *operation) inForce(ctx context.Context, s *plan.Step, do func(context.Context, *plan.Step) (string, error)) (string, error) {
	if s.Diff.How != diff.Schema || s.Refused != "" || op.plan.Options.DryRun {
		return do(ctx, s)
	}
	var message string
	var answer error
	nothing := func() []object.Ref { return nil }
	err := op.until(ctx, nothing, func(ctx context.Context) (bool, string, error) {
		message, answer = do(ctx, s)
		again := disagrees(answer) && op.engine.opts.Clock.Now().Sub(op.defined) < appearing
		return !again, fmt.Sprintf("the cluster to go by the definition of %s", s.Ref.GroupKind()), nil
	})
	if err != nil {
		return "", err
	}
	return message, answer
}

// disagrees reports whether an answer may be one by another definition than the object was judged by.
func disagrees(answer error) bool {
	if answer == nil {
		return false
	}
	verdict, _ := diff.Classify(answer)
	return verdict == diff.Refused || verdict == diff.MissingKind
}

// servedBy lists the kinds that a definition has served, in each version.
func servedBy(s *plan.Step) []schema.GroupVersionKind {
	group, _, _ := unstructured.NestedString(s.Desired.Object, "spec", "group")
	kind, _, _ := unstructured.NestedString(s.Desired.Object, "spec", "names", "kind")
	versions, _, _ := unstructured.NestedSlice(s.Desired.Object, "spec", "versions")
	var out []schema.GroupVersionKind
	for _, v := range versions {
		if m, ok := v.(map[string]any); ok && m["served"] == true {
			out = append(out, schema.GroupVersionKind{Group: group, Version: fmt.Sprint(m["name"]), Kind: kind})
		}
	}
	return out
}

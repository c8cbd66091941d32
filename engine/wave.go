package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/health"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

const goAround = "repair it in git, in its wave or an earlier one; --resource syncs single objects without waiting for the others"

// holds reports whether a live object has a health that holds later waves back, and what it lacks now.
func holds(checks *health.Checks) func(*unstructured.Unstructured) (bool, string) {
	return func(u *unstructured.Unstructured) (bool, string) {
		if !checks.Gates(u) || checks.Assess(u).Status == "" {
			return false, ""
		}
		_, message, _ := settledHealth(checks, u)
		return true, message
	}
}

// awaitUnwritten waits for the health of declared objects that the plan does not write. They are looked at together, and one that
// was well holds nothing back any more.
func (op *operation) awaitUnwritten(ctx context.Context, awaited func(plan.Wait) bool) error {
	var pending, later []plan.Wait
	for _, w := range op.plan.Waits {
		if awaited(w) {
			pending = append(pending, w)
		} else {
			later = append(later, w)
		}
	}
	if len(pending) == 0 || op.plan.Options.DryRun {
		return nil
	}
	op.plan.Waits = later
	refs := func() []object.Ref {
		out := make([]object.Ref, len(pending))
		for i, w := range pending {
			out[i] = w.Ref
		}
		return out
	}
	var failures []error
	err := op.until(ctx, refs, func(ctx context.Context) (bool, string, error) {
		set, err := op.cluster.Live(ctx, object.LiveQuery{Refs: refs()})
		if err != nil {
			return false, "", err
		}
		waiting := ""
		var open []plan.Wait
		for _, w := range pending {
			done, what, err := op.unwrittenReady(ctx, w, set.Objects[w.Ref])
			switch {
			case err != nil && !done:
				return false, "", err
			case err != nil:
				failures = append(failures, err)
			case !done:
				open = append(open, w)
				if waiting == "" {
					waiting = what
				}
			}
		}
		pending = slices.Clip(open)
		op.yields(true)
		// One that is degraded ends the wait for the others: nothing was done to them.
		return len(pending) == 0 || len(failures) > 0, waiting, nil
	})
	op.yields(false)
	if len(failures) > 0 {
		return hint.With(errors.Join(append(failures, err)...), goAround)
	}
	return err
}

// unwrittenReady decides about one of them, as it was just read; nil was not found.
func (op *operation) unwrittenReady(ctx context.Context, w plan.Wait, u *unstructured.Unstructured) (bool, string, error) {
	done, message, err := op.well(ctx, w.Ref, u)
	if err != nil {
		return done, "", fmt.Errorf("what comes after wave %d is not begun: %w", w.Wave, err)
	}
	return done, w.String() + ": " + message, nil
}

// definitionReady looks whether the server has taken a definition up.
func (op *operation) definitionReady(ctx context.Context, ref object.Ref) (bool, string, error) {
	done, message, err := op.well(ctx, ref, nil)
	return done, ref.String() + ": " + message, err
}

// well looks whether an object is well. It is asked for when nobody has read it.
func (op *operation) well(ctx context.Context, ref object.Ref, u *unstructured.Unstructured) (done bool, message string, err error) {
	if u == nil {
		u, err = op.cluster.Read(ctx, ref)
	}
	if errors.Is(err, app.ErrNotFound) {
		return true, "", fmt.Errorf("%s was deleted while its health was awaited", ref)
	}
	if err != nil {
		return false, "", err
	}
	done, message, degraded := settledHealth(op.engine.opts.Checks, u)
	if degraded {
		return true, "", fmt.Errorf("%s is degraded: %s", ref, message)
	}
	return done, message, nil
}

// settledHealth reports whether an object holds no later wave back any more, or is degraded. As in Argo CD, only what is healthy
// or has no health lets a wave go on: one that is suspended waits for whoever resumes it.
func settledHealth(checks *health.Checks, u *unstructured.Unstructured) (done bool, message string, degraded bool) {
	h := checks.Assess(u)
	switch {
	case !checks.Gates(u) || h.Status == "":
		// Its controller may come with a later wave, or never say which spec it has seen.
		return true, "", false
	case !observed(u):
		return false, "waiting for its controller", false
	case h.Status == app.Healthy || asleep(u, h):
		return true, "", false
	case h.Status == app.Degraded:
		return true, h.Message, true
	case h.Status == app.Suspended:
		return false, cmp.Or(h.Message, "suspended") + "; resume it for the sync to go on", false
	}
	return false, h.Message, false
}

// asleep reports whether an object is suspended and lacks nothing by that: a CronJob starts no Jobs. To Argo CD it is healthy.
func asleep(u *unstructured.Unstructured, h app.Health) bool {
	return h.Status == app.Suspended && u.GroupVersionKind().GroupKind() == (schema.GroupKind{Group: "batch", Kind: "CronJob"})
}

package engine

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// A Job with a time to live may be deleted before anybody has looked how it ended (argoproj/argo-cd#6880, #21055). A hook is
// therefore created without, and gets its time to live when its end was seen: it counts from then on, and a process that
// dies in between leaves an ordinary Job.

var ttlField = []string{"spec", "ttlSecondsAfterFinished"}

// timeToLive returns the time to live that a Job asks for, and false where there is none.
func timeToLive(u *unstructured.Unstructured) (int64, bool) {
	if u.GroupVersionKind().GroupKind().String() != "Job.batch" {
		return 0, false
	}
	ttl, found, err := unstructured.NestedInt64(u.Object, ttlField...)
	return ttl, found && err == nil
}

// keepUntilSeen takes the time to live from a hook that is to be created.
func keepUntilSeen(u *unstructured.Unstructured) {
	if _, ok := timeToLive(u); ok {
		unstructured.RemoveNestedField(u.Object, ttlField...)
	}
}

// letExpire gives a hook whose end was seen the time to live that it asked for. One that somebody has deleted
// since, or made anew, needs none.
func (op *operation) letExpire(ctx context.Context, want, live *unstructured.Unstructured) error {
	ttl, ok := timeToLive(want)
	if !ok {
		return nil
	}
	err := op.write(ctx, func(ctx context.Context) error {
		_, err := op.cluster.Patch(ctx, object.PatchRequest{
			Ref: object.Of(live), UID: live.GetUID(), Type: types.MergePatchType, Body: fmt.Appendf(nil, `{"spec":{"ttlSecondsAfterFinished":%d}}`, ttl),
		})
		return err
	})
	if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) && op.replaced(ctx, live) {
		return nil
	}
	return fmt.Errorf("give hook %s its time to live: %w", object.Of(live), err)
}

// replaced reports whether an object is gone, and maybe another one is there under its name.
func (op *operation) replaced(ctx context.Context, live *unstructured.Unstructured) bool {
	now, err := op.read(ctx, object.Of(live))
	return errors.Is(err, app.ErrNotFound) || err == nil && now.GetUID() != live.GetUID()
}

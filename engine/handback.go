package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// handBack takes the mark off an object. The server itself compares the mark first: one that somebody else has put there in
// the meantime stays. An object that is gone needs nothing.
func (op *operation) handBack(ctx context.Context, s *plan.Step) error {
	body, err := unmarking(s.Live.GetAnnotations())
	if err != nil {
		return err
	}
	tries := 0
	err = op.repeat(ctx, func(ctx context.Context) error {
		tries++
		_, err := op.cluster.Patch(ctx, object.PatchRequest{
			Ref: s.Ref, UID: s.Live.GetUID(), Type: types.JSONPatchType, Body: body, DryRun: op.plan.Options.DryRun,
		})
		return err
	})
	switch {
	case apierrors.IsNotFound(err), errors.Is(err, app.ErrNotFound), errors.Is(err, object.ErrNoKind):
		return nil
	case apierrors.IsInvalid(err) && tries > 1 && op.unmarked(ctx, s.Ref):
		return nil
	case apierrors.IsInvalid(err):
		return hint.With(fmt.Errorf("%w: it carries another mark by now, or was made anew: %s", ErrMoved, serverWords(err)), lookAgain)
	}
	return err
}

// unmarked reports whether an object carries no mark: a write that was not answered may have taken it off.
func (op *operation) unmarked(ctx context.Context, ref object.Ref) bool {
	live, err := op.read(ctx, ref)
	return err == nil && live.GetAnnotations()[object.AnnotationTracking] == ""
}

// unmarking is the JSON patch (RFC 6902) that removes a mark, as long as it is the one that was seen.
func unmarking(annotations map[string]string) ([]byte, error) {
	var steps []map[string]any
	for _, name := range []string{object.AnnotationTracking, object.AnnotationInstallation} {
		path := "/metadata/annotations/" + strings.ReplaceAll(name, "/", "~1")
		steps = append(steps, map[string]any{"op": "test", "path": path, "value": annotations[name]}, map[string]any{"op": "remove", "path": path})
	}
	return json.Marshal(steps)
}

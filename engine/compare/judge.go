package compare

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/wheelhouse-gitops/wheelhouse/engine/definition"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Pending is a definition that a sync is about to write.
type Pending struct {
	// Next is what is written, and Now what the server has meanwhile; nil for nothing.
	Next, Now *definition.Definition
}

// rulesOf identifies what a verdict rests on beside objects and epoch.
func (c *Comparer) rulesOf(kind schema.GroupKind) string {
	if p, ok := c.Pending[kind]; ok {
		return c.RulesID + " " + p.Next.ID()
	}
	return c.RulesID
}

// judge has an object judged by the definition that a sync writes before it. What the server said of it without that definition
// stays where both take the object, for then its admission was asked too, and where the refusal is not about the schema. It was
// where the definition that the server has refuses likewise.
func (c *Comparer) judge(
	ctx context.Context, in diff.Input, want, live *unstructured.Unstructured, takes []string,
) (diff.Input, error) {
	p, ok := c.Pending[want.GroupVersionKind().GroupKind()]
	if !ok || c.NoForce || in.Unasked != nil {
		return in, nil
	}
	heir := live
	if live != nil {
		var err error
		if heir, err = object.TakenOver(live, takes); err != nil {
			return in, err
		}
	}
	missing := errors.Is(in.Err, object.ErrNoKind) || live == nil && apierrors.IsNotFound(in.Err)
	if in.Err != nil && !missing && !refuses(ctx, p.Now, want, heir) {
		return in, nil
	}
	made, err := p.Next.Apply(ctx, want, heir)
	switch {
	case errors.Is(err, definition.ErrUnknown), err == nil && in.Err == nil:
		return in, nil
	case err != nil:
		in.Creatable = live != nil && !refuses(ctx, p.Next, want, nil)
		in.Err, in.Predicted = err, nil
	case missing && live == nil:
		in.Predicted = made
	default:
		in.Err, in.Predicted, in.Creatable = nil, made, false
	}
	in.Asked, in.Defined = false, true
	return in, nil
}

// refuses reports whether a definition refuses an apply.
func refuses(ctx context.Context, d *definition.Definition, want, live *unstructured.Unstructured) bool {
	if d == nil {
		return false
	}
	_, err := d.Apply(ctx, want, live)
	return err != nil && !errors.Is(err, definition.ErrUnknown)
}

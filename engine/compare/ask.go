package compare

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// staleReads bounds how often a live object is read anew, or the server asked again, because it moved while the server was asked.
const staleReads = 3

// ask has the server predict one object. A prediction starts from what the server has, not from what is known here: when
// the two are of different versions, what somebody else just changed would be taken for ours, so live is read anew.
func (c *Comparer) ask(
	ctx context.Context, want, live *unstructured.Unstructured, takes []string,
) (diff.Input, *unstructured.Unstructured, error) {
	req := object.ApplyRequest{Object: want, DryRun: true, NoForce: c.NoForce, Takes: takes, Lenient: c.lenient(want)}
	for tries := 0; ; tries++ {
		answer, err := c.Cluster.Apply(ctx, req)
		for _, text := range answer.Warnings {
			if c.Warn != nil {
				c.Warn(object.Of(want), text)
			}
		}
		switch {
		case diff.Denied(err), diff.SideEffects(err), errors.Is(err, object.ErrUnasked):
			in, mergeErr := c.merge(ctx, want, live, takes, err)
			return in, live, mergeErr
		case diff.Unanswered(err):
			return diff.Input{}, live, err
		}
		if apierrors.IsConflict(err) && !diff.HeldByOthers(err) && tries < staleReads {
			continue // something moved while the server looked
		}
		in := diff.Input{Asked: true, Predicted: answer.Object, Err: err, Warnings: answer.Warnings}
		if err != nil && live != nil && apierrors.IsInvalid(err) {
			in.Creatable, err = c.creatable(ctx, want)
			return in, live, err
		}
		if err != nil || live == nil || tries == staleReads || sameVersion(answer.Object, live) {
			return in, live, nil
		}
		newest, err := c.Cluster.ReadAs(ctx, want.GroupVersionKind(), object.Of(want))
		if errors.Is(err, app.ErrNotFound) {
			return in, live, nil
		}
		if err != nil {
			return in, live, err
		}
		if live = newest; sameVersion(answer.Object, live) {
			return in, live, nil
		}
	}
}

// merge predicts an object about which the server gives no answer: the caller may not apply it, not even as a dry run, or
// a webhook that would be called has side effects, or there is no server. What would be taken over first is ours in the merge.
// One that cannot be merged is not compared, and no other is the worse for it; only the end of the way to the server is an error.
func (c *Comparer) merge(
	ctx context.Context, want, live *unstructured.Unstructured, takes []string, refusal error,
) (diff.Input, error) {
	in := diff.Input{Predicted: want, Unasked: refusal}
	if live == nil {
		return in, nil
	}
	heir, err := object.TakenOver(live, takes)
	if err == nil {
		in.Predicted, err = c.Cluster.Predict(ctx, want, heir)
	}
	if err == nil {
		return in, nil
	}
	if _, cut := errors.AsType[*url.Error](err); cut || ctx.Err() != nil {
		return diff.Input{}, errors.Join(refusal, err)
	}
	return diff.Input{Unasked: refusal, Err: err}, nil
}

func sameVersion(a, b *unstructured.Unstructured) bool {
	return a.GetResourceVersion() == b.GetResourceVersion()
}

// creatable asks whether the server would take an object that it refuses to change as a new one: then the refusal is
// about the change. The texts of such refusals are many, and a definition's own rules may say anything.
func (c *Comparer) creatable(ctx context.Context, want *unstructured.Unstructured) (bool, error) {
	fresh := want.DeepCopy()
	fresh.SetName("wheelhouse-" + strings.ToLower(rand.Text()[:12]))
	// What the server allots to one object only.
	for _, field := range []string{"clusterIP", "clusterIPs", "healthCheckNodePort"} {
		unstructured.RemoveNestedField(fresh.Object, "spec", field)
	}
	if ports, ok, err := unstructured.NestedSlice(fresh.Object, "spec", "ports"); ok && err == nil {
		for _, p := range ports {
			if port, ok := p.(map[string]any); ok {
				delete(port, "nodePort")
			}
		}
		if err := unstructured.SetNestedSlice(fresh.Object, ports, "spec", "ports"); err != nil {
			return false, err
		}
	}
	_, err := c.Cluster.Apply(ctx, object.ApplyRequest{Object: fresh, DryRun: true})
	if diff.Unanswered(err) && !diff.Denied(err) {
		return false, err
	}
	return err == nil, nil
}

package kube

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Ready asks the server once whether it is ready: one that has just begun answers before it knows everybody's rights, and then
// refuses this as well. One that does not know the question is.
func (k *Cluster) Ready(ctx context.Context) error {
	err := k.raw.Get().AbsPath("/readyz").MaxRetries(0).Do(ctx).Error()
	if apierrors.IsNotFound(err) {
		return nil
	}
	return k.explain(err)
}

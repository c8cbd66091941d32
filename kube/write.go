package kube

import (
	"context"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// errMasked refuses to write back what was printed without its secrets.
var errMasked = errors.New("the object was printed without its data and cannot be applied")

// clientSideManagers are the field managers under which kubectl's client-side apply and its forerunners own fields. A
// field that such a manager owns would stay in the cluster after git drops it (kubernetes/kubernetes#99003).
var clientSideManagers = sets.New("kubectl-client-side-apply", "before-first-apply")

// Apply is one server-side apply. The answer, or that of a dry run, is the whole object.
func (k *Cluster) Apply(ctx context.Context, req object.ApplyRequest) (object.Answer, error) {
	u := req.Object
	if _, masked := u.GetAnnotations()[object.AnnotationMasked]; masked {
		return object.Answer{}, hint.With(fmt.Errorf("apply %s: %w", object.Of(u), errMasked), "apply the original, from git")
	}
	r, err := k.Resource(ctx, u.GroupVersionKind())
	if err != nil {
		return object.Answer{}, err
	}
	o := metav1.ApplyOptions{FieldManager: object.FieldManager, Force: !req.NoForce}
	if req.DryRun {
		o.DryRun = []string{metav1.DryRunAll}
	}
	ctx, collected := collecting(ctx)
	body, err := u.MarshalJSON()
	if err != nil {
		return object.Answer{}, fmt.Errorf("apply %s: %w", object.Of(u), err)
	}
	out, err := k.resource(r, u.GetNamespace()).Patch(ctx, u.GetName(), types.ApplyPatchType, body, metav1.PatchOptions{
		FieldManager: o.FieldManager, Force: &o.Force, DryRun: o.DryRun, FieldValidation: validation(req.Lenient),
	})
	if err != nil {
		return object.Answer{Warnings: collected.list()}, k.explain(err)
	}
	if !req.DryRun {
		k.cache.learn(out)
	}
	return object.Answer{Object: out, Warnings: collected.list()}, nil
}

func validation(lenient bool) string {
	if lenient {
		return metav1.FieldValidationIgnore
	}
	return metav1.FieldValidationStrict
}

// Migrate moves the fields that kubectl's client-side apply owns to our field manager, so that a field which git drops
// leaves the cluster. It is one write of managed fields only, and none where there is nothing to move.
func (k *Cluster) Migrate(ctx context.Context, ref object.Ref) error {
	u, err := k.Read(ctx, ref)
	if err != nil {
		return err
	}
	patch, err := csaupgrade.UpgradeManagedFieldsPatch(u, clientSideManagers, object.FieldManager)
	if err != nil {
		return fmt.Errorf("migrate field managers of %s: %w", ref, err)
	}
	if patch == nil {
		return nil
	}
	r, err := k.resourceOf(ref.GroupKind())
	if err != nil {
		return err
	}
	_, err = k.resource(r, ref.Namespace).Patch(ctx, ref.Name, types.JSONPatchType, patch, metav1.PatchOptions{FieldManager: object.FieldManager})
	if err != nil {
		return fmt.Errorf("migrate field managers of %s: %w", ref, k.explain(err))
	}
	return nil
}

// Delete deletes one object, and with a UID no other of its name.
func (k *Cluster) Delete(ctx context.Context, req object.DeleteRequest) error {
	r, err := k.resourceOf(req.Ref.GroupKind())
	if errors.Is(err, object.ErrNoKind) {
		return nil
	}
	if err != nil {
		return err
	}
	propagation := metav1.DeletionPropagation(req.Propagation)
	if propagation == "" {
		propagation = metav1.DeletePropagationForeground
	}
	o := metav1.DeleteOptions{PropagationPolicy: &propagation}
	if req.UID != "" {
		o.Preconditions = &metav1.Preconditions{UID: &req.UID}
	}
	if req.Force {
		now := int64(0)
		o.GracePeriodSeconds = &now
	}
	if req.DryRun {
		o.DryRun = []string{metav1.DryRunAll}
	}
	return k.explain(k.resource(r, req.Ref.Namespace).Delete(ctx, req.Ref.Name, o))
}

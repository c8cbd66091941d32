package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// errMasked refuses to write back what was printed without its secrets.
var errMasked = errors.New("the object was printed without its data and cannot be applied")

// Apply is one server-side apply. The answer, or that of a dry run, is the whole object. With req.Takes it is preceded by
// the takeover of other managers' fields.
func (k *Cluster) Apply(ctx context.Context, req object.ApplyRequest) (object.Answer, error) {
	u := req.Object
	if _, masked := u.GetAnnotations()[object.AnnotationMasked]; masked {
		return object.Answer{}, hint.With(fmt.Errorf("apply %s: %w", object.Of(u), errMasked), "apply the original, from git")
	}
	r, err := k.Resource(ctx, u.GroupVersionKind())
	if err != nil {
		return object.Answer{}, err
	}
	if len(req.Takes) > 0 && !req.NoForce {
		if req.DryRun {
			answer, err := k.predictTakeover(ctx, r, req)
			if err != nil || answer != nil {
				return object.Answer{Object: answer}, err
			}
		} else if u, err = k.takeOver(ctx, r, req); err != nil {
			return object.Answer{}, err
		}
	}
	if req.New {
		u = object.At(u, "", noVersion)
	}
	if err := k.pace.enter(ctx); err != nil {
		return object.Answer{}, fmt.Errorf("apply %s: %w", object.Of(u), err)
	}
	defer k.pace.leave()
	ctx, collected := collecting(ctx)
	text, err := k.send(ctx, r, u, req)
	answer := object.Answer{Warnings: collected.list()}
	if err != nil {
		return answer, k.explain(err)
	}
	if !req.DryRun {
		k.admission.moved(u.GroupVersionKind().GroupKind())
	}
	if answer.Body = k.answered(string(text), req.DryRun); req.Unread && !req.DryRun {
		return answer, nil
	}
	if answer.Object, err = answer.Made(); err != nil {
		return answer, fmt.Errorf("%s: %w", object.Of(u), err)
	}
	answer.Body = nil
	return answer, nil
}

// noVersion is a resourceVersion that no object has: etcd counts writes and is at 1 before the first. An apply that carries it
// makes an object, for a new one has no version to compare with, and is refused as overtaken where there is one.
const noVersion = "1"

// applyValidation is for applies. In them the server refuses fields that its schema does not know whatever it is asked
// to; all that it looks for beside is a key that stands twice, for which it reads the body once more, and what is sent here has
// none (applyPatcher, k8s.io/apiserver/pkg/endpoints/handlers/patch.go).
const applyValidation = metav1.FieldValidationIgnore

// answered takes an answer over, unless the watch has brought it already. What a dry run would give has the version of what is
// there.
func (k *Cluster) answered(text string, dryRun bool) *object.Body {
	if dryRun || !k.cache.running() {
		return object.Unread(text)
	}
	return k.cache.learnText(text)
}

// send makes one server-side apply of an object, as req wants it, and returns the text of the answer. The dynamic client would read
// every answer twice, and [metav1.PatchOptions] goes to the server by reflection.
func (k *Cluster) send(ctx context.Context, r object.Resource, u *unstructured.Unstructured, req object.ApplyRequest) ([]byte, error) {
	body, err := json.Marshal(u.Object)
	if err != nil {
		return nil, fmt.Errorf("apply %s: %w", object.Of(u), err)
	}
	patch := k.raw.Patch(types.ApplyPatchType).AbsPath(pathOf(r)).NamespaceIfScoped(u.GetNamespace(), r.Namespaced).
		Resource(r.Plural).Name(u.GetName()).
		Param("fieldManager", object.FieldManager).Param("force", strconv.FormatBool(!req.NoForce)).Param("fieldValidation", applyValidation)
	if req.DryRun {
		patch.Param("dryRun", metav1.DryRunAll)
	}
	answer := patch.Body(body).Do(ctx)
	if err := answer.Error(); err != nil {
		return nil, withoutValues(u.GroupVersionKind().GroupKind(), err)
	}
	return answer.Raw()
}

func validation(lenient bool) string {
	if lenient {
		return metav1.FieldValidationIgnore
	}
	return metav1.FieldValidationStrict
}

// Delete deletes one object, with a UID no other of its name, and with a resourceVersion no later state of it.
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
	if req.UID != "" || req.ResourceVersion != "" {
		o.Preconditions = &metav1.Preconditions{}
	}
	if req.UID != "" {
		o.Preconditions.UID = &req.UID
	}
	if req.ResourceVersion != "" {
		o.Preconditions.ResourceVersion = &req.ResourceVersion
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

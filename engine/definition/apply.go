package definition

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/managedfields"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// ErrUnknown says that a definition alone does not tell what an apply comes to.
var ErrUnknown = errors.New("it cannot be told from the definition")

// Apply returns what a server that has the definition makes of an apply of want to live, nil where there is nothing yet: the object
// with its defaults. An error with a status is the server's refusal; ErrUnknown says that there is none to be told, for the
// definition is no sound one, or live is of a version that only a webhook converts.
func (d *Definition) Apply(ctx context.Context, want, live *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	kind := want.GroupVersionKind()
	r, err := d.version(kind.Version)
	switch {
	case err != nil:
		return nil, errors.Join(ErrUnknown, err)
	case r == nil:
		return nil, apierrors.NewBadRequest(fmt.Sprintf("the definition of %s serves no %s, but %s", d.Kind(), kind.Version, strings.Join(d.served(), ", ")))
	}
	if live, err = d.Converted(live, want.GetAPIVersion()); err != nil {
		return nil, err
	}
	made, err := r.merge(want, live)
	if err != nil {
		return nil, err
	}
	if live == nil {
		return made, r.validate(ctx, made)
	}
	return made, r.validateUpdate(ctx, made, live)
}

// Converted returns a live object, and what its managers own, in another version; ErrUnknown where a webhook would convert it. Without
// one a conversion writes down another version and no more.
func (d *Definition) Converted(live *unstructured.Unstructured, version string) (*unstructured.Unstructured, error) {
	if live == nil || live.GetAPIVersion() == version && !slices.ContainsFunc(live.GetManagedFields(), func(e metav1.ManagedFieldsEntry) bool {
		return e.APIVersion != version
	}) {
		return live, nil
	}
	if d.crd.Spec.Conversion.Strategy != apiextensions.NoneConverter {
		return nil, fmt.Errorf("%w: a webhook converts %s", ErrUnknown, live.GetAPIVersion())
	}
	out := live.DeepCopy()
	out.SetAPIVersion(version)
	managers := out.GetManagedFields()
	for i := range managers {
		managers[i].APIVersion = version
	}
	out.SetManagedFields(managers)
	return out, nil
}

// defaulter gives objects what the schema says of fields that they do not name.
type defaulter struct {
	object.Unversioned
	*rules
}

func (d defaulter) Default(in runtime.Object) {
	if u, ok := in.(*unstructured.Unstructured); ok {
		defaulting.Default(u.Object, d.schema)
	}
}

// merge makes the merge of an apply.
func (r *rules) merge(want, live *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	same := object.Unversioned{}
	m, err := managedfields.NewDefaultCRDFieldManager(r.types, same, defaulter{rules: r}, same, r.kind, r.kind.GroupVersion(), "", r.reset())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	have := &unstructured.Unstructured{}
	have.SetGroupVersionKind(r.kind)
	if live != nil {
		have = live.DeepCopy()
	}
	merged, err := m.Apply(have, want.DeepCopy(), object.FieldManager, true)
	if err != nil {
		return nil, answered(err)
	}
	out, ok := merged.(*unstructured.Unstructured)
	if !ok {
		return nil, fmt.Errorf("%w: the merge gave a %T", ErrUnknown, merged)
	}
	r.settleStatus(out, live)
	return out, nil
}

// settleStatus leaves a status that is a resource of its own as it is.
func (r *rules) settleStatus(made, live *unstructured.Unstructured) {
	if !r.status {
		return
	}
	delete(made.Object, "status")
	if live != nil && live.Object["status"] != nil {
		made.Object["status"] = live.DeepCopy().Object["status"]
	}
}

// answered gives an error the status that a server answers it with.
func answered(err error) error {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return err
	}
	return &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: http.StatusInternalServerError, Message: err.Error()}}
}

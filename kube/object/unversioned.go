package object

import (
	"errors"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var errOtherVersion = errors.New("nothing is converted between versions")

// Unversioned makes empty objects, converts them between no versions and defaults nothing: what the merge of an apply needs of a
// kind whose objects are all of one version.
type Unversioned struct{}

// Default leaves an object as it is.
func (Unversioned) Default(runtime.Object) {}

// New returns an empty object of a kind.
func (Unversioned) New(gvk schema.GroupVersionKind) (runtime.Object, error) {
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(gvk)
	return u, nil
}

// Convert refuses.
func (Unversioned) Convert(_, _, _ any) error { return errOtherVersion }

// ConvertToVersion returns an object that is of the version already, and refuses others.
func (Unversioned) ConvertToVersion(in runtime.Object, to runtime.GroupVersioner) (runtime.Object, error) {
	gvk := in.GetObjectKind().GroupVersionKind()
	if as, ok := to.KindForGroupVersionKinds([]schema.GroupVersionKind{gvk}); !ok || as != gvk {
		return nil, errOtherVersion
	}
	return in, nil
}

// ConvertFieldLabel leaves a label as it is.
func (Unversioned) ConvertFieldLabel(_ schema.GroupVersionKind, label, value string) (string, string, error) {
	return label, value, nil
}

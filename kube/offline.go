package kube

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/wheelhouse-gitops/wheelhouse/internal/hint"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// Offline stands for a cluster where there is none: what is compared is in files. Built-in kinds are merged by the schemas of
// this program's Kubernetes libraries, others without one, so that every list of them is a single value.
type Offline struct{}

// Epoch returns the one epoch there is.
func (Offline) Epoch(context.Context, schema.GroupVersionKind) (object.Epoch, error) {
	return object.Epoch{ID: "offline"}, nil
}

// Prove is [Cluster.Prove] for built-in kinds; of others the managed fields cannot be read without their schema.
func (Offline) Prove(_ context.Context, want, live *unstructured.Unstructured) (object.Proof, error) {
	if live.GroupVersionKind() != want.GroupVersionKind() || !scheme.Scheme.Recognizes(want.GroupVersionKind()) {
		return object.Unproven, nil
	}
	return prove(applyconfigurations.NewTypeConverter(scheme.Scheme), want, live)
}

// Predict is [Cluster.Predict].
func (Offline) Predict(_ context.Context, want, live *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	if scheme.Scheme.Recognizes(want.GroupVersionKind()) {
		return predictAmong(applyconfigurations.NewTypeConverter(scheme.Scheme), want, live)
	}
	return predictAmong(managedfields.NewDeducedTypeConverter(), want, live)
}

// Apply says that nobody can be asked.
func (Offline) Apply(context.Context, object.ApplyRequest) (object.Answer, error) {
	return object.Answer{}, object.ErrUnasked
}

// ReadAs says that a live object is in no other version than its file has it in.
func (Offline) ReadAs(_ context.Context, gvk schema.GroupVersionKind, ref object.Ref) (*unstructured.Unstructured, error) {
	err := fmt.Errorf("compare %s in %s: the live object is of another version, and only its API server converts it", ref, gvk.GroupVersion())
	return nil, hint.With(err, fmt.Sprintf("kubectl get %s.%s.%s prints it in that version", strings.ToLower(gvk.Kind), gvk.Version, gvk.Group))
}

package kube

import (
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestANullThatAMergeLeavesIsRefusedInCustomResources holds what kube-apiserver 1.37.2 does, as a random case of comparetest
// showed (seed 3118707731, case 2497): it refuses the apply, and would accept a patch with the same content.
func TestANullThatAMergeLeavesIsRefusedInCustomResources(t *testing.T) {
	t.Parallel()
	spec := map[string]any{"model": "a", "free": nil, "parts": []any{map[string]any{"kind": nil}}}
	of := func(apiVersion, kind string, spec map[string]any) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": "web"}, "spec": spec,
		}}
	}
	err := refusedNull(of("example.com/v1", "Widget", spec))
	if !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "spec.free") {
		t.Errorf("a custom resource gave %v", err)
	}
	if err := refusedNull(of("apps/v1", "Deployment", spec)); err != nil {
		t.Errorf("a built-in kind gave %v", err)
	}
	if err := refusedNull(of("example.com/v1", "Widget", map[string]any{"free": map[string]any{}})); err != nil {
		t.Errorf("an empty object gave %v", err)
	}
}

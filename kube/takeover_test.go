package kube

import (
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestANullThatAMergeLeavesIsRefusedWhereTheServerDropsIt holds what kube-apiserver 1.37.2 does, as random cases of comparetest
// showed (seed 3118707731, case 2497; seed 3703276006, case 771): it refuses the apply that leaves null in a field of a custom
// resource, and drops the null from a patch, unless the schema allows it or says nothing of the field.
func TestANullThatAMergeLeavesIsRefusedWhereTheServerDropsIt(t *testing.T) {
	t.Parallel()
	of := func(apiVersion, kind string, spec map[string]any) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": "web"}, "spec": spec,
		}}
	}
	widget := func(spec map[string]any) *unstructured.Unstructured { return of("example.com/v1", "Widget", spec) }
	parts := []any{map[string]any{"kind": nil}}
	merged := widget(map[string]any{"model": "a", "free": map[string]any{"any": nil}, "parts": parts})
	err := refusedNull(merged, widget(map[string]any{"model": "a", "free": map[string]any{}, "parts": []any{map[string]any{}}}))
	if !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "spec.free.any") {
		t.Errorf("one that was dropped gave %v", err)
	}
	if err := refusedNull(merged, merged.DeepCopy()); err != nil {
		t.Errorf("one that was kept gave %v", err)
	}
	if err := refusedNull(merged, widget(map[string]any{"free": map[string]any{"any": "default"}})); err != nil {
		t.Errorf("one that has a default gave %v", err)
	}
	spec := map[string]any{"selector": nil}
	if err := refusedNull(of("apps/v1", "Deployment", spec), of("apps/v1", "Deployment", nil)); err != nil {
		t.Errorf("a built-in kind gave %v", err)
	}
}

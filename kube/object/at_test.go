package object

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestAt(t *testing.T) {
	t.Parallel()
	u := &unstructured.Unstructured{Object: map[string]any{
		"kind": "ConfigMap", "metadata": map[string]any{"name": "a", "resourceVersion": "3"}, "data": map[string]any{"k": "v"},
	}}
	at := At(u, "u-1", "7")
	if at.GetName() != "a" || at.GetKind() != "ConfigMap" || at.GetUID() != "u-1" || at.GetResourceVersion() != "7" {
		t.Errorf("it is %v", at.Object)
	}
	if u.GetUID() != "" || u.GetResourceVersion() != "3" {
		t.Errorf("what it was made of has become %v", u.Object)
	}
	if of := At(u, "", ""); of.GetUID() != "" || of.GetResourceVersion() != "3" {
		t.Errorf("with nothing asked for it is %v", of.Object)
	}
}

package app_test

import (
	"encoding/json"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestWithoutSecretsKeepsNoData(t *testing.T) {
	t.Parallel()
	const canary = "canary-value"
	secret := func() map[string]any {
		return map[string]any{
			"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": map[string]any{"k": canary},
			"stringData": map[string]any{"k": canary},
			"metadata": map[string]any{"name": "s", "annotations": map[string]any{
				"kubectl.kubernetes.io/last-applied-configuration": canary, "keep": "me",
			}},
		}
	}
	in := []*unstructured.Unstructured{
		{Object: secret()},
		{Object: map[string]any{"apiVersion": "v1", "kind": "List", "items": []any{secret()}}},
		{Object: map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "data": map[string]any{"k": "plain"}}},
	}
	out := app.WithoutSecrets(in)
	b, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), canary) {
		t.Errorf("secret data is left: %s", b)
	}
	if a := out[0].GetAnnotations(); a[object.AnnotationMasked] != "true" || a["keep"] != "me" {
		t.Errorf("annotations are %v", a)
	}
	if out[2] != in[2] {
		t.Error("an object without secrets was copied")
	}
	if _, ok := in[0].Object["data"]; !ok {
		t.Error("the original lost its data")
	}
}

package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// TestSecretsThatAreNotCompared names the Secrets that are in two records, of which none has their data.
func TestSecretsThatAreNotCompared(t *testing.T) {
	t.Parallel()
	secret := func(name string) *unstructured.Unstructured {
		u := version(name, "hidden")
		u.SetKind("Secret")
		return u
	}
	before := app.WithoutSecrets([]*unstructured.Unstructured{secret("token"), secret("old"), secret("key"), version("settings", "1")})
	after := app.WithoutSecrets([]*unstructured.Unstructured{secret("token"), version("settings", "2"), secret("new"), secret("key")})
	want := []object.Ref{object.Of(secret("key")), object.Of(secret("token"))}
	if diff := cmp.Diff(want, unseen(before, after)); diff != "" {
		t.Error(diff)
	}
}

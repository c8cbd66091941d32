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

// TestWhyARecordHasNoManifests says why there is nothing to compare or to go back to.
func TestWhyARecordHasNoManifests(t *testing.T) {
	t.Parallel()
	failed := app.ResourceResult{Kind: "Service", Name: "front", Status: "SyncFailed"}
	written := app.ResourceResult{Kind: "ConfigMap", Name: "settings", Status: "Synced"}
	for name, c := range map[string]struct {
		record app.Record
		want   string
	}{
		"it was a deletion": {app.Record{Kind: app.KindDelete, Phase: app.OperationSucceeded}, "a deletion leaves nothing to keep"},
		"it was interrupted": {
			app.Record{Kind: app.KindSync, Phase: app.OperationError, Results: []app.ResourceResult{written}},
			"nothing is kept of what was interrupted and not resumed",
		},
		"it failed and wrote nothing": {
			app.Record{Kind: app.KindSync, Phase: app.OperationFailed, Results: []app.ResourceResult{failed}},
			"it wrote nothing, and no record before it has manifests either",
		},
		"it failed, wrote something, and is old": {
			app.Record{Kind: app.KindSync, Phase: app.OperationFailed, Results: []app.ResourceResult{written, failed}},
			"only the newest records keep their manifests",
		},
		"it is old": {app.Record{Kind: app.KindSync, Phase: app.OperationSucceeded}, "only the newest records keep their manifests"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := whyNone(&c.record); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

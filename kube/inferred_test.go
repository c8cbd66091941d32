package kube

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// setOf returns a StatefulSet with claims of these templates.
func setOf(name, version string, templates ...string) *unstructured.Unstructured {
	u := sent("StatefulSet", name, version)
	u.SetAPIVersion("apps/v1")
	list := make([]any, len(templates))
	for i, t := range templates {
		list[i] = map[string]any{"metadata": map[string]any{"name": t}}
	}
	u.Object["spec"] = map[string]any{"volumeClaimTemplates": list}
	return u
}

// tokenOf returns the Secret with a token of a ServiceAccount, by its UID.
func tokenOf(account types.UID, version string, owners ...types.UID) *unstructured.Unstructured {
	u := sent("Secret", string(account)+"-token", version, owners...)
	u.Object["type"] = string(corev1.SecretTypeServiceAccountToken)
	u.SetAnnotations(map[string]string{corev1.ServiceAccountUIDKey: string(account)})
	return u
}

func TestStemsOfClaims(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"data-db-0": "data-db", "data-db-12": "data-db", "a-b-c-d-3": "a-b-c-d", "data-db-10-0": "data-db-10",
		"data-db": "", "data-db-": "", "data-db-01": "", "data-db-x1": "", "data-db-1x": "", "0": "", "data": "",
	} {
		stem, ok := stemOf(ref("PersistentVolumeClaim", name))
		if ok != (want != "") || ok && stem != ref("PersistentVolumeClaim", want) {
			t.Errorf("the stem of %s is %v (%t), want %q", name, stem, ok, want)
		}
	}
	if stem, ok := stemOf(ref("ConfigMap", "data-db-0")); ok {
		t.Errorf("a ConfigMap has the stem %v", stem)
	}
}

func TestWhoseTokenASecretIs(t *testing.T) {
	t.Parallel()
	password := tokenOf("robot", "1")
	password.Object["type"] = "Opaque"
	fresh := tokenOf("robot", "1")
	fresh.SetAnnotations(map[string]string{corev1.ServiceAccountNameKey: "robot"})
	other := tokenOf("robot", "1")
	other.SetKind("ConfigMap")
	for name, c := range map[string]struct {
		object *unstructured.Unstructured
		want   []types.UID
	}{
		"a token is of the account that it names":      {tokenOf("robot", "1"), []types.UID{"robot"}},
		"one with owners is theirs":                    {tokenOf("robot", "1", "vault"), []types.UID{"vault"}},
		"a Secret of another type is nobody's":         {password, nil},
		"one that the server has not filled is not":    {fresh, nil},
		"an object of another kind is nobody's either": {other, nil},
	} {
		if got := ownersOf(c.object); !slices.Equal(got, c.want) {
			t.Errorf("%s: it is of %v", name, got)
		}
	}
}

func TestStemsOfASet(t *testing.T) {
	t.Parallel()
	want := []object.Ref{ref("PersistentVolumeClaim", "data-db"), ref("PersistentVolumeClaim", "log-files-db")}
	if got := stemsOf(setOf("db", "1", "data", "log-files")); !slices.Equal(got, want) {
		t.Errorf("the stems are %v, want %v", got, want)
	}
	nameless := setOf("db", "1", "")
	nameless.Object["spec"].(map[string]any)["volumeClaimTemplates"] = []any{"text", map[string]any{}}
	other := setOf("db", "1", "data")
	other.SetAPIVersion("apps.kruise.io/v1")
	for _, u := range []*unstructured.Unstructured{nil, setOf("db", "1"), nameless, other} {
		if got := stemsOf(u); len(got) != 0 {
			t.Errorf("the stems of %v are %v", u, got)
		}
	}
}

package e2e

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// ownedBy gives a manifest an owner that does not control it.
func ownedBy(owner string, uid types.UID, manifest string) string {
	return strings.Replace(manifest, "metadata:\n", fmt.Sprintf("metadata:\n  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: %s, uid: %s}]\n", owner, uid), 1)
}

// TestWhatAnotherObjectOwnsIsLeftAlone has objects that carry the application's mark and that another object owns. What git asks for no
// more is no part of the application, whoever the owner is; what git asks for is, with its owner.
func TestWhatAnotherObjectOwnsIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := onOwnStore(t)
	see := w.see()
	see.namespace("has-owners")
	elsewhere := see.configMap("has-owners", "elsewhere", nil, nil)
	asked := func(value string) string { return ownedBy("elsewhere", elsewhere.UID, configMap("asked", value)) }
	repo := newRepository(t, w.play, "has-owners", map[string]string{
		"own.yaml": configMap("own", "one"), "asked.yaml": asked("one"), "given.yaml": configMap("given", "one"), "derived.yaml": configMap("derived", "one"),
	})
	w.create("has-owners", repo)
	w.must("app", "sync", "has-owners")
	for name, owner := range map[string]metav1.Object{"given": elsewhere, "derived": see.get("has-owners", "own")} {
		patch := fmt.Sprintf(`{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":%q,"uid":%q}]}}`, owner.GetName(), owner.GetUID())
		if _, err := see.client.CoreV1().ConfigMaps("has-owners").Patch(t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	repo.push("change and drop", map[string]string{"own.yaml": configMap("own", "two"), "asked.yaml": asked("two"), "given.yaml": "", "derived.yaml": ""})
	t.Run("by a sync that prunes", func(t *testing.T) {
		w := w.in(t)
		out := w.must("app", "sync", "has-owners", "--prune")
		contains(t, out, "ConfigMap/has-owners/own", "ConfigMap/has-owners/asked")
		if strings.Contains(out, "given") || strings.Contains(out, "derived") {
			t.Errorf("the sync is about what is not the application's:\n%s", out)
		}
		see.present("configmap", "has-owners", "given")
		see.present("configmap", "has-owners", "derived")
		if out := w.must("app", "get", "has-owners", "--refresh"); strings.Contains(out, "OutOfSync") {
			t.Errorf("it is not in sync:\n%s", out)
		}
	})
	t.Run("by a deletion", func(t *testing.T) {
		w := w.in(t)
		out := w.must("app", "delete", "has-owners", "--yes", "--timeout", "120s")
		if strings.Contains(out, "given") || strings.Contains(out, "derived") {
			t.Errorf("the deletion is about what is not the application's:\n%s", out)
		}
		see.present("configmap", "has-owners", "given")
		see.absent("configmap", "has-owners", "own")
		see.absent("configmap", "has-owners", "asked")
	})
}

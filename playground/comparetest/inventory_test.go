package comparetest

import (
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
	"github.com/wheelhouse-gitops/wheelhouse/playground/playtest"
)

// TestWhatDidNotComeToBeLeavesTheInventory looks at an application again and again of which nothing changes but that an operation has
// ended: by then, and no sooner, an object that is not there is taken out of the inventory.
func TestWhatDidNotComeToBeLeavesTheInventory(t *testing.T) {
	t.Parallel()
	cluster := clusterOf(t)
	watching(t, cluster)
	s := newStore(t, cluster)
	const namespace = "default"
	missing := object.Ref{Kind: "ConfigMap", Namespace: namespace, Name: "never-made"}
	rendered := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "rendered-alone", "namespace": namespace},
	}}
	if err := s.add(t.Context(), "looked-at", namespace, rendered, missing); err != nil {
		t.Fatal(err)
	}
	key := app.Key{Name: "looked-at"}
	lists := func() bool {
		t.Helper()
		r, err := s.Inventory(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Contains(r.Objects, missing)
	}
	lock, err := s.Lock(t.Context(), key, app.Holder{Name: "ada", Since: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	playtest.Eventually(t, playtest.Patience, "it is compared", func() error {
		_, err := s.engine.Refresh(t.Context(), key)
		return err
	})
	for range 3 {
		if _, err := s.engine.Recompare(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if !lists() {
			t.Fatal("it is not in the inventory while an operation may make it")
		}
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.engine.Recompare(t.Context(), key); err != nil || lists() {
		t.Errorf("it is in the inventory when nobody makes it any more: %t, %v", lists(), err)
	}
}

package clustertest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// created makes a ConfigMap as another program does, which then manages its fields.
func (b *bench) created(name, manager string) *corev1.ConfigMap {
	b.t.Helper()
	cm := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{corev1.LastAppliedConfigAnnotation: "{}"}},
		Data:       map[string]string{"colour": "red", "old": "1"},
	}
	cm, err := b.client.CoreV1().ConfigMaps(b.namespace).Create(b.t.Context(), cm, metav1.CreateOptions{FieldManager: manager})
	if err != nil {
		b.t.Fatal(err)
	}
	return cm
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for manager, moved := range map[string]bool{
		"kubectl-client-side-apply": true, "before-first-apply": true, "kubectl-edit": false, "helm": false,
	} {
		t.Run("fields of "+manager, func(t *testing.T) {
			t.Parallel()
			before := b.created("of-"+manager, manager)
			if err := b.cluster.Migrate(t.Context(), b.ref("", "ConfigMap", before.Name)); err != nil {
				t.Fatal(err)
			}
			after, err := b.client.CoreV1().ConfigMaps(b.namespace).Get(t.Context(), before.Name, metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if written := after.ResourceVersion != before.ResourceVersion; written != moved {
				t.Errorf("written is %v, want %v", written, moved)
			}
			if d := cmp.Diff(before.Data, after.Data); d != "" {
				t.Errorf("the data changed (-before +after):\n%s", d)
			}
			want := []string{manager}
			if moved {
				want = []string{object.FieldManager}
			}
			var got []string
			for _, m := range after.ManagedFields {
				got = append(got, m.Manager)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("the managers (-want +got):\n%s", d)
			}
			b.apply(b.configMap(before.Name, "colour=blue"))
			data := map[string]string{"colour": "blue"}
			if !moved {
				data["old"] = "1"
			}
			if d := cmp.Diff(data, b.data(before.Name)); d != "" {
				t.Errorf("the data after git dropped a key (-want +got):\n%s", d)
			}
		})
	}
	t.Run("a second time there is nothing to move", func(t *testing.T) {
		t.Parallel()
		ref := b.ref("", "ConfigMap", b.created("twice", "kubectl-client-side-apply").Name)
		var versions []string
		for range 2 {
			if err := b.cluster.Migrate(t.Context(), ref); err != nil {
				t.Fatal(err)
			}
			u, err := b.cluster.Read(t.Context(), ref)
			if err != nil {
				t.Fatal(err)
			}
			versions = append(versions, u.GetResourceVersion())
		}
		if versions[0] != versions[1] {
			t.Errorf("the second migration wrote: %v", versions)
		}
	})
	t.Run("an object that is not there is not found", func(t *testing.T) {
		t.Parallel()
		if err := b.cluster.Migrate(t.Context(), b.ref("", "ConfigMap", "gone")); !errors.Is(err, app.ErrNotFound) {
			t.Errorf("the error is %v", err)
		}
	})
}

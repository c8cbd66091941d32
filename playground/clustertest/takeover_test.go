package clustertest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	applycorev1 "k8s.io/client-go/applyconfigurations/core/v1"

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

// managers lists the field managers of an object.
func managers(u *unstructured.Unstructured) []string {
	var out []string
	for _, m := range u.GetManagedFields() {
		out = append(out, m.Manager)
	}
	slices.Sort(out)
	return out
}

// TestTakeOver applies what git dropped a key of, over an object of another manager.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for name, c := range map[string]struct {
		object, manager string
		takes           []string
		taken           bool
	}{
		"of kubectl's apply are taken over":            {"applied", "kubectl-client-side-apply", object.ClientSideManagers, true},
		"of its forerunner are taken over":             {"before", "before-first-apply", object.ClientSideManagers, true},
		"of Argo CD are taken over":                    {"argo", "argocd-controller", object.ClientSideManagers, true},
		"of a manager that is named are taken over":    {"named", "helm", []string{"helm"}, true},
		"of kubectl's apply stay where none are taken": {"left", "kubectl-client-side-apply", nil, false},
		"of kubectl's edit stay":                       {"edited", "kubectl-edit", object.ClientSideManagers, false},
	} {
		t.Run("fields "+name, func(t *testing.T) {
			t.Parallel()
			b := b.in(t)
			before := b.created(c.object, c.manager)
			want := b.configMap(before.Name, "colour=blue")
			predicted, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: want, DryRun: true, Takes: c.takes})
			if err != nil {
				t.Fatal(err)
			}
			if now := b.live(before.Name); now.GetResourceVersion() != before.ResourceVersion {
				t.Error("the dry run wrote")
			}
			made, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: want, Takes: c.takes})
			if err != nil {
				t.Fatal(err)
			}
			for what, u := range map[string]*unstructured.Unstructured{"predicted": predicted.Object, "made": made.Object} {
				data := map[string]any{"colour": "blue"}
				if !c.taken {
					data["old"] = "1"
				}
				if d := cmp.Diff(data, u.Object["data"]); d != "" {
					t.Errorf("the data that was %s (-want +got):\n%s", what, d)
				}
				if _, kept := u.GetAnnotations()[corev1.LastAppliedConfigAnnotation]; kept == c.taken {
					t.Errorf("of what was %s, that kubectl's annotation stays is %v", what, kept)
				}
			}
			left := []string{object.FieldManager}
			if !c.taken {
				left = []string{c.manager, object.FieldManager}
				slices.Sort(left)
			}
			if d := cmp.Diff(left, managers(made.Object)); d != "" {
				t.Errorf("the managers (-want +got):\n%s", d)
			}
			again, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: want, Takes: c.takes})
			if err != nil || again.Object.GetResourceVersion() != made.Object.GetResourceVersion() {
				t.Errorf("a second apply wrote (%v)", err)
			}
		})
	}
	t.Run("a version that is the newest no more is refused, and nothing is taken", func(t *testing.T) {
		t.Parallel()
		b := b.in(t)
		name := b.created("moved", "kubectl-client-side-apply").Name
		want := b.configMap(name, "colour=blue")
		want.SetResourceVersion("1")
		_, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: want, Takes: object.ClientSideManagers})
		if !apierrors.IsConflict(err) {
			t.Errorf("the error is %v, want a conflict", err)
		}
		if d := cmp.Diff([]string{"kubectl-client-side-apply"}, managers(b.live(name))); d != "" {
			t.Errorf("the managers (-want +got):\n%s", d)
		}
	})
	t.Run("an object that is not there is made", func(t *testing.T) {
		t.Parallel()
		b := b.in(t)
		for _, dry := range []bool{true, false} {
			if _, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: b.configMap("fresh", "a=b"), DryRun: dry, Takes: object.ClientSideManagers}); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("what the server refuses is refused in the prediction", func(t *testing.T) {
		t.Parallel()
		b := b.in(t)
		name := b.created("immutable", "kubectl-client-side-apply").Name
		want := b.configMap(name, "colour=blue")
		want.Object["data"] = map[string]any{"no/key": "x"}
		_, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: want, DryRun: true, Takes: object.ClientSideManagers})
		if !apierrors.IsInvalid(err) {
			t.Errorf("the error is %v, want that it is invalid", err)
		}
	})
}

// TestTakeOverOfWhatArgoCDDid has an object that Argo CD wrote without an apply, that it applied, and that we applied too.
func TestTakeOverOfWhatArgoCDDid(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	name := b.created("argo-both", "argocd-controller").Name
	theirs := applycorev1.ConfigMap(name, b.namespace).WithData(map[string]string{"colour": "red", "applied": "1"})
	if _, err := b.client.CoreV1().ConfigMaps(b.namespace).Apply(t.Context(), theirs, metav1.ApplyOptions{FieldManager: "argocd-controller"}); err != nil {
		t.Fatal(err)
	}
	want := b.configMap(name, "colour=blue")
	if _, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: want}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"argocd-controller", "argocd-controller", object.FieldManager}, managers(b.live(name))); d != "" {
		t.Fatalf("the managers before (-want +got):\n%s", d)
	}
	for _, dry := range []bool{true, false} {
		answer, err := b.cluster.Apply(t.Context(), object.ApplyRequest{Object: want, DryRun: dry, Takes: object.ClientSideManagers})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(map[string]any{"colour": "blue"}, answer.Object.Object["data"]); d != "" {
			t.Errorf("the data with DryRun: %v (-want +got):\n%s", dry, d)
		}
		if d := cmp.Diff([]string{object.FieldManager}, managers(answer.Object)); d != "" {
			t.Errorf("the managers with DryRun: %v (-want +got):\n%s", dry, d)
		}
	}
}

// in returns the same bench for a subtest.
func (b *bench) in(t *testing.T) *bench {
	other := *b
	other.t = t
	return &other
}

func (b *bench) live(name string) *unstructured.Unstructured {
	b.t.Helper()
	u, err := b.cluster.Read(b.t.Context(), b.ref("", "ConfigMap", name))
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}

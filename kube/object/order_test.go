package object_test

import (
	"testing"

	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestKindsAreAppliedInOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ first, then, why string }{
		{"Namespace", "ConfigMap", "what lives in a namespace needs it"},
		{"ServiceAccount", "Deployment", "Pods name their account"},
		{"ConfigMap", "Pod", "Pods mount it"},
		{"Secret", "Deployment", "Pods mount it"},
		{"PersistentVolume", "PersistentVolumeClaim", "a claim binds it"},
		{"CustomResourceDefinition", "Widget", "the server must know the kind"},
		{"Role", "RoleBinding", "a binding names it"},
		{"ClusterRole", "ClusterRoleBinding", "a binding names it"},
		{"Service", "Deployment", "Pods get its address in their environment"},
		{"Deployment", "Job", "Argo CD does so"},
		{"IngressClass", "Ingress", "an Ingress names it"},
		{"APIService", "Widget", "kinds that are not listed come last"},
	} {
		t.Run(c.first+" goes before "+c.then, func(t *testing.T) {
			t.Parallel()
			if a, b := object.KindRank(c.first), object.KindRank(c.then); a >= b {
				t.Errorf("%s has place %d, %s %d: %s", c.first, a, c.then, b, c.why)
			}
		})
	}
	t.Run("kinds that are not listed share a place", func(t *testing.T) {
		t.Parallel()
		if a, b := object.KindRank("Widget"), object.KindRank("deployment"); a != b {
			t.Errorf("Widget has place %d, an unknown kind in lower case %d", a, b)
		}
	})
}

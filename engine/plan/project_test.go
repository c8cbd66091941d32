package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

// project is a live Project of a group.
func project(group string, annotations ...string) *unstructured.Unstructured {
	u := thing("Project/other", annotations...)
	u.SetAPIVersion(group + "/v1")
	object.SetMark(u, "shop", installation)
	u.SetUID("uid-project")
	return u
}

func TestAProjectOfOpenShiftIsANamespace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		group  string
		guards []string
		steps  []string
	}{
		"of OpenShift": {
			"project.openshift.io",
			[]string{"prune:Project/other"},
			[]string{"Sync/0/prune/ConfigMap/other/a", "Sync/5/prune/ConfigMap/other/b", "Sync/5/prune/Project/other"},
		},
		"but not another": {
			"example.com", nil,
			[]string{"Sync/0/prune/Project/other", "Sync/0/prune/ConfigMap/other/a", "Sync/5/prune/ConfigMap/other/b"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			live := []*unstructured.Unstructured{project(c.group, "sync-wave=5"), alive("ConfigMap/other/a", "sync-wave=5"), alive("ConfigMap/other/b")}
			for what, p := range map[string]plan.Plan{
				"a deletion": deletion(t, ending(live...)),
				"a prune":    situate().want(diff.InSync, thing("Deployment/web/a")).extra(live...).build(t),
			} {
				if d := cmp.Diff(c.steps, ids(p)); d != "" {
					t.Errorf("%s (-want +got):\n%s", what, d)
				}
				if d := cmp.Diff(c.guards, guards(p)); d != "" {
					t.Errorf("%s asks (-want +got):\n%s", what, d)
				}
			}
		})
	}
	t.Run("with what it holds", func(t *testing.T) {
		t.Parallel()
		p := deletion(t, ending(project("project.openshift.io"), alive("ConfigMap/other/a", "sync-options=Delete=false")))
		if p.Counts().Keep != 2 || len(p.Guards) != 0 {
			t.Errorf("got %v, guards %v", ids(p), guards(p))
		}
	})
	t.Run("and never made anew", func(t *testing.T) {
		t.Parallel()
		if plan.Replaceable(object.Of(project("project.openshift.io"))) {
			t.Error("it is replaced, with everything in it")
		}
	})
}

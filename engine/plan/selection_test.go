package plan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestSelectionLimitsThePlan(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		selected object.Ref
		want     []string
	}{
		"to the named object": {
			object.Ref{Kind: "ConfigMap", Namespace: "web", Name: "a"}, []string{"Sync/0/change/ConfigMap/web/a"},
		},
		"to that name in every namespace when none is given": {
			object.Ref{Kind: "ConfigMap", Name: "a"}, []string{"Sync/0/change/ConfigMap/web/a", "Sync/0/create/ConfigMap/jobs/a"},
		},
		"to the named prune": {
			object.Ref{Kind: "ConfigMap", Namespace: "web", Name: "old"}, []string{"Sync/0/prune/ConfigMap/web/old"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := situate().want(diff.Differs, thing("ConfigMap/web/a"), thing("ConfigMap/web/b"), thing("Deployment/web/a")).
				want(diff.Create, thing("ConfigMap/jobs/a")).extra(alive("ConfigMap/web/old"))
			s.in.Options.Resources = []object.Ref{c.selected}
			p := s.build(t)
			got := map[string]bool{}
			for _, id := range ids(p) {
				got[id] = true
			}
			want := map[string]bool{}
			for _, id := range c.want {
				want[id] = true
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("steps (-want +got):\n%s", d)
			}
			if len(p.Desired) != 4 {
				t.Errorf("the plan keeps %d desired objects, want all 4", len(p.Desired))
			}
		})
	}
}

func TestSelectionOfNothingIsRefused(t *testing.T) {
	t.Parallel()
	s := situate().want(diff.Differs, thing("Deployment/web/nginx"))
	s.in.Options.Resources = []object.Ref{{Kind: "Deployment", Namespace: "web", Name: "nginx"}}
	_, err := plan.Build(s.in)
	if !errors.Is(err, app.ErrNotFound) || !strings.Contains(err.Error(), "select Deployment/web/nginx of application shop") {
		t.Errorf("got %v, want that it is not found: the group is missing", err)
	}
}

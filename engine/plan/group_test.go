package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
)

func TestGroupsAreThePhasesAndWaves(t *testing.T) {
	t.Parallel()
	s := situate().
		want(diff.Create, thing("Job/web/pre", "hook=PreSync"), thing("ConfigMap/web/a"), thing("Service/web/b"),
			thing("ConfigMap/web/later", "sync-wave=1"), thing("Job/web/alarm", "hook=SyncFail")).
		extra(alive("ConfigMap/web/kept", "sync-options=Prune=false", "sync-wave=9"), alive("ConfigMap/web/old"))
	p := s.build(t)
	want := []plan.Group{
		{Phase: plan.PreSync, Steps: []int{0}},
		{Phase: plan.Sync, Steps: []int{1, 2, 3}},
		{Phase: plan.Sync, Wave: 1, Steps: []int{4}},
		{Phase: plan.SyncFail, Steps: []int{6}},
	}
	if d := cmp.Diff(want, p.Groups()); d != "" {
		t.Errorf("groups of %v (-want +got):\n%s", ids(p), d)
	}
	if p.Steps[1].Verb != plan.Delete {
		t.Errorf("the group begins with %s, want its deletion", p.Steps[1].ID)
	}
	if !p.HandlesFailure() {
		t.Error("the failure hook is not seen")
	}
}

func TestStepsThatWereLeftOutAreInNoGroup(t *testing.T) {
	t.Parallel()
	p := situate().want(diff.Create, thing("ConfigMap/web/a"), thing("ConfigMap/web/b", "sync-wave=1")).build(t)
	p.Steps[0].Left = true
	if d := cmp.Diff([]plan.Group{{Wave: 1, Steps: []int{1}}}, p.Groups()); d != "" {
		t.Error(d)
	}
	if p.HandlesFailure() {
		t.Error("there is no failure hook")
	}
}

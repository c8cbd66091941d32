package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestWhenHooksRun(t *testing.T) {
	t.Parallel()
	before := func(p plan.Phase) plan.Hook { return plan.Hook{Phase: p, BeforeCreation: true} }
	for name, c := range map[string]struct {
		annotations []string
		ordinary    bool
		want        []plan.Hook
	}{
		"an object without annotations is none":       {ordinary: true},
		"Argo CD's phase":                             {annotations: []string{"hook=PreSync"}, want: []plan.Hook{before(plan.PreSync)}},
		"several phases run once each":                {annotations: []string{"hook=PostSync, PreSync"}, want: []plan.Hook{before(plan.PreSync), before(plan.PostSync)}},
		"a failure hook":                              {annotations: []string{"hook=SyncFail"}, want: []plan.Hook{before(plan.SyncFail)}},
		"a skipped object never runs":                 {annotations: []string{"hook=Skip"}},
		"a misspelt phase never runs":                 {annotations: []string{"hook=presync"}},
		"hooks of a deletion are not part of a sync":  {annotations: []string{"hook=PreDelete,PostDelete"}},
		"Helm's install and upgrade are one":          {annotations: []string{"helm.sh/hook=pre-install,pre-upgrade"}, want: []plan.Hook{before(plan.PreSync)}},
		"Helm's post-install":                         {annotations: []string{"helm.sh/hook=post-install"}, want: []plan.Hook{before(plan.PostSync)}},
		"Helm's tests never run":                      {annotations: []string{"helm.sh/hook=test"}},
		"Helm's crd-install is an ordinary object":    {annotations: []string{"helm.sh/hook=crd-install"}, ordinary: true},
		"a valid phase of Argo CD beats Helm's":       {annotations: []string{"hook=Sync", "helm.sh/hook=pre-install"}, want: []plan.Hook{before(plan.Sync)}},
		"Skip is valid, and runs at no time":          {annotations: []string{"hook=Skip", "helm.sh/hook=pre-upgrade"}},
		"Skip beside a phase is nothing":              {annotations: []string{"hook=Skip,Sync", "helm.sh/hook=pre-upgrade"}, want: []plan.Hook{before(plan.Sync)}},
		"an invalid phase of Argo CD leaves Helm's":   {annotations: []string{"hook=whenever", "helm.sh/hook=pre-install"}, want: []plan.Hook{before(plan.PreSync)}},
		"a policy replaces the default":               {annotations: []string{"hook=PreSync", "hook-delete-policy=HookSucceeded"}, want: []plan.Hook{{Phase: plan.PreSync, OnSuccess: true}}},
		"policies add up":                             {annotations: []string{"hook=PreSync", "hook-delete-policy=HookFailed,BeforeHookCreation"}, want: []plan.Hook{{Phase: plan.PreSync, OnFailure: true, BeforeCreation: true}}},
		"Helm's policies are the same in other words": {annotations: []string{"helm.sh/hook=post-upgrade", "helm.sh/hook-delete-policy=hook-succeeded,hook-failed"}, want: []plan.Hook{{Phase: plan.PostSync, OnSuccess: true, OnFailure: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := thing("Job/web/a", c.annotations...)
			if got := plan.IsHook(u); got == c.ordinary {
				t.Errorf("IsHook = %v", got)
			}
			var got []plan.Hook
			for _, s := range situate().want(diff.Create, u).build(t).Steps {
				if s.Hook != nil && s.Verb == plan.RunHook && s.Phase == s.Hook.Phase {
					got = append(got, *s.Hook)
				}
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("hooks (-want +got):\n%s", d)
			}
		})
	}
}

func TestHookWeightIsTheWave(t *testing.T) {
	t.Parallel()
	s := only(t, situate().want(diff.Create, thing("Job/web/a", "helm.sh/hook=pre-install", "helm.sh/hook-weight=-5")).build(t))
	if s.ID != "PreSync/-5/hook/Job/web/a" {
		t.Errorf("got %s", s.ID)
	}
}

func TestHooksAreNotRun(t *testing.T) {
	t.Parallel()
	hooked := func() *situation {
		return situate().want(diff.Create, thing("Job/web/a", "hook=PreSync,PostSync"), thing("ConfigMap/web/b"))
	}
	t.Run("by a selective sync", func(t *testing.T) {
		t.Parallel()
		s := hooked()
		s.in.Options.Resources = []object.Ref{{Kind: "ConfigMap", Name: "b"}}
		p := s.build(t)
		if d := cmp.Diff([]string{"Sync/0/create/ConfigMap/web/b"}, ids(p)); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]string{"2 hooks are not run: only some objects are selected (--hooks runs them): Job/web/a (PreSync), Job/web/a (PostSync)"}, p.Notes); d != "" {
			t.Error(d)
		}
	})
	t.Run("but by a selective sync that is asked to", func(t *testing.T) {
		t.Parallel()
		s := hooked()
		s.in.Options.Select, s.in.Options.Hooks = []plan.Selector{{Kind: "ConfigMap", Name: "*"}}, true
		p := s.build(t)
		if d := cmp.Diff([]string{"PreSync/0/hook/Job/web/a", "Sync/0/create/ConfigMap/web/b", "PostSync/0/hook/Job/web/a"}, ids(p)); d != "" {
			t.Error(d)
		}
		if len(p.Notes) > 0 {
			t.Error(p.Notes)
		}
	})
	t.Run("by a rollback", func(t *testing.T) {
		t.Parallel()
		s := hooked()
		s.in.Kind = app.KindRollback
		p := s.build(t)
		if d := cmp.Diff([]string{"2 hooks are not run: a rollback runs none: Job/web/a (PreSync), Job/web/a (PostSync)"}, p.Notes); d != "" {
			t.Error(d)
		}
		if p.Counts().Hook != 0 {
			t.Errorf("got %v", ids(p))
		}
	})
}

func TestGeneratedHookNamesGiveDistinctSteps(t *testing.T) {
	t.Parallel()
	a, b := thing("Job/web/", "hook=PreSync"), thing("Job/web/", "hook=PreSync")
	a.SetGenerateName("migrate-")
	b.SetGenerateName("migrate-")
	want := []string{"PreSync/0/hook/Job/web/migrate-", "PreSync/0/hook/Job/web/migrate-#2"}
	p := situate().want(diff.Create, a, b).build(t)
	if d := cmp.Diff(want, ids(p)); d != "" {
		t.Error(d)
	}
	if got := p.Steps[0].Title(); got != "Job/web/migrate-*" {
		t.Errorf("the step is of %s", got)
	}
	if got := p.Steps[0].Reason; got != "hook, made under another name by each run, and not deleted" {
		t.Errorf("its reason is %q", got)
	}
}

func TestNamesakesOfHooksAreNotDeletedForThem(t *testing.T) {
	t.Parallel()
	others := thing("Job/web/migrate")
	object.SetMark(others, "other", installation)
	for name, c := range map[string]struct {
		live    *unstructured.Unstructured
		refused string
	}{
		"nothing":                       {nil, ""},
		"an earlier run":                {alive("Job/web/migrate", "hook=PreSync"), ""},
		"a Job that was no hook before": {alive("Job/web/migrate"), ""},
		"what was no hook before": {
			alive("ConfigMap/web/migrate"), "an object of that name is part of the application, and it is no hook",
		},
		"a hook that kubectl made":     {thing("Job/web/migrate", "hook=PreSync"), ""},
		"a Job that somebody made":     {thing("Job/web/migrate"), "an object of that name is there, and it is no hook"},
		"a Job of another application": {others, "an object of that name belongs to the application other, and it is no hook"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := situate()
			hook := thing("Job/web/migrate", "hook=PreSync")
			s.in.Objects = append(s.in.Objects, plan.Object{Desired: hook, Diff: diff.Diff{Ref: object.Of(hook)}})
			if c.live != nil {
				s.in.Live[object.Of(hook)] = c.live
			}
			p, err := plan.Build(s.in)
			if err != nil || len(p.Steps) != 1 {
				t.Fatalf("the plan has %d steps: %v", len(p.Steps), err)
			}
			if p.Steps[0].Refused != c.refused {
				t.Errorf("refused: %q, want %q", p.Steps[0].Refused, c.refused)
			}
		})
	}
}

package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestWhoseFieldsAreTakenOver(t *testing.T) {
	t.Parallel()
	named := append(append([]string(nil), object.ClientSideManagers...), "flux")
	for name, c := range map[string]struct {
		policy, annotations []string
		app                 string
		want                []string
	}{
		"kubectl's and Argo CD's":                          {want: object.ClientSideManagers},
		"and those of the named manager":                   {annotations: []string{"client-side-apply-migration-manager=flux"}, want: named},
		"and of the one the application says":              {app: "flux", want: named},
		"the object's before that":                         {app: "kapp", annotations: []string{"client-side-apply-migration-manager=flux"}, want: named},
		"nobody's, says the application, whoever is named": {app: "flux", policy: []string{"ClientSideApplyMigration=false"}},
		"nobody's, says the application":                   {policy: []string{"ClientSideApplyMigration=false"}},
		"nobody's, says the object":                        {annotations: []string{"sync-options=ClientSideApplyMigration=false"}},
		"the object decides": {
			policy: []string{"ClientSideApplyMigration=false"}, annotations: []string{"sync-options=ClientSideApplyMigration=true"}, want: object.ClientSideManagers,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := situate().options(c.policy...)
			s.in.App.Metadata.Annotations = map[string]string{object.AnnotationMigrate: c.app}
			if d := cmp.Diff(c.want, plan.Takes(&s.in.App, thing("ConfigMap/web/a", c.annotations...))); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

func TestStepsSayWhoLosesFields(t *testing.T) {
	t.Parallel()
	for verdict, want := range map[diff.Verdict]string{
		diff.OwnershipOnly: "no field changes; wheelhouse takes ownership from kubectl-client-side-apply",
		diff.Differs:       "1 field differs; fields are taken over from kubectl-client-side-apply",
	} {
		t.Run(verdict.String(), func(t *testing.T) {
			t.Parallel()
			s := situate().want(verdict, thing("ConfigMap/web/a"))
			d := &s.in.Objects[0].Diff
			d.Takes, d.Changes = []string{"kubectl-client-side-apply"}, []diff.Change{{Path: ".data.old"}}
			if got := only(t, s.build(t)).Reason; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// TestAnAdoptionSaysWhoLosesFields is about an object of another owner, whose differences no plan tells.
func TestAnAdoptionSaysWhoLosesFields(t *testing.T) {
	t.Parallel()
	s := situate().want(diff.Foreign, thing("ConfigMap/web/a"))
	s.in.Live[s.in.Objects[0].Diff.Ref] = thing("ConfigMap/web/a", "tracking-id=front:/ConfigMap:web/a")
	s.in.Objects[0].Diff.Takes = []string{"argocd-controller"}
	s.in.Options.Adopt = true
	if got := only(t, s.build(t)).Reason; got != "adopted from front of another store; fields are taken over from argocd-controller" {
		t.Errorf("the reason is %q", got)
	}
}

func TestStepsThatLetUnknownFieldsPass(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy, annotations []string
		want                bool
	}{
		"none":                      {},
		"of the application":        {policy: []string{"Validate=false"}, want: true},
		"of an object":              {annotations: []string{"sync-options=Validate=false"}, want: true},
		"unless the object decides": {policy: []string{"Validate=false"}, annotations: []string{"sync-options=Validate=true"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hook := append([]string{"hook=PreSync"}, c.annotations...)
			p := situate().options(c.policy...).want(diff.Create, thing("ConfigMap/web/a", c.annotations...), thing("Job/web/b", hook...)).build(t)
			for _, s := range p.Steps {
				if s.Lenient != c.want {
					t.Errorf("%s is lenient: %v", s.ID, s.Lenient)
				}
			}
			if len(p.Steps) != 2 {
				t.Errorf("steps %v", ids(p))
			}
		})
	}
}

// TestReplace is about an object that differs, and about one whose change the server refuses as immutable.
func TestReplace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy, annotations []string
		verdict             diff.Verdict
		verb                plan.Verb
		says                string
	}{
		"alone, an object that differs is applied": {annotations: []string{"sync-options=Replace=true"}, verdict: diff.Differs, verb: plan.Change, says: "applied, not replaced"},
		"of the application alone":                 {policy: []string{"Replace=true"}, verdict: diff.Differs, verb: plan.Change, says: "applied, not replaced"},
		"unless the object says otherwise":         {policy: []string{"Replace=true"}, annotations: []string{"sync-options=Replace=false"}, verdict: diff.Differs, verb: plan.Change},
		"with Force an object that differs is applied": {
			annotations: []string{"sync-options=Replace=true,Force=true"}, verdict: diff.Differs, verb: plan.Change,
		},
		"Force of the object and Replace of the application are both": {
			policy: []string{"Replace=true"}, annotations: []string{"sync-options=Force=true"}, verdict: diff.Immutable, verb: plan.Replace,
		},
		"with Force what cannot be changed is made anew": {
			annotations: []string{"sync-options=Replace=true,Force=true"}, verdict: diff.Immutable, verb: plan.Replace,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := only(t, situate().options(c.policy...).want(c.verdict, thing("Job/web/a", c.annotations...)).build(t))
			if got.Verb != c.verb || got.Refused != "" || got.Guard != "" {
				t.Errorf("%s, refused %q, guard %q; want %s", got.Verb, got.Refused, got.Guard, c.verb)
			}
			if has := strings.Contains(got.Reason, "not replaced"); has != (c.says != "") {
				t.Errorf("the reason is %q", got.Reason)
			}
		})
	}
}

// TestForceIsTheObjects has an application say what Argo CD heeds on objects alone: nothing is deleted for that.
func TestForceIsTheObjects(t *testing.T) {
	t.Parallel()
	got := only(t, situate().options("Replace=true", "Force=true").want(diff.Immutable, thing("Job/web/a")).build(t))
	if got.Verb != plan.Change {
		t.Errorf("%s, refused %q", got.Verb, got.Refused)
	}
}

// TestOptionsGivenTwice are about the one that counts, of an object and of the application, for a live object that git has no more.
func TestOptionsGivenTwice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy []string
		own    string
		verb   plan.Verb
		guard  bool
	}{
		"the first of an object":                {own: "Prune=false,Prune=true", verb: plan.Keep},
		"not its last":                          {own: "Prune=true,Prune=false", verb: plan.Delete},
		"its first may ask":                     {own: "Prune=confirm,Prune=false", verb: plan.Delete, guard: true},
		"the first of the application":          {policy: []string{"Prune=false", "Prune=true"}, verb: plan.Keep},
		"not the application's last":            {policy: []string{"Prune=true", "Prune=false"}, verb: plan.Delete},
		"the application's first may ask":       {policy: []string{"Prune=confirm", "Prune=false"}, verb: plan.Delete, guard: true},
		"the object's before the application's": {policy: []string{"Prune=true"}, own: "Prune=false", verb: plan.Keep},
		"a name without a value says nothing":   {policy: []string{"Prune=false"}, own: "Prune", verb: plan.Keep},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := only(t, situate().options(c.policy...).extra(alive("ConfigMap/web/a", "sync-options="+c.own)).build(t))
			if got.Verb != c.verb || (got.Guard != "") != c.guard {
				t.Errorf("%s, guard %q", got.Verb, got.Guard)
			}
		})
	}
}

// TestOptionsThatChangeNoStep are those that every apply heeds already, with either value.
func TestOptionsThatChangeNoStep(t *testing.T) {
	t.Parallel()
	build := func(options ...string) plan.Plan {
		return situate().options(options...).want(diff.Differs, thing("ConfigMap/web/a")).want(diff.InSync, thing("ConfigMap/web/b")).build(t)
	}
	plain := build()
	for _, option := range []string{"ServerSideApply=true", "ServerSideApply=false", "ApplyOutOfSyncOnly=true", "ApplyOutOfSyncOnly=false"} {
		t.Run(option, func(t *testing.T) {
			t.Parallel()
			if got := build(option); got.Hash != plain.Hash || got.Unchanged != plain.Unchanged {
				t.Errorf("steps %v, %d unchanged; without it %v, %d", ids(got), got.Unchanged, ids(plain), plain.Unchanged)
			}
		})
	}
}

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

// hooked is the situation of one hook with an earlier object of its name, or none.
func hooked(hook, live *unstructured.Unstructured) *situation {
	s := situate()
	s.in.Objects = append(s.in.Objects, plan.Object{Desired: hook, Diff: diff.Diff{Ref: object.Of(hook)}})
	if live != nil {
		s.in.Live[object.Of(hook)] = live
	}
	return s
}

func questions(p plan.Plan) []string {
	var out []string
	for _, g := range p.Guards {
		out = append(out, g.Step+" "+g.Name+": "+g.Message)
	}
	return out
}

// TestHooksThatHoldDataAreGuarded asks about a hook whose run deletes what holds data or other objects.
func TestHooksThatHoldDataAreGuarded(t *testing.T) {
	t.Parallel()
	const claim, namespace = "PersistentVolumeClaim/web/data", "Namespace/shop"
	for name, c := range map[string]struct {
		object      string
		annotations []string
		live        *unstructured.Unstructured
		want        []string
	}{
		"a Job is not": {"Job/web/migrate", []string{"hook=PreSync"}, alive("Job/web/migrate", "hook=PreSync"), nil},
		"a first Namespace is not": {
			namespace, []string{"helm.sh/hook=pre-install,pre-upgrade"}, nil, nil,
		},
		"a Namespace that is there": {
			namespace,
			[]string{"helm.sh/hook=pre-install,pre-upgrade"},
			alive(namespace, "helm.sh/hook=pre-install,pre-upgrade"),
			[]string{"PreSync/0/hook/Namespace/shop prune:Namespace/shop: deletes Namespace/shop with everything in it, before the hook runs"},
		},
		"a Namespace of another's hook": {
			namespace,
			[]string{"hook=PreSync"},
			thing(namespace, "hook=PreSync"),
			[]string{"PreSync/0/hook/Namespace/shop prune:Namespace/shop: deletes Namespace/shop with everything in it, before the hook runs"},
		},
		"a claim that goes when it succeeded": {
			claim,
			[]string{"hook=PreSync", "hook-delete-policy=HookSucceeded"},
			nil,
			[]string{"PreSync/0/hook/" + claim + " prune:" + claim + ": deletes " + claim + " and perhaps the data on it, when the hook has succeeded"},
		},
		"a claim that goes when it failed": {
			claim,
			[]string{"hook=PreSync", "hook-delete-policy=HookFailed"},
			alive(claim, "hook=PreSync"),
			[]string{"PreSync/0/hook/" + claim + " prune:" + claim + ": deletes " + claim + " and perhaps the data on it, when the hook has failed"},
		},
		"a claim that goes however it ends": {
			claim,
			[]string{"hook=PreSync", "hook-delete-policy=HookSucceeded,HookFailed"},
			nil,
			[]string{"PreSync/0/hook/" + claim + " prune:" + claim + ": deletes " + claim + " and perhaps the data on it, when the hook has ended"},
		},
		"a claim that runs twice": {
			claim,
			[]string{"hook=PreSync,PostSync"},
			alive(claim, "hook=PreSync"),
			[]string{
				"PreSync/0/hook/" + claim + " prune:" + claim + ": deletes " + claim + " and perhaps the data on it, before the hook runs",
				"PostSync/0/hook/" + claim + " prune:" + claim + ": deletes " + claim + " and perhaps the data on it, before the hook runs",
			},
		},
		"the second run of a claim that is not there": {
			claim,
			[]string{"hook=PreSync,PostSync"},
			nil,
			[]string{"PostSync/0/hook/" + claim + " prune:" + claim + ": deletes " + claim + " and perhaps the data on it, before the hook runs"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, questions(hooked(thing(c.object, c.annotations...), c.live).build(t))); d != "" {
				t.Errorf("guards (-want +got):\n%s", d)
			}
		})
	}
}

// TestAHookIsBoundToWhatWasAskedAbout has the run of a hook delete the object that was confirmed, and no other that holds data.
func TestAHookIsBoundToWhatWasAskedAbout(t *testing.T) {
	t.Parallel()
	const claim = "PersistentVolumeClaim/web/data"
	earlier, later := alive(claim, "hook=PreSync"), alive(claim, "hook=PreSync")
	later.SetUID("another")
	s := only(t, hooked(thing(claim, "hook=PreSync"), earlier).build(t))
	if s.Unasked(earlier) || !s.Unasked(later) {
		t.Errorf("unasked: the one that was confirmed %v, a later one %v", s.Unasked(earlier), s.Unasked(later))
	}
	if s := only(t, hooked(thing(claim, "hook=PreSync"), nil).build(t)); !s.Unasked(earlier) {
		t.Error("one that came since the plan is not asked about")
	}
	if s := only(t, hooked(thing("Job/web/migrate", "hook=PreSync"), nil).build(t)); s.Unasked(alive("Job/web/migrate", "hook=PreSync")) {
		t.Error("a Job is asked about")
	}
}

// TestHooksOfADeletionThatHoldDataAreGuarded asks about a hook that an earlier try of the deletion has left.
func TestHooksOfADeletionThatHoldDataAreGuarded(t *testing.T) {
	t.Parallel()
	const claim = "PersistentVolumeClaim/web/dump"
	hook := alive(claim, "hook=PreDelete")
	p, err := plan.Deletion(plan.DeletionInput{
		App: shop(), Installation: installation, Live: map[object.Ref]*unstructured.Unstructured{object.Of(hook): hook},
		Manifests: []*unstructured.Unstructured{thing(claim, "hook=PreDelete")},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"PreDelete/0/hook/" + claim + " prune:" + claim + ": deletes " + claim + " and perhaps the data on it, before the hook runs"}
	if d := cmp.Diff(want, questions(p)); d != "" {
		t.Errorf("guards (-want +got):\n%s", d)
	}
}

// TestTheRestOfAnOperationAsksAboutHooksThatItDeletes has an operation interrupted that ran a hook which holds data.
func TestTheRestOfAnOperationAsksAboutHooksThatItDeletes(t *testing.T) {
	t.Parallel()
	const claim = "PersistentVolumeClaim/web/data"
	for name, c := range map[string]struct {
		policy string
		mark   app.JournalMark
		want   []string
	}{
		"one that is awaited goes when it succeeded": {"HookSucceeded", app.JournalStarted, []string{"PreSync/0/hook/" + claim}},
		"one that has succeeded goes":                {"HookSucceeded", app.JournalDone, []string{"PreSync/0/prune/" + claim}},
		"one that is awaited stays":                  {"BeforeHookCreation", app.JournalStarted, nil},
		"one that has succeeded stays":               {"BeforeHookCreation", app.JournalDone, nil},
		"one that was skipped stays":                 {"BeforeHookCreation", app.JournalSkipped, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			live := alive(claim, "hook=PreSync", object.AnnotationOperation+"=op-1")
			p := hooked(thing(claim, "hook=PreSync", "hook-delete-policy="+c.policy), live).build(t)
			j := app.Journal{Head: app.JournalHead{ID: "op-1"}, Entries: []app.JournalEntry{
				{Mark: app.JournalStarted, Step: p.Steps[0].ID, Ref: p.Steps[0].Ref, Verb: "hook"},
				{Mark: c.mark, Step: p.Steps[0].ID, Ref: p.Steps[0].Ref, Verb: "hook"},
			}}
			if err := plan.Resume(&p, j, map[object.Ref]*unstructured.Unstructured{p.Steps[0].Ref: live}); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, g := range p.Guards {
				got = append(got, g.Step)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("guarded steps (-want +got):\n%s", d)
			}
		})
	}
}

package plan_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func TestWhatIsPruned(t *testing.T) {
	t.Parallel()
	foreign := thing("ConfigMap/web/old")
	object.SetMark(foreign, "shop", "store-2")
	copied := thing("ConfigMap/web/old", "tracking-id=shop:/ConfigMap:web/another", "installation-id="+installation)
	dying := alive("ConfigMap/web/old")
	dying.SetDeletionTimestamp(&metav1.Time{Time: metav1.Now().Time})
	for name, c := range map[string]struct {
		live   *unstructured.Unstructured
		policy []string
		off    bool
		verb   plan.Verb
		reason string
		guard  string
	}{
		"an object that git has no more":    {live: alive("ConfigMap/web/old"), verb: plan.Delete, reason: "not in git"},
		"nothing while prune is off":        {live: alive("ConfigMap/web/old"), off: true, reason: "not in git; prune is off"},
		"nothing that another store marked": {live: foreign, reason: "not in git; left alone: it does not carry this application's mark"},
		"nothing whose mark was copied":     {live: copied, reason: "not in git; left alone: it does not carry this application's mark"},
		"nothing that is being deleted":     {live: dying, reason: "not in git; it is being deleted already"},
		"nothing with Prune=false": {
			live: alive("ConfigMap/web/old", "sync-options=Prune=false"), reason: "not in git; kept by Prune=false",
		},
		"nothing of an application with Prune=false": {
			live: alive("ConfigMap/web/old"), policy: []string{"Prune=false"}, reason: "not in git; kept by Prune=false",
		},
		"an object that overrides the application": {
			live: alive("ConfigMap/web/old", "sync-options=Prune=true"), policy: []string{"Prune=false"}, verb: plan.Delete, reason: "not in git",
		},
		"nothing that Helm keeps": {
			live: alive("ConfigMap/web/old", "helm.sh/resource-policy=keep"), reason: "not in git; kept by helm.sh/resource-policy",
		},
		"with Prune=confirm only after a confirmation": {
			live: alive("ConfigMap/web/old", "sync-options=Prune=confirm"), verb: plan.Delete, reason: "not in git", guard: "prune:ConfigMap/web/old",
		},
		"a claim only after a confirmation": {
			live: alive("PersistentVolumeClaim/web/data"), verb: plan.Delete, reason: "not in git", guard: "prune:PersistentVolumeClaim/web/data",
		},
		"a volume only after a confirmation": {
			live: alive("PersistentVolume/disk"), verb: plan.Delete, reason: "not in git", guard: "prune:PersistentVolume/disk",
		},
		"a StatefulSet only after a confirmation": {
			live: alive("StatefulSet/web/db"), verb: plan.Delete, reason: "not in git", guard: "prune:StatefulSet/web/db",
		},
		"a CustomResourceDefinition only after a confirmation": {
			live: alive("CustomResourceDefinition/a.b.c"), verb: plan.Delete, reason: "not in git", guard: "prune:CustomResourceDefinition/a.b.c",
		},
		"an empty Namespace only after a confirmation": {
			live: alive("Namespace/other"), verb: plan.Delete, reason: "not in git", guard: "prune:Namespace/other",
		},
		"no Namespace that git has objects in": {live: alive("Namespace/web"), reason: "not in git; kept: git has objects in it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := func() plan.Plan {
				s := situate().options(c.policy...).want(diff.InSync, thing("ConfigMap/web/kept")).extra(c.live)
				s.in.Options.Prune = !c.off
				return s.build(t)
			}()
			got := only(t, p)
			if got.Verb != c.verb || got.Reason != c.reason || got.Guard != c.guard {
				t.Errorf("got %s %q guard %q, want %s %q guard %q", got.Verb, got.Reason, got.Guard, c.verb, c.reason, c.guard)
			}
			if got.Desired != nil || got.Live == nil {
				t.Error("a pruned object has a live side only")
			}
		})
	}
}

func TestLiveObjectsThatWereNotComparedAreLeftAlone(t *testing.T) {
	t.Parallel()
	s := situate().want(diff.InSync, thing("ConfigMap/web/a"))
	s.in.Options.Prune = true
	u := alive("Secret/web/kept-by-a-rollback")
	s.in.Live[object.Of(u)] = u
	if p := s.build(t); len(p.Steps) != 0 {
		t.Errorf("got steps %v, want none", ids(p))
	}
}

func TestWhatAnotherObjectOwnsIsNoExtra(t *testing.T) {
	t.Parallel()
	p := situate().want(diff.InSync, thing("Deployment/web/nginx")).
		extra(ownedBy(alive("ReplicaSet/web/nginx-1"), "uid-Deployment/web/nginx"), ownedBy(alive("Secret/web/copy"), "elsewhere")).build(t)
	if len(p.Steps) != 0 || len(p.Guards) != 0 || len(p.Notes) != 0 {
		t.Errorf("steps %v, guards %v, notes %v: the garbage collector decides about it", ids(p), guards(p), p.Notes)
	}
}

func TestWhatGitHasMayHaveAnOwner(t *testing.T) {
	t.Parallel()
	p := situate().want(diff.Differs, ownedBy(thing("ConfigMap/web/a"), "elsewhere")).build(t)
	if got := only(t, p); got.Verb != plan.Change {
		t.Errorf("got %s", got.ID)
	}
}

// ownedBy gives an object an owner that does not control it.
func ownedBy(u *unstructured.Unstructured, owner types.UID) *unstructured.Unstructured {
	u.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "example.com/v1", Kind: "Owner", Name: "owner", UID: owner}})
	return u
}

func TestWhatARecordHadIsNotPruned(t *testing.T) {
	t.Parallel()
	s := situate().extra(alive("ConfigMap/web/old"), alive("ConfigMap/web/newer"))
	s.in.Kind, s.in.Record, s.in.Kept = app.KindRollback, "r2", []object.Ref{object.Of(thing("ConfigMap/web/old"))}
	got := map[string]string{}
	for _, step := range s.build(t).Steps {
		got[step.Ref.Name] = step.Verb.String() + ", " + step.Reason
	}
	want := map[string]string{"old": "keep, not in git; kept: it was there at r2", "newer": "prune, not in git"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestNothingIsPrunedThatGitMayDeclare has a live object beside a desired one of its name that is taken as namespaced, because the
// cluster does not serve its version.
func TestNothingIsPrunedThatGitMayDeclare(t *testing.T) {
	t.Parallel()
	const kept = "not in git; kept: git declares one of its kind and name in a version that the cluster does not serve"
	for name, c := range map[string]struct {
		want, live string
		verdict    diff.Verdict
		how        diff.How
		verb       plan.Verb
		reason     string
	}{
		"in a version that is not served":                      {"Widget/web/a", "Widget/a", diff.MissingKind, diff.Shape, plan.Keep, kept},
		"nor one that is declared in another namespace":        {"Widget/web/a", "Widget/old/a", diff.MissingKind, diff.Shape, plan.Keep, kept},
		"but where the version is served":                      {"Widget/web/a", "Widget/old/a", diff.Create, diff.Server, plan.Delete, "not in git"},
		"but where a definition beside it brings the version":  {"Widget/web/a", "Widget/old/a", diff.MissingKind, diff.Schema, plan.Delete, "not in git"},
		"but one of another name":                              {"Widget/web/a", "Widget/b", diff.MissingKind, diff.Shape, plan.Delete, "not in git"},
		"but one of another kind":                              {"Widget/web/a", "Gadget/a", diff.MissingKind, diff.Shape, plan.Delete, "not in git"},
		"and of a hook, which every run makes anew, no matter": {"", "Widget/a", diff.MissingKind, diff.Shape, plan.Delete, "not in git"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := thing("Widget/web/a", "hook=PreSync")
			if c.want != "" {
				want = thing(c.want)
			}
			s := situate().options("SkipDryRunOnMissingResource=true").want(c.verdict, want).extra(alive(c.live))
			s.in.Objects[0].Diff.How = c.how
			for _, step := range s.build(t).Steps {
				if step.Desired == nil && (step.Verb != c.verb || step.Reason != c.reason) {
					t.Errorf("%s is %s, %q", step.Ref, step.Verb, step.Reason)
				}
			}
		})
	}
}

func TestHooksAreNotPruned(t *testing.T) {
	t.Parallel()
	p := situate().extra(alive("Job/web/migrate", "hook=PreSync")).build(t)
	if len(p.Steps) != 0 {
		t.Errorf("got %v, want no steps", ids(p))
	}
}

func TestPrunesRunInMirroredWaves(t *testing.T) {
	t.Parallel()
	s := situate().
		want(diff.Create, thing("ConfigMap/web/new", "sync-wave=2")).
		extra(alive("ConfigMap/web/first", "sync-wave=-1"), alive("Deployment/web/second"), alive("Service/web/third", "sync-wave=2"),
			alive("ConfigMap/web/beside-third", "sync-wave=2"))
	want := []string{
		"Sync/-1/prune/Service/web/third", "Sync/-1/prune/ConfigMap/web/beside-third",
		"Sync/0/prune/Deployment/web/second",
		"Sync/2/prune/ConfigMap/web/first", "Sync/2/create/ConfigMap/web/new",
	}
	if d := cmp.Diff(want, ids(s.build(t))); d != "" {
		t.Errorf("the order (-want +got):\n%s", d)
	}
}

func TestPruneLast(t *testing.T) {
	t.Parallel()
	news := thing("ConfigMap/web/new", "sync-wave=7")
	t.Run("of the application moves every deletion", func(t *testing.T) {
		t.Parallel()
		s := situate().options("PruneLast=true").want(diff.Create, news).extra(alive("ConfigMap/web/a"), alive("ConfigMap/web/b", "sync-wave=3"))
		want := []string{"Sync/7/create/ConfigMap/web/new", "Sync/8/prune/ConfigMap/web/a", "Sync/8/prune/ConfigMap/web/b"}
		if d := cmp.Diff(want, ids(s.build(t))); d != "" {
			t.Error(d)
		}
	})
	t.Run("of an object moves its own", func(t *testing.T) {
		t.Parallel()
		s := situate().want(diff.Create, news).extra(alive("ConfigMap/web/a"), alive("ConfigMap/web/b", "sync-options=PruneLast=true"))
		want := []string{"Sync/0/prune/ConfigMap/web/a", "Sync/7/create/ConfigMap/web/new", "Sync/8/prune/ConfigMap/web/b"}
		if d := cmp.Diff(want, ids(s.build(t))); d != "" {
			t.Error(d)
		}
	})
	t.Run("comes after a wave in which nothing is written, and waits for it", func(t *testing.T) {
		t.Parallel()
		s := situate().options("PruneLast=true").want(diff.InSync, thing("Deployment/web/late", "sync-wave=7")).extra(alive("ConfigMap/web/a"))
		s.in.Holds = ill("late")
		p := s.build(t)
		if d := cmp.Diff([]string{"Sync/8/prune/ConfigMap/web/a"}, ids(p)); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]string{"wave 8 waits for Deployment/web/late (wave 7): it crashes"}, p.Notes); d != "" {
			t.Error(d)
		}
	})
}

func TestAnObjectMayBePrunedInItsTurn(t *testing.T) {
	t.Parallel()
	s := situate().options("PruneLast=true").want(diff.Create, thing("ConfigMap/web/new", "sync-wave=7")).
		extra(alive("ConfigMap/web/a"), alive("ConfigMap/web/b", "sync-options=PruneLast=false"))
	want := []string{"Sync/0/prune/ConfigMap/web/b", "Sync/7/create/ConfigMap/web/new", "Sync/8/prune/ConfigMap/web/a"}
	if d := cmp.Diff(want, ids(s.build(t))); d != "" {
		t.Error(d)
	}
}

func TestContainersArePrunedAfterWhatTheyHold(t *testing.T) {
	t.Parallel()
	s := situate().extra(alive("Namespace/gone", "sync-wave=5"), alive("ConfigMap/gone/a"), alive("ConfigMap/gone/b", "sync-wave=-5"))
	want := []string{"Sync/0/prune/ConfigMap/gone/a", "Sync/5/prune/ConfigMap/gone/b", "Sync/5/prune/Namespace/gone"}
	if d := cmp.Diff(want, ids(s.build(t))); d != "" {
		t.Error(d)
	}
}

func TestADeletionStandsWhileItsGroundsDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*unstructured.Unstructured)
		same   bool
	}{
		"nothing":                {func(*unstructured.Unstructured) {}, true},
		"its content":            {func(u *unstructured.Unstructured) { u.Object["data"] = map[string]any{"a": "b"} }, true},
		"its labels":             {func(u *unstructured.Unstructured) { u.SetLabels(map[string]string{"a": "b"}) }, true},
		"it was made anew":       {func(u *unstructured.Unstructured) { u.SetUID("another") }, false},
		"it is somebody else's":  {func(u *unstructured.Unstructured) { object.SetMark(u, "other", installation) }, false},
		"it is another store's":  {func(u *unstructured.Unstructured) { object.SetMark(u, "shop", "store-2") }, false},
		"it is nobody's":         {func(u *unstructured.Unstructured) { u.SetAnnotations(nil) }, false},
		"it is to be kept":       {annotate(object.AnnotationSyncOptions, "Prune=false"), false},
		"it is to be kept, Helm": {annotate(object.AnnotationHelmPolicy, "keep"), false},
		"it has an owner":        {func(u *unstructured.Unstructured) { ownedBy(u, "owner") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, after := alive("ConfigMap/web/old"), alive("ConfigMap/web/old")
			c.change(after)
			if same := plan.SameGrounds(before, after); same != c.same {
				t.Errorf("the grounds are the same: %v", same)
			}
		})
	}
}

func TestADeletionDoesNotStandWhenClaimsGoWithIt(t *testing.T) {
	t.Parallel()
	if plan.SameGrounds(stateful("Retain", 1), stateful("Delete", 1)) {
		t.Error("claims that were to stay go with a deletion that nobody was asked about")
	}
	if !plan.SameGrounds(stateful("Delete", 0), stateful("Retain", 0)) {
		t.Error("a policy for claims that there are none of is a ground")
	}
}

func annotate(name, value string) func(*unstructured.Unstructured) {
	return func(u *unstructured.Unstructured) {
		a := u.GetAnnotations()
		a[name] = value
		u.SetAnnotations(a)
	}
}

// TestAPlanSaysWhatIsPrunedBeforeWhatMayFail deletes something beside an object whose kind may appear during the sync.
func TestAPlanSaysWhatIsPrunedBeforeWhatMayFail(t *testing.T) {
	t.Parallel()
	const note = "what git has no more is deleted before Widget/web/a, of which the kind is not served yet; PruneLast=true has it deleted last"
	const skip = "sync-options=SkipDryRunOnMissingResource=true"
	crd := thing("CustomResourceDefinition/widgets.example.com")
	crd.Object["spec"] = map[string]any{"group": "example.com", "names": map[string]any{"kind": "Widget"}}
	widget := func() *situation { return situate().want(diff.MissingKind, thing("Widget/web/a", skip)) }
	for name, c := range map[string]struct {
		s    *situation
		want bool
	}{
		"in its wave":                     {widget().extra(alive("ConfigMap/web/old")), true},
		"in an earlier one":               {widget().extra(alive("ConfigMap/web/old", "sync-wave=-1")), true},
		"after it":                        {widget().extra(alive("ConfigMap/web/old", "sync-wave=1")), false},
		"last of all":                     {widget().options("PruneLast=true").extra(alive("ConfigMap/web/old")), false},
		"nothing":                         {widget(), false},
		"beside the definition":           {widget().want(diff.Create, crd).extra(alive("ConfigMap/web/old")), false},
		"beside a kind that is refused":   {situate().want(diff.MissingKind, thing("Widget/web/a")).extra(alive("ConfigMap/web/old")), false},
		"beside a kind that is there":     {situate().want(diff.Create, thing("Widget/web/a", skip)).extra(alive("ConfigMap/web/old")), false},
		"what is kept for another reason": {widget().extra(alive("ConfigMap/web/old", "sync-options=Prune=false")), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if p := c.s.build(t); slices.Contains(p.Notes, note) != c.want {
				t.Errorf("the notes are %q", p.Notes)
			}
		})
	}
}

package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/wheelhouse-gitops/wheelhouse/app"
	"github.com/wheelhouse-gitops/wheelhouse/engine/diff"
	"github.com/wheelhouse-gitops/wheelhouse/engine/plan"
	"github.com/wheelhouse-gitops/wheelhouse/kube/object"
)

func maps(n int, prefix string, make func(string, ...string) *unstructured.Unstructured) []*unstructured.Unstructured {
	out := []*unstructured.Unstructured{}
	for i := range n {
		out = append(out, make(fmt.Sprintf("ConfigMap/web/%s-%d", prefix, i)))
	}
	return out
}

func TestPlansThatLoseMuchAreGuarded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kept, added, lost int
		off               bool
		want              []string
	}{
		"everything":                         {lost: 1, want: []string{"empty:shop"}},
		"everything, with prune off":         {lost: 9, off: true},
		"more than half":                     {kept: 3, lost: 4, want: []string{"shrink:shop"}},
		"half":                               {kept: 4, lost: 4},
		"more than half of very few":         {kept: 1, lost: 3},
		"more than half, with others in git": {kept: 3, added: 50, lost: 4, want: []string{"shrink:shop"}},
		"more than half, with prune off":     {kept: 3, lost: 4, off: true},
		"little":                             {kept: 100, lost: 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := situate().want(diff.InSync, maps(c.kept, "kept", thing)...).want(diff.Create, maps(c.added, "new", thing)...).
				extra(maps(c.lost, "lost", alive)...)
			s.in.Options.Prune = !c.off
			if d := cmp.Diff(c.want, guards(s.build(t))); d != "" {
				t.Errorf("guards (-want +got):\n%s", d)
			}
		})
	}
}

func TestAllowEmptyLiftsTheGuardOfAnEmptyPlan(t *testing.T) {
	t.Parallel()
	s := situate().extra(alive("ConfigMap/web/a"))
	s.in.App.Spec.SyncPolicy = &app.SyncPolicy{Automated: &app.Automated{AllowEmpty: true}}
	if got := guards(s.build(t)); len(got) != 0 {
		t.Errorf("got guards %v", got)
	}
}

func TestWhatTheLastRecordListsCountsForTheGuard(t *testing.T) {
	t.Parallel()
	s := situate().want(diff.InSync, maps(5, "kept", thing)...).extra(maps(4, "lost", alive)...)
	for _, u := range append(maps(5, "kept", thing), maps(6, "lost", thing)...) {
		s.in.Previous = append(s.in.Previous, object.Of(u))
	}
	if d := cmp.Diff([]string{"shrink:shop"}, guards(s.build(t))); d != "" {
		t.Error(d)
	}
}

func TestWhatAnotherObjectOwnsDoesNotCountForTheGuard(t *testing.T) {
	t.Parallel()
	for name, recorded := range map[string]bool{"as live": false, "as recorded": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			children := maps(9, "child", alive)
			for _, u := range children {
				ownedBy(u, "elsewhere")
			}
			s := situate().want(diff.InSync, maps(4, "kept", thing)...).extra(maps(4, "lost", alive)...).extra(children...)
			for ref := range s.in.Live {
				if recorded {
					s.in.Previous = append(s.in.Previous, ref)
				}
			}
			if got := guards(s.build(t)); len(got) != 0 {
				t.Errorf("got %v, though half is left", got)
			}
		})
	}
}

func TestSelectedPrunes(t *testing.T) {
	t.Parallel()
	t.Run("of one object are a wish", func(t *testing.T) {
		t.Parallel()
		s := situate().extra(maps(9, "lost", alive)...)
		s.in.Options.Resources = []object.Ref{{Kind: "ConfigMap", Namespace: "web", Name: "lost-3"}}
		if p := s.build(t); len(p.Guards) != 0 || p.Counts().Prune != 1 {
			t.Errorf("got guards %v and steps %v", guards(p), ids(p))
		}
	})
	t.Run("of all objects are guarded like any other", func(t *testing.T) {
		t.Parallel()
		s := situate().want(diff.InSync, thing("ConfigMap/web/kept")).extra(maps(9, "lost", alive)...)
		for _, u := range maps(9, "lost", thing) {
			s.in.Options.Resources = append(s.in.Options.Resources, object.Of(u))
		}
		if d := cmp.Diff([]string{"shrink:shop"}, guards(s.build(t))); d != "" {
			t.Error(d)
		}
	})
}

func TestGuardsNameTheirStep(t *testing.T) {
	t.Parallel()
	p := situate().want(diff.InSync, thing("ConfigMap/web/a")).extra(alive("PersistentVolumeClaim/web/data")).build(t)
	if len(p.Guards) != 1 || p.Guards[0].Step != "Sync/0/prune/PersistentVolumeClaim/web/data" {
		t.Fatalf("got %+v", p.Guards)
	}
	if want := "deletes PersistentVolumeClaim/web/data and perhaps the data on it"; p.Guards[0].Message != want {
		t.Errorf("got message %q, want %q", p.Guards[0].Message, want)
	}
}

func TestGuardOfAStatefulSetSaysWhatGoesWithIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ policy, propagation, want string }{
		"its Pods":                   {"Retain", "foreground", "deletes StatefulSet/web/db and its Pods"},
		"its Pods and claims":        {"Delete", "foreground", "deletes StatefulSet/web/db, its Pods and its claims, and perhaps the data on them"},
		"nothing when it leaves all": {"Delete", "orphan", "deletes StatefulSet/web/db without its Pods and claims"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := situate().want(diff.InSync, thing("ConfigMap/web/a")).extra(stateful(c.policy, 1))
			s.in.Options.Propagation = c.propagation
			if p := s.build(t); len(p.Guards) != 1 || p.Guards[0].Message != c.want {
				t.Errorf("guards %+v, want %q", p.Guards, c.want)
			}
		})
	}
}

// TestGuardOfAReplacedStatefulSetSaysThatItsPodsStay holds the sentence to what is done: the Pods are left for the new one to adopt.
func TestGuardOfAReplacedStatefulSetSaysThatItsPodsStay(t *testing.T) {
	t.Parallel()
	for object, want := range map[string]string{
		"StatefulSet/web/db": "deletes StatefulSet/web/db without its Pods and claims and creates it anew around them: ",
		"Job/web/once":       "deletes Job/web/once and creates it anew: ",
	} {
		s := situate().want(diff.Immutable, thing(object))
		s.in.Options.Force = true
		if p := s.build(t); len(p.Guards) != 1 || !strings.HasPrefix(p.Guards[0].Message, want) {
			t.Errorf("guards %+v, want %q", p.Guards, want)
		}
	}
}

// TestDeletingOneObjectByHandIsGuarded asks what stands against deleting a live object that somebody points at.
func TestDeletingOneObjectByHandIsGuarded(t *testing.T) {
	t.Parallel()
	foreign := func(app, store string) *unstructured.Unstructured {
		u := thing("ConfigMap/web/a")
		object.SetMark(u, app, store)
		return u
	}
	for name, c := range map[string]struct {
		live        *unstructured.Unstructured
		propagation string
		want        string
	}{
		"a Pod is not":          {live: thing("Pod/web/a")},
		"what is ours is not":   {live: alive("ConfigMap/web/a")},
		"a Namespace":           {alive("Namespace/web"), "", "prune:Namespace/web: deletes Namespace/web with everything in it"},
		"a definition":          {alive("CustomResourceDefinition/a.b"), "", "prune:CustomResourceDefinition/a.b: deletes CustomResourceDefinition/a.b with all objects of its kind, in every namespace"},
		"a claim":               {thing("PersistentVolumeClaim/web/a"), "", "prune:PersistentVolumeClaim/web/a: deletes PersistentVolumeClaim/web/a and perhaps the data on it"},
		"a volume":              {alive("PersistentVolume/a"), "", "prune:PersistentVolume/a: deletes PersistentVolume/a and perhaps the data on it"},
		"a StatefulSet":         {stateful("Retain", 1), "foreground", "prune:StatefulSet/web/db: deletes StatefulSet/web/db and its Pods"},
		"one whose claims go":   {stateful("Delete", 1), "background", "prune:StatefulSet/web/db: deletes StatefulSet/web/db, its Pods and its claims, and perhaps the data on them"},
		"one that leaves all":   {stateful("Delete", 1), "orphan", "prune:StatefulSet/web/db: deletes StatefulSet/web/db without its Pods and claims"},
		"another application's": {foreign("other", installation), "", "foreign:ConfigMap/web/a: deletes ConfigMap/web/a, which belongs to the application other"},
		"another store's":       {foreign("shop", "elsewhere"), "", "foreign:ConfigMap/web/a: deletes ConfigMap/web/a, which belongs to shop of another store"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			for _, g := range plan.GuardsOfDeletion(c.live, "shop", installation, c.propagation) {
				got += g.Name + ": " + g.Message
			}
			if got != c.want {
				t.Errorf("it is guarded by %q, want %q", got, c.want)
			}
		})
	}
}
